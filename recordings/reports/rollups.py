"""Keeps the sums by quarter-hour in step with the records.

The journal is the queue: it is followed by position, and the sums are written in one transaction with the
place reached. So nothing counts twice. What the calls of a quarter-hour add is replaced as a whole when
one of them, late or told anew, has come to its end: reading the same again changes nothing.

Calls go on meanwhile, in the same loop and the same database. So all is worked out by reading alone, a few
calls at a time, each quarter-hour once; writing, for which everybody else waits, is short.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import AgentChanged, CalledBack, CalledOut, DispositionGiven, Ended, Queued
from cti.calls.words import AgentState, Direction
from recordings.records.record import CallRecord, Segment
from recordings.reports.counting import AGAIN_S, Contact, Rules, before, contact, count
from recordings.reports.sums import NAMES, QUARTER_S, Place, Subject, Sums, quarter
from recordings.reports.work import LONGEST_S, Duties, Duty, Stretch, add, rostered, together, worked
from recordings.rows import call_of, segment_of
from recordings.store import Store
from recordings.tables import calls, dispositions, doing, journal, rolled, rollups, segments

MOST = 200_000
"""Journal rows looked at before the sums are written."""
PAGE = 2_000
"""Journal rows read at once."""
AT_ONCE = 400
"""Values in one question: databases bound them."""
A_FEW = 50
"""Calls worked on without a pause: some 10 ms."""
_QUEUED = (Queued.__name__, CalledBack.__name__, CalledOut.__name__)
STATES = 0
"""The batch of what agents did, which is added to."""


@dataclass(frozen=True, slots=True)
class Rollups:
    """The sums of one store. ``duties`` are the roster's."""

    store: Store
    rules: Rules
    duties: Duties = lambda start, end: ()

    async def catch_up(self, now: float) -> bool:
        """Takes in some more of the journal, and of the roster until ``now``. Whether there is more."""
        async with self.store.connect() as connection:
            place = (await connection.execute(select(rolled))).one_or_none()
            seq = 0 if place is None else place.seq
            last = (await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0
            end = min(seq + MOST, last)
            batches = sorted(await _batches(connection, await _news(connection, seq, end)))
            counted = {batch: await _counted(connection, batch, self.rules) for batch in batches}
        async with self.store.writing() as connection:
            await connection.execute(update(rolled).values(id=rolled.c.id))  # two programs take turns
            if (await connection.execute(select(rolled))).one_or_none() != place:
                return True  # the other one was here meanwhile
            for batch, added in counted.items():
                await connection.execute(delete(rollups).where(rollups.c.batch == batch))
                await _insert(connection, batch, added)
            await self._follow(connection, seq, end)
            until = quarter(now) if place is None else place.rostered_until
            until = await self._roster(connection, until, quarter(now))
            await connection.execute(delete(rolled))
            await connection.execute(insert(rolled), {"id": 1, "seq": end, "rostered_until": until})
        return end < last

    async def rebuild(self, now: float) -> None:
        """Works all sums out anew, from the records and the journal as they are; time on the roster by the
        roster as it is now, from the first change of an agent's state on."""
        async with self.store.writing() as connection:
            for table in (rollups, rolled, doing):
                await connection.execute(delete(table))
            changed = select(journal.c.at).where(journal.c.kind == AgentChanged.__name__)
            first = (await connection.execute(changed.order_by(journal.c.seq).limit(1))).scalar()
            start = quarter(now if first is None else first)
            await connection.execute(insert(rolled), {"id": 1, "seq": 0, "rostered_until": start})
        while await self.catch_up(now):
            pass

    async def _follow(self, connection: AsyncConnection, after: int, end: int) -> None:
        """Adds what agents did, as a part of the journal tells it."""
        known = {row.agent: row for row in await connection.execute(select(doing))}
        now: dict[str, dict[str, Any]] = {agent: dict(row._mapping) for agent, row in known.items()}
        sums: defaultdict[Place, Sums] = defaultdict(Sums)
        for piece in _pieces(after, end):
            wanted = select(journal.c.data).where(*piece, journal.c.kind == AgentChanged.__name__)
            over = _over(now, (await connection.execute(wanted.order_by(journal.c.seq))).scalars())
            queues = await _queues(connection, [each for each in over if each[0]["state"] == AgentState.WRAP_UP])
            duties = _Duties(self.duties, [(was["since"], until) for was, until in over])
            for was, until in over:
                queue = queues.get((was["agent"], was["since"]), "")
                stretch = Stretch(was["agent"], AgentState(was["state"]), was["since"], until, queue)
                add(sums, [worked(stretch, duties.of(stretch))])
        await _add(connection, sums)
        changed = [row for agent, row in now.items() if agent not in known or dict(known[agent]._mapping) != row]
        for some in _some(changed):
            await connection.execute(delete(doing).where(doing.c.agent.in_([row["agent"] for row in some])))
            await connection.execute(insert(doing), some)

    async def _roster(self, connection: AsyncConnection, start: int, end: int) -> int:
        """Adds the time on the roster of whole quarter-hours; until when it is added."""
        while start < end:
            day = min(end, start + 86_400)
            await _add(connection, rostered(self.duties(start, day), start, day))
            start = day
        return max(start, end)


class _Duties:
    """The duties around some times, by agent; those of each day are looked up once."""

    def __init__(self, duties: Duties, times: Sequence[tuple[float, float]]) -> None:
        self._of: defaultdict[str, dict[tuple[float, float], Duty]] = defaultdict(dict)
        days = {
            day for since, until in times
            for day in range(int(since // 86_400), int(min(until, since + LONGEST_S) // 86_400) + 1)
        }  # fmt: skip
        for day in sorted(days):
            for duty in duties(day * 86_400, (day + 1) * 86_400):
                self._of[duty.agent][duty.start, duty.end] = duty

    def of(self, stretch: Stretch) -> Iterable[Duty]:
        return self._of[stretch.agent].values() if stretch.agent in self._of else ()


def _pieces(after: int, end: int) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """A part of the journal, some rows at a time."""
    for start in range(after, end, PAGE):
        yield journal.c.seq > start, journal.c.seq <= min(start + PAGE, end)


async def _news(connection: AsyncConnection, after: int, end: int) -> set[str]:
    """The calls of which there is news in a part of the journal."""
    told: set[str] = set()
    for piece in _pieces(after, end):
        ended = select(journal.c.call).where(*piece, journal.c.kind == Ended.__name__)
        told.update((await connection.execute(ended)).scalars())
        given = select(journal.c.data).where(*piece, journal.c.kind == DispositionGiven.__name__)
        told.update(data["call"] for data in (await connection.execute(given)).scalars())
    return told


def _over(now: dict[str, dict[str, Any]], changes: Iterable[Mapping[str, Any]]) -> list[tuple[dict[str, Any], float]]:
    """What agents did until when, by their changes in the journal's order; ``now`` is what they do. A change told
    late, or again, is none."""
    over = []
    for change in changes:
        last = now.get(change["agent"])
        if last is not None and (change["at"] < last["since"] or change["state"] == last["state"]):
            if change.get("call") and change["at"] >= last["since"]:
                last["call"] = change["call"]
            continue
        if last is not None:
            over.append((last, change["at"]))
        on = change.get("call") or (last["call"] if last is not None else None)
        now[change["agent"]] = {
            "agent": change["agent"], "state": change["state"], "since": change["at"], "call": on
        }  # fmt: skip
    return over


async def _batches(connection: AsyncConnection, told: Collection[str]) -> set[int]:
    """The quarter-hours in which these calls arrived, and those of later contacts of the same callers: which
    contact they repeat may be another now."""
    found: set[int] = set()
    for some in _some(sorted(told)):
        later = calls.alias("later")
        again = (
            select(later.c.arrived_at)
            .join(calls, calls.c.caller == later.c.caller)
            .where(calls.c.id.in_(some), calls.c.caller != "", later.c.connected_at.is_not(None))
            .where(later.c.arrived_at > calls.c.arrived_at, later.c.arrived_at <= calls.c.arrived_at + 2 * AGAIN_S)
        )
        own = select(calls.c.arrived_at).where(calls.c.id.in_(some))
        for wanted in (own, again):
            found |= set(map(quarter, (await connection.execute(wanted)).scalars()))
    return found


async def _counted(connection: AsyncConnection, batch: int, rules: Rules) -> Mapping[Place, Sums]:
    """What the calls that arrived in a quarter-hour add."""
    within = calls.c.arrived_at >= batch, calls.c.arrived_at < batch + QUARTER_S
    ids = (await connection.execute(select(calls.c.id).where(*within).order_by(calls.c.id))).scalars().all()
    sums: defaultdict[Place, Sums] = defaultdict(Sums)
    contacts: list[Contact] = []
    for some in _some(ids, A_FEW):
        told = await _told(connection, calls.c.id.in_(some))
        add(sums, [count(record, parts, rules) for record, parts, _ in told])
        contacts += _contacts(told)
    earlier = await _earlier(connection, {one.caller for one in contacts}, batch)
    for few in _some(contacts):
        for one in few:
            add(sums, [{where: Sums(contacts=1)} for where in one.places])
            if (first := before(one, earlier.get(one.caller, ()))) is not None:
                add(sums, [{where: Sums(repeated=1)} for where in first.places])
        await asyncio.sleep(0)
    return sums


Told = tuple[CallRecord, Sequence[Segment], str]
"""A call, its parts, and the reason it was given first, or none."""


async def _told(connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[Told]:
    records = [call_of(row) for row in await connection.execute(select(calls).where(which).order_by(calls.c.id))]
    ids = [record.id for record in records]
    parts, reasons = await _segments(connection, ids), await _reasons(connection, ids)
    return [(record, parts[record.id], reasons.get(record.id, "")) for record in records]


def _contacts(told: Sequence[Told]) -> list[Contact]:
    return [one for each in told if (one := contact(*each)) is not None]


async def _segments(connection: AsyncConnection, of: Sequence[str]) -> dict[str, list[Segment]]:
    found: defaultdict[str, list[Segment]] = defaultdict(list)
    for some in _some(of):
        wanted = select(segments).where(segments.c.call.in_(some)).order_by(segments.c.call, segments.c.number)
        for row in await connection.execute(wanted):
            found[row.call].append(segment_of(row))
    return found


async def _reasons(connection: AsyncConnection, of: Sequence[str]) -> dict[str, str]:
    """The first disposition that each of these calls was given."""
    found: dict[str, str] = {}
    said = dispositions.c
    for some in _some(of):
        wanted = select(said.call, said.disposition).where(said.call.in_(some), said.disposition != "")
        for row in await connection.execute(wanted.order_by(said.at, said.agent)):
            found.setdefault(row.call, row.disposition)
    return found


async def _earlier(connection: AsyncConnection, callers: Collection[str], batch: int) -> dict[str, list[Contact]]:
    """The contacts of these callers that contacts of this quarter-hour may repeat, by caller; of who called
    once nothing."""
    found: defaultdict[str, list[Contact]] = defaultdict(list)
    for some in _some(sorted(callers)):
        which = and_(
            calls.c.caller.in_(some),
            calls.c.arrived_at >= batch - 2 * AGAIN_S,
            calls.c.arrived_at < batch + QUARTER_S,
            calls.c.connected_at.is_not(None),
            calls.c.connected_at >= batch - AGAIN_S,
            calls.c.direction == Direction.IN.value,
        )
        several = select(calls.c.caller).where(which).group_by(calls.c.caller).having(func.count() > 1)
        again = (await connection.execute(several)).scalars().all()
        ids = (await connection.execute(select(calls.c.id).where(which, calls.c.caller.in_(again)))).scalars().all()
        for few in _some(ids, A_FEW):
            for one in _contacts(await _told(connection, calls.c.id.in_(few))):
                found[one.caller].append(one)
    return found


async def _queues(
    connection: AsyncConnection, wrapped: Sequence[tuple[Mapping[str, Any], float]]
) -> dict[tuple[str, float], str]:
    """The queue of the call that each wrap-up followed, by its agent and beginning."""
    known: defaultdict[str, list[Any]] = defaultdict(list)
    for some in _some(sorted({was["call"] for was, _ in wrapped if was["call"]})):
        wanted = select(journal.c.call, journal.c.at, journal.c.data)
        wanted = wanted.where(journal.c.call.in_(some), journal.c.kind.in_(_QUEUED)).order_by(journal.c.seq)
        for row in await connection.execute(wanted):
            known[row.call].append(row)
    found = {}
    for was, _ in wrapped:
        before_it = [row.data["queue"] for row in known.get(was["call"], ()) if row.at <= was["since"]]
        if before_it:
            found[was["agent"], was["since"]] = before_it[-1]
    return found


async def _add(connection: AsyncConnection, added: Mapping[Place, Sums]) -> None:
    """Adds to what agents did."""
    there: dict[Place, Sums] = {}
    key = tuple_(rollups.c.subject, rollups.c.at, rollups.c.name)
    for some in _some(sorted(added)):
        mine = rollups.c.batch == STATES, key.in_([(p.subject.value, p.at, p.name) for p in some])
        for row in await connection.execute(select(rollups).where(*mine)):
            there[Place(row.at, Subject(row.subject), row.name)] = Sums(
                {name: row._mapping[name] for name in NAMES if row._mapping[name]}
            )
        await connection.execute(delete(rollups).where(*mine))
    await _insert(connection, STATES, together([there, added]))


async def _insert(connection: AsyncConnection, batch: int, added: Mapping[Place, Sums]) -> None:
    for some in _some(sorted(where for where, sums in added.items() if +sums)):
        rows: list[dict[str, Any]] = [
            {"batch": batch, "subject": where.subject.value, "at": where.at, "name": where.name} | _sparse(added[where])
            for where in some
        ]
        await connection.execute(insert(rollups), rows)


def _sparse(sums: Sums) -> dict[str, Any]:
    return {name: sums[name] or None for name in NAMES}


_T = TypeVar("_T")


def _some(values: Sequence[_T], most: int = AT_ONCE) -> Iterator[Sequence[_T]]:
    """Some at a time."""
    return (values[at : at + most] for at in range(0, len(values), most))
