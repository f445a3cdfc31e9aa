"""What site.yaml may say of the site's own CRM, and what is known of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.files.pop import PopSettings, known
from config.files.site import WebSettings
from cti.calls.call import Call
from cti.calls.words import CallId
from cti.desk.pop import Method, Moment, Show
from tests.config.test_settings import GOOD, problems, write
from tests.cti.desk.desktop import Desk
from tests.cti.desk.stories import C1, rings


def test_a_rule_as_it_is_written() -> None:
    url = "https://crm.example/c/{customer.id}?n={number}"
    given = {"url": url, "queues": ["orders"], "show": "embedded", "method": "POST", "when": "answer"}
    rule = PopSettings.model_validate(given).rule()
    assert (rule.url.url, rule.origin) == (url, "https://crm.example")
    assert (rule.show, rule.method, rule.when) == (Show.EMBEDDED, Method.POST, Moment.ANSWER)
    plain = PopSettings.model_validate({"url": url}).rule()
    assert (plain.queues, plain.show, plain.method, plain.when) == (frozenset(), Show.TAB, Method.GET, Moment.RING)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd?{number}", "not in the host"),
        ("file://host/etc/passwd", "must begin with http:// or https://"),
        ("javascript:alert(1)", "must begin with http:// or https://"),
        ("data:text/html,x", "must begin with http:// or https://"),
        ("https://me:secret@crm.example/", "may have no user"),
        ("https://{number}.example/", "not in the host"),
        ("https://crm.example/{shoe}", "{shoe} is no field here"),
        ("https://crm.example/{customer.name}", "{customer.name} is no field here"),
        ("https://crm.example/../{number}", "as a part of its path"),
        ("https://crm.example/ {number}", "is no URL"),
    ],
)
def test_addresses_that_cannot_be(url: str, why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PopSettings.model_validate({"url": url})
    assert why in str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://desk.example/card?number={number}", "{number} is no field here"),
        ("https://desk.example/card,{call}", "write it %2C"),
        ("https://desk.example/(card", "write it %28"),
    ],
)
def test_phones_are_told_ids_alone(url: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        WebSettings.model_validate({"card_url": url})


def test_queues_that_are_not_there(tmp_path: Path) -> None:
    site = GOOD["site.yaml"] + "pop: [{url: 'https://crm.example/', queues: [orders, tea]}]\n"
    (problem,) = problems(write(tmp_path, {"site.yaml": site}))
    assert "pop.0.queues.1: there is no queue called 'tea'" in problem


async def test_what_is_known_of_a_call() -> None:
    desk = Desk()
    await desk.happens(*rings())

    def customers(call: CallId) -> Sequence[Mapping[str, object]]:
        return found

    fields = known(customers, "DE")
    found: list[dict[str, object]] = [{"id": 7}]
    call: Call = desk.calls[C1]
    assert fields(call, "ann") == {
        "call": "c1",
        "queue": "sales",
        "agent": "ann",
        "customer.id": "7",
        "number": "+495550",
        "dialled": "100",
        "level": "",
    }
    found.append({"id": 8})
    assert fields(call, "ann")["customer.id"] == ""
