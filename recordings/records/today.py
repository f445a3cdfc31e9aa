"""The waits and talks of the calls that are over, for who counts a day anew. It only reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Row, select

from cti.figures import Came
from recordings.reports.waits import came
from recordings.store import Store
from recordings.tables import calls, segments
from recordings.words import SegmentKind

BEFORE_S = 3 * 3600.0
"""How long before it came to a queue a call may have arrived."""
PAGE = 500


class Stretch(NamedTuple):
    """A wait in ``queue``, of which ``came`` came; or a talk with ``agent``, where that is None. Times are
    Unix seconds."""

    queue: str
    agent: str
    since: float
    until: float
    came: Came | None = None


async def stretches(
    store: Store, start: float, before: float, besides: Collection[str] = ()
) -> AsyncIterator[list[Stretch]]:
    """Those since ``start`` of calls that arrived before ``before``, some calls' at a time. Not those of
    the calls ``besides``, nor the waits of callbacks."""
    part, of = segments.c, calls.c
    wanted = (
        select(
            part.call, part.number, part.kind, part.started_at, part.ended_at, part.agent, part.queue,
            of.ended_at.label("over_at"), of.ended_by, of.estimated,
        )
        .join(calls, of.id == part.call)
        .where(of.arrived_at >= start - BEFORE_S, of.arrived_at < before)
        .where(part.kind.in_([SegmentKind.WAIT.value, SegmentKind.TALK.value]))
        .order_by(of.arrived_at, part.call, part.number)
    )  # fmt: skip
    async with store.connect() as connection, connection.stream(wanted) as found:
        left: list[Row[tuple[object, ...]]] = []
        async for page in found.partitions(PAGE):
            rows = [*left, *page]
            # The last call may go on in the next page.
            last = rows[-1].call
            left = [row for row in rows if row.call == last]
            yield _stretches([row for row in rows if row.call != last], start, besides)
        yield _stretches(left, start, besides)


def _stretches(rows: list[Row[tuple[object, ...]]], start: float, besides: Collection[str]) -> list[Stretch]:
    found = []
    for row, then in pairwise([*rows, None]):
        if row is None or row.call in besides or row.ended_at is None or row.ended_at < start:
            continue
        following = then if then is not None and then.call == row.call else None
        if row.kind == SegmentKind.TALK:
            found.append(Stretch("", row.agent, row.started_at, row.ended_at))
        elif row.number > 1:  # only a callback begins with its wait
            found.append(Stretch(row.queue, "", row.started_at, row.ended_at, _came(row, following)))
    return found


def _came(wait: Row[tuple[object, ...]], then: Row[tuple[object, ...]] | None) -> Came:
    kind = None if then is None else then.kind
    return came(kind, wait.ended_at, wait.over_at, wait.ended_by, estimated=wait.estimated)
