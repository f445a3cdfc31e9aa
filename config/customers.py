"""The customers of a site, joined to its records, desks and flows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter

from config.settings import Site
from cti.calls.words import CallId
from cti.customers import api, exchange
from cti.customers.api import Contact
from cti.customers.callers import Callers, Elsewhere
from cti.customers.card import alike
from cti.customers.numbers import of_caller, spellings
from cti.customers.store import Store
from recordings.desk.contacts import of_callers
from recordings.store import Store as Records


@dataclass(frozen=True, slots=True)
class Customers:
    """What the server has of its customers. ``callers`` is a part of the engine; ``card`` answers flows
    what can be said of a caller."""

    callers: Callers
    routers: Sequence[APIRouter]
    store: Store
    region: str | None

    async def card(self, caller: str) -> Mapping[str, str]:
        number = of_caller(caller, self.region)
        return alike(await self.store.of_number(number)) if number else {}

    async def ways(self, caller: str) -> Collection[str]:
        """The numbers of a caller, those on his cards among them, in each way that a line may show them."""
        number = of_caller(caller, self.region)
        cards = await self.store.of_number(number) if number else ()
        all_of_them = {number, *(one for card in cards for one in card.numbers)} - {""}
        return {caller, *(way for one in all_of_them for way in spellings(one, self.region))} - {""}


def ways(region: str | None) -> Callable[[str], Collection[str]]:
    """What tells the ways in which a line may show a number, however it is written."""

    def of(number: str) -> Collection[str]:
        whole = of_caller(number, region)
        return {number, *(spellings(whole, region) if whole else ())}

    return of


@asynccontextmanager
async def opened(
    site: Site, records: Records, known: Callable[[CallId], None], elsewhere: Elsewhere | None
) -> AsyncIterator[Customers]:
    """``known`` is told each call of whose caller something else is known than before. ``elsewhere`` is
    asked for who has no card here.

    Raises as ``cti.database.opened``.
    """

    async def contacts(callers: Collection[str], most: int) -> Sequence[Contact]:
        return [
            Contact(
                call=record.id,
                arrived_at=record.arrived_at,
                queue=record.queue,
                agent=record.agent,
                outcome=record.outcome,
                wait_s=record.wait_s,
                talk_s=record.talk_s,
            )
            for record in await of_callers(records, callers, most)
        ]

    rules = site.cards
    store = await Store.open(site.database)
    callers = Callers(store.of_number, rules.region, known, elsewhere)
    routers = (
        exchange.routes(store, rules, callers.changed),
        api.routes(store, rules, contacts, callers.changed),
    )
    try:
        yield Customers(callers, routers, store, rules.region)
    finally:
        await callers.stop()
        await store.close()
