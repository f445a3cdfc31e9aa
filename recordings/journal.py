"""Looks into the journal: what the tables of records don't tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import AgentChanged, CallbackOver, CallbackWanted, CalledBack, Connected, Event, Offered, Refused
from cti.calls.words import CallId, OfferId
from recordings.rows import decoded
from recordings.storage.masking import MASK
from recordings.store import Store
from recordings.tables import journal

STRETCH = 100_000
"""How many journal rows are looked through at a time."""
PIECE = 500
"""The same, where calls go on meanwhile."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an agent was asked: see ``Offered``. ``came`` is what came of it: talk, or why not; empty
    while it is open."""

    at: float
    offer: OfferId
    agent: str
    step: int
    candidates: int
    strategy: str
    passed: dict[str, str]
    came: str = ""


async def decisions(store: Store, call: CallId) -> list[Decision]:
    """The offers of a call and their reasons, in order."""
    wanted = select(journal.c.data).where(journal.c.call == call).order_by(journal.c.seq)
    found: dict[OfferId, Offered] = {}
    came: dict[OfferId, str] = {}
    async with store.connect() as connection:
        for event in decoded((await connection.execute(wanted)).scalars()):
            match event:
                case Offered():
                    found.setdefault(event.offer, event)
                case Refused():
                    came[event.offer] = event.reason.value
                case Connected():
                    came[event.offer] = "talk"
    return [
        Decision(o.at, o.offer, o.agent, o.step, o.candidates, o.strategy, dict(o.passed), came.get(o.offer, ""))
        for o in found.values()
    ]


async def last_states(store: Store, agents: Collection[str], since: float) -> dict[str, AgentChanged]:
    """The last change of each of these agents after ``since`` (Unix seconds), as far as there is one."""
    found: dict[str, AgentChanged] = {}
    async for events in _backwards(store, (AgentChanged,), since):
        for event in events:
            if isinstance(event, AgentChanged) and event.agent in agents:
                found.setdefault(event.agent, event)
        if found.keys() >= set(agents):
            break
    return found


async def open_callbacks(store: Store, since: float) -> list[tuple[CallbackWanted, int]]:
    """The callbacks wanted after ``since`` (Unix seconds) that are not over, in the order in which they
    were wanted, each with the number of calls made for it. Not those of customers who were erased since."""
    wanted: dict[CallId, CallbackWanted] = {}
    attempts: Counter[CallId] = Counter()
    over: set[CallId] = set()
    async for events in _backwards(store, (CallbackWanted, CalledBack, CallbackOver), since):
        for event in events:
            match event:
                case CallbackWanted() if event.number != MASK:
                    wanted[event.call] = event
                case CalledBack():
                    attempts[event.wanted] += 1
                case CallbackOver():
                    over.add(event.call)
    return [(event, attempts[call]) for call, event in reversed(wanted.items()) if call not in over]


async def _backwards(store: Store, kinds: Collection[type[Event]], since: float) -> AsyncIterator[list[Event]]:
    """The events of these kinds after ``since``, the newest first, a stretch at a time: a journal may
    be long, and has no index for this."""
    names = [kind.__name__ for kind in kinds]
    async with store.connect() as connection:
        end = (await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0
        while end > 0:
            stretch = journal.c.seq.between(end - STRETCH + 1, end)
            wanted = select(journal.c.data).where(stretch, journal.c.kind.in_(names), journal.c.at > since)
            rows = await connection.execute(wanted.order_by(journal.c.seq.desc()))
            yield list(decoded(rows.scalars()))
            oldest = (await connection.execute(select(func.min(journal.c.at)).where(stretch))).scalar()
            end = end - STRETCH if oldest is None or oldest > since else 0


async def changes_since(store: Store, since: float) -> AsyncIterator[AgentChanged]:
    """All changes of agents' states since then (Unix seconds), in order, a little at a time: others have
    their turn between."""
    async with store.connect() as connection:
        last = (await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0
        first = await _first_since(connection, since, last)
        for start in range(first, last + 1, PIECE):
            piece = journal.c.seq.between(start, min(start + PIECE - 1, last))
            wanted = select(journal.c.data).where(piece, journal.c.kind == AgentChanged.__name__)
            for event in decoded((await connection.execute(wanted.order_by(journal.c.seq))).scalars()):
                if isinstance(event, AgentChanged) and event.at >= since:
                    yield event


async def _first_since(connection: AsyncConnection, since: float, last: int) -> int:
    """The number of a row about where that time begins: rows are written nearly in the order of time."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        wanted = select(journal.c.at).where(journal.c.seq >= middle).order_by(journal.c.seq).limit(1)
        at = (await connection.execute(wanted)).scalar()
        if at is None or at >= since:
            high = middle
        else:
            low = middle + 1
    return low
