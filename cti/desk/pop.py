"""Pops the site's own CRM: which address of it an agent's page opens for a call, when and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from fastapi import APIRouter, HTTPException

from cti.access import AnyAgent
from cti.calls.call import Call
from cti.calls.words import CallId
from cti.desk.view import audience_of, visible
from cti.problems import errors


class Show(StrEnum):
    """Where the CRM is shown: in the agent's page, or in a tab of its own."""

    EMBEDDED = "embedded"
    TAB = "tab"


class Method(StrEnum):
    """How the browser asks for it. With POST the query is sent as a form, so that no address has it."""

    GET = "GET"
    POST = "POST"


class Moment(StrEnum):
    """When it is opened: as the phone rings, or once the agent talks."""

    RING = "ring"
    ANSWER = "answer"


class Address(Protocol):
    """A URL with fields in it. ``host`` has its port, unless that is the usual one."""

    @property
    def url(self) -> str: ...

    @property
    def host(self) -> str: ...

    def filled(self, data: Mapping[str, str]) -> str | None:
        """The URL with its values, safely encoded; None where one is missing or empty."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to pop. ``queues`` are those whose calls it is for, none for all."""

    url: Address
    queues: frozenset[str] = frozenset()
    show: Show = Show.TAB
    method: Method = Method.GET
    when: Moment = Moment.RING

    @property
    def origin(self) -> str:
        """Where it leads to, as a content policy names it."""
        return f"{urlsplit(self.url.url).scheme}://{self.url.host}"


@dataclass(frozen=True, slots=True)
class Pop:
    """What to open. ``fields`` is the form to be sent with POST, each a name and its value."""

    url: str
    show: Show
    method: Method
    fields: tuple[tuple[str, str], ...] = ()


def popped(rules: Sequence[Rule], queue: str, fields: Mapping[str, str], *, talking: bool) -> Pop | None:
    """By the first rule that is for the queue and whose fields are all known; None before its time,
    or where there is none."""
    for rule in rules:
        if rule.queues and queue not in rule.queues:
            continue
        url = rule.url.filled(fields)
        if url is None:
            continue
        if rule.when is Moment.ANSWER and not talking:
            return None
        pop = Pop(url, rule.show, rule.method)
        return _as_form(pop) if rule.method is Method.POST else pop
    return None


def _as_form(pop: Pop) -> Pop:
    parts = urlsplit(pop.url)
    fields = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return replace(pop, url=urlunsplit(parts._replace(query="")), fields=fields)


def allowed(rules: Sequence[Rule]) -> dict[str, list[str]]:
    """What the content policy has to let pages do for these rules, by directive."""
    embedded = sorted({rule.origin for rule in rules if rule.show is Show.EMBEDDED})
    posted = sorted({rule.origin for rule in rules if rule.method is Method.POST})
    return {"frame-src": embedded, "form-action": posted}


Known = Callable[[Call, str], Mapping[str, str]]
"""What is known of a call that an agent (by name) has, by the names of fields."""


def routes(rules: Sequence[Rule], known: Known, calls: Callable[[], Mapping[CallId, Call]]) -> APIRouter:
    """The API of the pops, for the agents' pages."""
    router = APIRouter(prefix="/api", tags=["calls"], responses=errors(404))

    @router.get("/pop")
    async def moments(_: AnyAgent) -> list[Moment]:
        """When a page has to ask what to open: none where the site pops nothing."""
        return sorted({rule.when for rule in rules}, reverse=True)

    @router.get("/calls/{id}/pop")
    async def pop(id: str, who: AnyAgent) -> Pop | None:
        """What your page is to open for a call of yours now; null for nothing."""
        call = calls().get(CallId(id))
        offer = next((own for own in call.offers if own.agent == who.name), None) if call else None
        if call is None or offer is None or not visible(call, audience_of(who)):
            raise HTTPException(404, "no such call is live, or it is not yours")
        return popped(rules, call.queue, known(call, who.name), talking=offer.connected)

    return router
