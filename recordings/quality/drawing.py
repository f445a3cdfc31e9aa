"""Draws samples from the records: reads the talks of a week, and writes who is to grade which."""

from __future__ import annotations

import secrets
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.words import CallId
from recordings.quality import store as kept
from recordings.quality.forms import Form
from recordings.quality.reviews import Review, State
from recordings.quality.samples import Rule, Talk, Week, draw
from recordings.quality.tables import reviews
from recordings.store import Store
from recordings.tables import calls, dispositions, recordings, segments
from recordings.words import RecordingState, SegmentKind

HEARD = (RecordingState.WHOLE.value, RecordingState.SHORT.value)


class NotOver(Exception):
    """The week is not over: what is drawn now would not be drawn again."""


@dataclass(frozen=True, slots=True)
class Count:
    """Of one agent: how many are drawn of the ``wanted``; fewer where there are no more that fit."""

    agent: str
    drawn: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a grader is with a rule's talks of a week."""

    sample: str
    week: str
    grader: str
    assigned: int
    done: int


async def drawn(store: Store, rule: Rule, form: Form, week: Week, zone: tzinfo | None, by: str) -> list[Count]:
    """Draws a rule's talks of a week, those that are not drawn yet; gives what there is then, by agent.

    Only talks that can be heard, and were not graded by the form before, nor are to be. A call counts for the agent
    who talked longest on it, so none is drawn twice. Raises NotOver.
    """
    start, end = week.span(zone)
    now = time.time()
    if end > now:
        raise NotOver(f"{week} is not over")
    async with store.writing() as connection:
        await kept.keep_forms(connection, [form], now)
        had = await _had(connection, rule, week)
        talks = await _talks(connection, rule, start, end)
        new = [
            Review(
                id=secrets.token_hex(8),
                call=one.talk.call,
                agent=one.talk.agent,
                queue=one.talk.queue,
                talked_at=one.talk.at,
                grader=one.grader,
                form=form.name,
                version=form.version,
                sample=rule.name,
                week=str(week),
                made_by=by,
                made_at=now,
            )
            for one in draw(rule, week, talks, zone, had)
        ]
        await kept.add(connection, new)
    had.update(one.agent for one in new)
    return [Count(agent, count, rule.calls) for agent, count in sorted(had.items())]


async def progress(connection: AsyncConnection, weeks: int) -> list[Progress]:
    """Of the latest weeks of which there is a sample, by rule and grader, the newest week first."""
    mine = reviews.c
    newest = select(mine.week).where(mine.sample != "").distinct().order_by(mine.week.desc()).limit(weeks)
    done = func.count().filter(mine.state != State.OPEN.value)
    wanted = (
        select(mine.sample, mine.week, mine.grader, func.count().label("assigned"), done.label("done"))
        .where(mine.sample != "", mine.week.in_(newest))
        .group_by(mine.sample, mine.week, mine.grader)
        .order_by(mine.week.desc(), mine.sample, mine.grader)
    )
    return [Progress(**row._mapping) for row in await connection.execute(wanted)]


async def _had(connection: AsyncConnection, rule: Rule, week: Week) -> Counter[str]:
    wanted = (
        select(reviews.c.agent, func.count().label("drawn"))
        .where(reviews.c.sample == rule.name, reviews.c.week == str(week))
        .group_by(reviews.c.agent)
    )
    return Counter({row.agent: row.drawn for row in await connection.execute(wanted)})


async def _talks(connection: AsyncConnection, rule: Rule, start: float, end: float) -> list[Talk]:
    """A talk for each call of the time that can be heard and is not graded by the rule's form."""
    talk = segments.c
    heard = (
        select(recordings.c.stem)
        .where(recordings.c.call == talk.call, recordings.c.agent == talk.agent, recordings.c.state.in_(HEARD))
        .exists()
    )
    graded = (
        select(reviews.c.id)
        .where(reviews.c.call == talk.call, reviews.c.form == rule.form, reviews.c.calibration == "")
        .exists()
    )
    wanted = (
        select(talk.call, talk.agent, talk.queue, talk.started_at, talk.ended_at)
        .join(calls, calls.c.id == talk.call)
        .where(calls.c.arrived_at >= start, calls.c.arrived_at < end)
        .where(talk.kind == SegmentKind.TALK.value, talk.ended_at.is_not(None), talk.agent != "", heard, ~graded)
        .order_by(talk.call, talk.number)
    )
    if rule.queues:
        wanted = wanted.where(talk.queue.in_(rule.queues))
    parts: dict[str, dict[str, list[tuple[str, float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in await connection.execute(wanted):
        parts[row.call][row.agent].append((row.queue, row.started_at, row.ended_at))
    said = await _said(connection, start, end) if rule.dispositions else {}
    return [_longest(CallId(call), agents, said) for call, agents in parts.items()]


def _longest(call: CallId, agents: dict[str, list[tuple[str, float, float]]], said: dict[tuple[str, str], str]) -> Talk:
    length = {agent: sum(end - start for _, start, end in talks) for agent, talks in agents.items()}
    agent = max(length, key=lambda name: (length[name], name))
    queue, at, _ = agents[agent][0]
    given = (said[call, agent],) if (call, agent) in said else ()
    return Talk(call=call, agent=agent, queue=queue, at=at, length_s=length[agent], dispositions=given)


async def _said(connection: AsyncConnection, start: float, end: float) -> dict[tuple[str, str], str]:
    wanted = (
        select(dispositions.c.call, dispositions.c.agent, dispositions.c.disposition)
        .join(calls, calls.c.id == dispositions.c.call)
        .where(calls.c.arrived_at >= start, calls.c.arrived_at < end)
    )
    return {(row.call, row.agent): row.disposition for row in await connection.execute(wanted)}
