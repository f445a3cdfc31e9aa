"""What was before with the caller of a live call: his last calls, and what he was promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from cti.access import AnyAgent, Person
from cti.calls.words import CallId
from recordings import followups
from recordings.contacts import of_callers
from recordings.dispositions import Disposition, of_calls
from recordings.followups import FollowUp
from recordings.record import CallRecord, Recording
from recordings.rows import recording_of
from recordings.store import Store
from recordings.tables import recordings

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
    router = APIRouter(prefix="/api/calls", tags=["records"])

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
            wanted = select(recordings).where(recordings.c.call.in_(calls)).order_by(recordings.c.started_at)
            return Before(
                contacts=contacts,
                said=await of_calls(connection, calls),
                recordings=[recording_of(row) for row in await connection.execute(wanted)],
                followups=await followups.of_numbers(connection, found),
            )

    return router
