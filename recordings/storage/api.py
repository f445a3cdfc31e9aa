"""Legal holds and erasures over HTTP. Times are Unix seconds, UTC."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cti.access import Custodian, RecordReviewer
from cti.audit import say
from cti.calls.words import CallId
from cti.problems import errors
from recordings.storage import erasure, holds
from recordings.storage.erasure import Erasure
from recordings.storage.holds import Hold
from recordings.store import Store

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]
CallName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class HoldWanted(BaseModel):
    """Which call is to be kept whatever happens, and why."""

    model_config = ConfigDict(extra="forbid")

    call: CallName
    reason: Reason


class ErasureWanted(BaseModel):
    """Who is to be erased: a customer by the id of his card, with all its numbers; or a number."""

    model_config = ConfigDict(extra="forbid")

    customer: int | None = Field(None, ge=1, le=2**53)
    number: str | None = Field(None, max_length=40, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if isinstance(given, dict) and (given.get("customer") is None) == (given.get("number") is None):
            raise ValueError('give either "customer", the id of a card, or "number"')
        return given


class NobodySuch(LookupError):
    """There is no such customer, or it is no number. The message says which, and repeats nothing."""


Erase = Callable[[int | None, str | None, str, float], Awaitable[Erasure]]
"""Erases the customer with a card of this id, or a number; by whom, and when. Raises NobodySuch."""


def noted(scope: MutableMapping[str, Any], done: Erasure) -> None:
    """What the audit log has of an erasure."""
    told = done.report
    say(scope, erasure=done.id, calls=told.calls, recordings=told.recordings, held=len(told.held))


def routes(store: Store, erase: Erase, clock: Callable[[], float] = time.time) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api", tags=["keeping"], responses=errors(404, 409))

    @router.get("/holds")
    async def held(
        _: RecordReviewer, call: Annotated[CallName | None, Query()] = None, *, lifted: bool = False
    ) -> Sequence[Hold]:
        """The legal holds of one call, or all; with ``lifted`` those of the past, too."""
        async with store.connect() as connection:
            return await holds.of(connection, None if call is None else CallId(call), lifted=lifted)

    @router.post("/holds", status_code=201)
    async def hold(wanted: HoldWanted, request: Request, who: Custodian) -> Hold:
        """Puts a call that is over under a legal hold: nothing of it is deleted or erased until that is lifted."""
        async with store.writing() as connection:
            made = await holds.put(connection, CallId(wanted.call), wanted.reason, who.name, clock())
        if made is None:
            raise HTTPException(404, "no such call, or it is not over yet")
        say(request.scope, call=made.call, hold=made.id)
        return made

    @router.delete("/holds/{id}", status_code=204)
    async def lift(id: Annotated[str, Path(max_length=32)], who: Custodian) -> None:
        """Lifts a hold. What it is kept by is in the list of the past."""
        async with store.writing() as connection:
            there = await holds.lift(connection, id, who.name, clock())
        if not there:
            raise HTTPException(404, "no such hold, or it was lifted before")

    @router.post("/erasures", status_code=201)
    async def erased(wanted: ErasureWanted, request: Request, who: Custodian) -> Erasure:
        """Erases a customer: his cards and recordings, and what records, notes and comments say of him. What is
        under a legal hold stays, and is named."""
        try:
            done = await erase(wanted.customer, wanted.number, who.name, clock())
        except NobodySuch as error:
            raise HTTPException(404, str(error)) from None
        noted(request.scope, done)
        return done

    @router.get("/erasures")
    async def erasures(_: Custodian) -> Sequence[Erasure]:
        """The erasures that were made, newest first."""
        return await erasure.made(store)

    return router
