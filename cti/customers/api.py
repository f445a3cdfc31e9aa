"""The HTTP API of customers. Times are Unix seconds, UTC."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from cti.access import CustomerKeeper, CustomerReader, CustomerWriter
from cti.audit import say
from cti.customers import numbers as telephone
from cti.customers.card import LENGTHS, CannotMerge, Card, Details, Rules, Wrong, checked
from cti.customers.store import Changed, Gone, Store
from cti.personal import has_stars
from cti.problems import errors

log = structlog.get_logger(__name__)

LONGEST_PAGE = 200
CONTACTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Contact:
    """A call of a customer that is over. ``agent`` is empty where nobody answered."""

    call: str
    arrived_at: float
    queue: str
    agent: str
    outcome: str
    wait_s: float
    talk_s: float


Contacts = Callable[[Collection[str], int], Awaitable[Sequence[Contact]]]
"""The last calls that showed one of these numbers, newest first, so many at most."""


class CardBody(BaseModel):
    """A card as somebody writes it; what it has to be is checked by ``card.checked``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    numbers: list[str] = []
    email: str = ""
    level: str = ""
    region: str = ""
    department: str = ""
    owner: str = ""
    notes: str = ""
    fields: dict[str, str] = {}


class ChangeBody(CardBody):
    """``version`` is that of the card as it was read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class MergeBody(BaseModel):
    """The card that becomes part of this one, and of which texts and fields its value stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    other: Annotated[int, Field(ge=1, le=2**53)]
    take: list[str] = Field(default=[], max_length=50)


@dataclass(frozen=True, slots=True)
class Page:
    """Cards. ``next`` is the ``before`` of the next page, null on the last."""

    customers: list[Card]
    next: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be on a card: the site's own ``fields``, and ``owners``; and what others have as their
    level, region and department."""

    fields: list[str]
    owners: list[str]
    levels: list[str]
    regions: list[str]
    departments: list[str]


Id = Annotated[int, Path(ge=1, le=2**53)]
Whole = Annotated[str, Query(max_length=100)]


def routes(
    store: Store,
    rules: Rules,
    contacts: Contacts,
    changed: Callable[[Collection[str]], None],
    clock: Callable[[], float] = time.time,
) -> APIRouter:
    """Agents read, write and change cards; supervisors also merge and delete them.
    ``changed`` is told the numbers (E.164) whose cards are others now."""
    router = APIRouter(prefix="/api/customers", tags=["customers"], responses=errors(404, 409))

    async def there(id: int) -> Card:
        card = await store.get(id)
        if card is None:
            raise HTTPException(404, "no such customer")
        return card

    @router.get("")
    async def search(
        _: CustomerReader,
        text: Annotated[str, Query(max_length=100)] = "",
        number: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 50,
        before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
        level: Whole = "",
        region: Whole = "",
        department: Whole = "",
        owner: Whole = "",
    ) -> Page:
        """Customers whose name, numbers, e-mail address, notes or fields have each word of ``text`` in
        them, newest first; or those of a whole ``number``. The others narrow it down to those who have
        just that."""
        if number:
            return Page(await store.of_number(telephone.of_caller(number, rules.region)), None)
        having = {"level": level, "region": region, "department": department, "owner": owner}
        return Page(*await store.search(text, limit, before, {key: whole for key, whole in having.items() if whole}))

    @router.get("/choices")
    async def choices(_: CustomerReader) -> Choices:
        """What may be on a card."""
        groups = await store.groups()
        agents = sorted({*rules.agents, *groups["owner"]})
        return Choices(list(rules.fields), agents, groups["level"], groups["region"], groups["department"])

    @router.post("", status_code=201)
    async def add(body: CardBody, request: Request, who: CustomerWriter) -> Card:
        """Makes a card."""
        details = _checked(body, rules)
        (id,) = await store.add([details], clock())
        say(request.scope, customer=id)
        log.info("customer added", who=who.name, customer=id)
        changed(details.numbers)
        return await there(id)

    @router.get("/{id}")
    async def card(id: Id, _: CustomerReader) -> Card:
        return await there(id)

    @router.put("/{id}")
    async def change(id: Id, body: ChangeBody, who: CustomerWriter) -> Card:
        """Writes a card anew, if it is still of the ``version`` that was read; else 409, as for one that has the
        stars of a hidden number or address in it."""
        before = await there(id)
        details = _checked(body, rules, before)
        with _still_there():
            card = await store.change(id, body.version, details, clock())
        log.info("customer changed", who=who.name, customer=id)
        changed({*before.numbers, *card.numbers})
        return card

    @router.delete("/{id}", status_code=204)
    async def delete(id: Id, who: CustomerKeeper) -> None:
        """Takes a card away. Records of calls stay."""
        before = await there(id)
        with _still_there():
            await store.delete(id)
        log.info("customer deleted", who=who.name, customer=id)
        changed(before.numbers)

    @router.post("/{id}/merge")
    async def merge(id: Id, body: MergeBody, request: Request, who: CustomerKeeper) -> Card:
        """Makes one card of two: this one stays, with the numbers and notes of both, and of the other what
        it lacks or ``take`` names. The contacts of both are its own, since they follow the numbers."""
        say(request.scope, other=body.other)
        if body.other == id:
            raise HTTPException(409, "a card cannot be merged with itself")
        with _still_there():
            card = await store.merge(id, body.other, clock(), body.take)
        log.info("customers merged", who=who.name, customer=id, other=body.other)
        changed(card.numbers)
        return card

    @router.get("/{id}/contacts")
    async def history(id: Id, _: CustomerReader) -> list[Contact]:
        """The last calls from the customer's numbers, newest first, CONTACTS_SHOWN at most."""
        card = await there(id)
        ways = {way for number in card.numbers for way in telephone.spellings(number, rules.region)}
        return list(await contacts(ways, CONTACTS_SHOWN)) if ways else []

    return router


@contextmanager
def _still_there() -> Iterator[None]:
    """Says so where a card is gone, or is another by now."""
    try:
        yield
    except Gone:
        raise HTTPException(404, "no such customer any more") from None
    except Changed:
        raise HTTPException(409, "somebody has changed the card meanwhile; read it again") from None
    except CannotMerge as error:
        raise HTTPException(409, f"the cards cannot be merged: {error}") from None


def _checked(body: CardBody, rules: Rules, before: Card | None = None) -> Details:
    """The card that somebody wrote. Raises RequestValidationError with all that is wrong; HTTPException where it would
    put stars in place of what they hide."""
    texts = {key: getattr(body, key) for key in LENGTHS}
    own = {key: text for key, text in body.fields.items() if key not in LENGTHS}
    details, wrong = checked({**own, **texts}, body.numbers, rules, "" if before is None else before.owner)
    wrong += [Wrong(key, "is not among the site's own fields") for key in body.fields.keys() & LENGTHS.keys()]
    if wrong:
        raise RequestValidationError(
            [{"loc": ("body", one.field), "msg": one.why, "type": "value_error"} for one in wrong]
        )
    if before is not None and has_stars(details) and not has_stars(before):
        raise HTTPException(409, "numbers or addresses of this card are hidden; ask for it whole, and write then")
    return details
