"""Erases a customer of a site, wherever he is known: his cards, the calls he waits for, and all that remains of
those he made."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from pydantic import TypeAdapter

from config import running
from config.live import Forget
from config.settings import Site
from cti.customers.card import Card
from cti.customers.numbers import BadNumber, normal, spellings
from cti.customers.store import Gone
from cti.customers.store import Store as Cards
from recordings.storage import erasure
from recordings.storage.api import Erase, ErasureWanted, NobodySuch, noted
from recordings.storage.erasure import Erasure
from recordings.storage.life import Life
from recordings.store import Store

PATIENCE_S = 600.0
"""Seconds `cordboard erase` waits for the server: he may have called often."""


def erasing(
    site: Site,
    records: Store,
    cards: Cards,
    life: Life,
    key: bytes,
    changed: Callable[[Collection[str]], None],
    forget: Forget,
) -> Erase:
    """``key`` makes the marks of erased numbers; ``changed`` is told numbers whose cards are others now, and
    ``forget`` gives up what live state has of them: nobody calls him back, a legal hold or not."""
    region = site.settings.customers.region

    async def whom(
        customer: int | None, number: str | None
    ) -> tuple[Collection[str], Collection[Card], Collection[str]]:
        """His numbers, his cards, and the ways in which a line may have shown the numbers."""
        if customer is not None:
            card = await cards.get(customer)
            if card is None:
                raise NobodySuch("no such customer")
            numbers, found = set(card.numbers), [card]
        else:
            try:
                numbers = {normal(number or "", region)}
            except BadNumber as error:
                raise NobodySuch(f"this {error}") from None
            found = await cards.of_number(next(iter(numbers)))
        return numbers, found, {way for one in numbers for way in spellings(one, region)}

    async def erase(customer: int | None, number: str | None, by: str, now: float) -> Erasure:
        numbers, found, ways = await whom(customer, number)
        given_up = await forget(ways)
        report = replace(await erasure.erase(records, life, ways, by, now), callbacks=given_up)
        if not report.held:
            for card in found:
                with suppress(Gone):
                    await cards.delete(card.id)
            report = replace(report, cards=tuple(card.id for card in found))
            changed(numbers)
        return await erasure.keep(records, key, numbers, report, by, now)

    return erase


def routes(erase: Erase, key: str) -> APIRouter:
    """The route of `cordboard erase`. ``key`` opens it to the site's owner."""
    router = APIRouter(prefix="/api", tags=["keeping"], dependencies=[running.for_the_owner(key)])

    @router.post("/erase", responses={409: {}})
    async def erased(wanted: ErasureWanted, request: Request) -> Erasure:
        """As ``POST /api/erasures``, for the command too. 409 where there is nobody such."""
        try:
            done = await erase(wanted.customer, wanted.number, running.OWNER.name, time.time())
        except NobodySuch as error:
            raise HTTPException(409, str(error)) from None
        noted(request.scope, done)
        return done

    return router


def ask(state: Path, customer: int | None, number: str | None) -> Erasure:
    """Has the server of a site erase him. Raises NotRunning, and NobodySuch."""
    body = {"customer": customer, "number": number}
    answer = running.ask(state, "POST", "/api/erase", PATIENCE_S, body)
    if answer.is_error:
        raise NobodySuch(str(answer.json()["error"]))
    return TypeAdapter(Erasure).validate_json(answer.content)
