"""What site.yaml says of the site's own CRM: what pages open for a call, and what phones are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from config.files.fields import Name
from cti.calls.call import Call
from cti.calls.words import CallId
from cti.customers.numbers import of_caller
from cti.desk.pop import Known, Method, Moment, Rule, Show
from cti.site.files import Document, Problem, SiteModel
from ivr.url_template import UrlTemplate, UrlTemplated

IDS = ("call", "queue", "agent", "customer.id")
"""Fields that say nothing of a person to who cannot look them up."""
FIELDS = (*IDS, "number", "dialled", "level")


def _with(names: Sequence[str], template: UrlTemplate) -> UrlTemplate:
    for name in template.names:
        if name not in names:
            raise ValueError(f"{{{name}}} is no field here; there are " + ", ".join(f"{{{one}}}" for one in names))
    return template


def _popped(template: UrlTemplate) -> UrlTemplate:
    return _with(FIELDS, template)


def _told(template: UrlTemplate) -> UrlTemplate:
    for letter in "()[],'":
        if letter in template.url:
            raise ValueError(f"has a {letter}; write it %{ord(letter):02X}")
    return _with(IDS, template)


CardUrl = Annotated[UrlTemplated, AfterValidator(_told)]
"""An address that phones are told: with ids only, and nothing that Asterisk would take for its own."""


class PopSettings(SiteModel):
    """An address of the site's own CRM, opened by the agent's page for a call."""

    url: Annotated[UrlTemplated, AfterValidator(_popped)]
    queues: tuple[Name, ...] = ()
    """Whose calls it is for; all where it is left out."""
    show: Show = Show.TAB
    method: Method = Method.GET
    when: Moment = Moment.RING

    def rule(self) -> Rule:
        return Rule(self.url, frozenset(self.queues), self.show, self.method, self.when)


def unknown_queues(document: Document, pops: Sequence[PopSettings], queues: Collection[str]) -> Iterator[Problem]:
    """Queues that are named and that the site does not have."""
    for number, pop in enumerate(pops):
        for place, queue in enumerate(pop.queues):
            if queue not in queues:
                yield document.problem(("pop", number, "queues", place), f"there is no queue called {queue!r}")


def card_url(template: UrlTemplate | None, known: Known) -> Callable[[Call, str], str | None]:
    """What an agent's phone is told; None where there is nothing to tell."""
    return lambda call, agent: template.filled(known(call, agent)) if template is not None else None


def known(customers: Callable[[CallId], Sequence[Mapping[str, Any]]], region: str | None) -> Known:
    """What there is to fill in: empty where it is not known. The customer is, where only one has the number."""

    def fields(call: Call, agent: str) -> Mapping[str, str]:
        found = customers(call.id)
        return {
            "call": call.id,
            "queue": call.queue,
            "agent": agent,
            "customer.id": str(found[0]["id"]) if len(found) == 1 else "",
            "number": of_caller(call.caller, region) or call.caller,
            "dialled": call.dialled,
            "level": call.level,
        }

    return fields
