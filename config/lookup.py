"""The card of a caller from the site's own system, by HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from prometheus_client import CollectorRegistry, Counter
from pydantic import AfterValidator, Field

from cti.customers.callers import SHOWN, Elsewhere
from cti.site.durations import Duration
from cti.site.files import Document, Problem, SiteModel
from ivr.fetch import Fetcher
from ivr.questions import Fetch, Unanswered
from ivr.url_template import UrlTemplate, UrlTemplated


def _by_number(template: UrlTemplate) -> UrlTemplate:
    if template.names != ("number",):
        raise ValueError("has to have {number} in its path or query, and no other field")
    return template


def _keys(save: Mapping[str, str]) -> Mapping[str, str]:
    for key in save:
        if key not in SHOWN:
            raise ValueError(f"{key!r} is not on a card; there are " + ", ".join(SHOWN))
    if "name" not in save:
        raise ValueError("the name is missing: say where it stands in the answer")
    return save


class CustomerLookup(SiteModel):
    """Where to ask who a caller is that has no card here."""

    url: Annotated[UrlTemplated, AfterValidator(_by_number)]
    save: Annotated[
        Mapping[str, Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)]], AfterValidator(_keys)
    ]
    """Where each text of the card stands in the JSON that is answered."""
    timeout: Annotated[Duration, Field(ge=0.1, le=2.5)] = 2.0


def unknown_host(document: Document, lookup: CustomerLookup | None, hosts: tuple[str, ...]) -> list[Problem]:
    """The host, if it is not one that may be asked."""
    if lookup is None or lookup.url.host in hosts:
        return []
    message = f"{lookup.url.host} is not among the hosts that may be asked"
    return [document.problem(("customers", "lookup", "url"), message, "add it to lookups.hosts")]


def elsewhere(lookup: CustomerLookup | None, fetcher: Fetcher, registry: CollectorRegistry) -> Elsewhere | None:
    """Asks for the card of a number in E.164: its texts by their keys, none for nobody. None where the
    site has no such system.

    The answer comes within the fetcher's time whatever the system does; how it went is counted.
    """
    if lookup is None:
        return None
    went = Counter(
        "cordboard_customer_lookups",
        "Callers looked up in the site's own system.",
        ("outcome",),
        registry=registry,
    )
    for outcome in ("found", "unknown", "refused"):
        went.labels(outcome)

    async def ask(number: str) -> Mapping[str, Any]:
        url = lookup.url.filled({"number": number})
        answer = await fetcher.fetch(Fetch(url or "", lookup.save, timeout_s=lookup.timeout, retries=0))
        if isinstance(answer, Unanswered):
            went.labels("refused").inc()
            return {}
        card = {key: str(value) for key, value in answer.items()}
        went.labels("found" if card.get("name") else "unknown").inc()
        return card if card.get("name") else {}

    return ask
