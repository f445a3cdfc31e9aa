"""What was before with the caller of a live call: his last calls, and what he was promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException

from cti.access import AnyAgent, Person
from cti.calls.words import CallId
from cti.problems import errors
from recordings.desk import followups
from recordings.desk.contacts import of_callers
from recordings.desk.dispositions import Disposition, of_calls
from recordings.desk.followups import FollowUp
from recordings.records.record import CallRecord, Recording
from recordings.records.search import recorded
from recordings.store import Store

MOST = 10
"""So many of his last calls are told."""

Numbers = Callable[[CallId, Person], Awaitable[Collection[str] | None]]
"""The numbers of a live call's caller, in each way that a line may show them; None where the call is not
there, or not for this person."""


@dataclass(frozen=True, slots=True)
class Before:
    """``contacts`` are his last calls that are over, newest first, with what agents said of them and their
    recordings; ``followups`` are open, the first due first."""

    contacts: list[CallRecord]
    said: tuple[Disposition, ...]
    recordings: list[Recording]
    followups: list[FollowUp]


def routes(store: Store, numbers: Numbers) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api/calls", tags=["records"], responses=errors(404))

    @router.get("/{id}/before")
    async def before(id: CallId, who: AnyAgent) -> Before:
        """What was before with the caller of a live call that you may see, whoever spoke with him. A
        recording is heard by whose it is, and by supervisors."""
        found = await numbers(id, who)
        if found is None:
            raise HTTPException(404, "no such call is live, or it is not yours")
        contacts = await of_callers(store, found, MOST)
        calls = [record.id for record in contacts]
        async with store.connect() as connection:
            return Before(
                contacts=contacts,
                said=await of_calls(connection, calls),
                recordings=list(await recorded(connection, calls)),
                followups=await followups.of_numbers(connection, found),
            )

    return router
