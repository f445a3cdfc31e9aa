"""Who calls, asked of the site's own system, which may behave as badly as it likes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from structlog.testing import capture_logs

from config.lookup import CustomerLookup, elsewhere
from ivr.fetch import Fetcher
from tests.config.test_settings import GOOD, problems, write
from tests.ivr.service import service

SAVE = {"id": "account.0.id", "name": "customer.name", "level": "customer.level", "region": "no.such"}
ADA = {"id": "98765432109876543210", "name": "Ada L.", "level": "gold"}


def lookup(url: str, save: Mapping[str, str] = SAVE) -> CustomerLookup:
    return CustomerLookup.model_validate({"url": url, "save": save, "timeout": "200ms"})


@pytest.mark.parametrize(
    ("path", "card", "outcome"),
    [
        ("good", ADA, "found"),
        ("hang", {}, "refused"),
        ("drip", {}, "refused"),
        ("redirect", {}, "refused"),
        ("big", {}, "refused"),
        ("rubbish", {}, "refused"),
        ("deep", {}, "refused"),
        ("nobody", {}, "unknown"),
    ],
)
async def test_what_comes_of_it_is_counted_and_has_no_number(path: str, card: Mapping[str, str], outcome: str) -> None:
    registry = CollectorRegistry()
    with capture_logs() as logs:
        async with service() as crm, Fetcher([crm.host], b"secret") as fetcher:
            save = SAVE if path != "nobody" else {"name": "no.such", "level": "customer.level"}
            target = "good" if path == "nobody" else path
            ask = elsewhere(lookup(crm.url(target + "?number={number}"), save), fetcher, registry)
            assert ask is not None
            assert await ask("+4930123456") == card
            assert crm.seen == [(f"GET /{target}?number=%2B4930123456", "")]
    assert registry.get_sample_value("cordboard_customer_lookups_total", {"outcome": outcome}) == 1
    assert "123456" not in str(logs)


async def test_a_site_without_such_a_system_asks_nobody() -> None:
    async with Fetcher([], b"secret") as fetcher:
        registry = CollectorRegistry()
        assert elsewhere(None, fetcher, registry) is None
        assert list(registry.collect()) == []


@pytest.mark.parametrize(
    ("url", "save", "why"),
    [
        ("https://crm.example/customers", SAVE, "has to have {number}"),
        ("https://crm.example/{number}/{call}", SAVE, "and no other field"),
        ("file:///{number}", SAVE, "not in the host"),
        ("https://crm.example/{number}", {"level": "x"}, "the name is missing"),
        ("https://crm.example/{number}", {"name": "x", "shoe": "y"}, "'shoe' is not on a card"),
    ],
)
def test_what_cannot_be(url: str, save: Mapping[str, str], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        lookup(url, save)
    assert why in str(caught.value.errors()[0]["msg"])


def test_only_hosts_of_the_list_are_asked(tmp_path: Path) -> None:
    more = "customers: {lookup: {url: 'https://10.0.0.1/{number}', save: {name: n}}}\n"
    (problem,) = problems(write(tmp_path, {"site.yaml": GOOD["site.yaml"] + more}))
    assert "customers.lookup.url: 10.0.0.1 is not among the hosts that may be asked" in problem
