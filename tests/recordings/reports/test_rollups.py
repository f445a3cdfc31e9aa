"""Sums by quarter-hour, over SQLite and PostgreSQL: in step with the records, rebuilt alike, and parts add up."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.calls.events import AgentChanged, DispositionGiven, Event
from cti.calls.words import AgentState, CallId
from recordings.quality.tables import reviews
from recordings.reports import rollups as module
from recordings.reports.counting import Rules
from recordings.reports.figures import By
from recordings.reports.query import Line, Report, TooMuch, Wanted, report, sums
from recordings.reports.rollups import Rollups
from recordings.reports.sums import QUARTER_S, Place, Sums
from recordings.reports.work import Span
from recordings.store import Store
from recordings.tables import rollups
from tests.contracts.postgres import postgres
from tests.recordings.scenarios import events, rows

NINE = 1_000_000 * QUARTER_S
RULES = Rules({"orders": 20.0}, 5.0, frozenset({"opinion"}))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def kept(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Store]:
    if request.param == "sqlite":
        store = await Store.open(url)
        yield store
        await store.close()
        return
    async with postgres() as server:
        store = await Store.open(server)
        yield store
        await store.close()


@dataclass(frozen=True)
class Shift:
    agent: str
    start: float
    end: float
    breaks: Sequence[Span] = ()


def shifts(start: float, end: float) -> list[Shift]:
    """alice works from nine to ten, with a break of ten minutes at half past."""
    shift = Shift("alice", NINE, NINE + 3600, ((NINE + 1800, NINE + 2400),))
    return [shift] if shift.start < end and shift.end > start else []


def told(text: str, call: str, at: float = NINE) -> list[Event]:
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return list(events("\n".join(f"{at + float(when)} {rest}" for when, rest in lines), call))


def answered(call: str, at: float, caller: str, wait: float, agent: str = "alice") -> list[Event]:
    """A call that talks for a minute with an agent, ten seconds of it on hold, and gives its opinion."""
    return told(
        f"""
        0 Arrived caller={caller} dialled=100
        1 EnteredMenu node=main
        2 Queued queue=orders
        3 Offered offer=o-{call} agent={agent}
        {2 + wait} Connected offer=o-{call} agent={agent}
        {12 + wait} Held
        {22 + wait} Resumed
        {62 + wait} Returned
        {62 + wait} EnteredMenu node=opinion
        {66 + wait} Surveyed node=opinion question=all score=5
        {70 + wait} Ended by=caller
        """,
        call,
        at,
    )


LOST = "0 Arrived caller=4712 dialled=100\n1 EnteredMenu node=main\n2 Queued queue=orders\n32 Ended by=caller"
SHORT = "0 Arrived caller=4713 dialled=100\n1 EnteredMenu node=main\n2 Queued queue=orders\n4 Ended by=caller"
GIVES_UP = "0 Arrived caller=4714 dialled=100\n1 EnteredMenu node=main\n9 Ended by=caller"
CONTAINED = "0 Arrived caller=4715 dialled=100\n1 EnteredMenu node=closed\n9 Ended by=system"
MISSED = """0 Arrived caller=4716 dialled=100
2 Queued queue=orders
3 Offered offer=o9 agent=alice
23 Refused offer=o9 agent=alice reason=no_answer
700 Left place=queue why=timeout
700 Transferred to=outside
700 Ended by=system"""


def states(*changes: tuple[float, AgentState, str | None]) -> list[Event]:
    return [
        AgentChanged(at=NINE + at, agent="alice", state=state, call=None if call is None else CallId(call))
        for at, state, call in changes
    ]


AT_WORK = states(
    (-100, AgentState.OFFLINE, None),
    (0, AgentState.READY, None),
    (12, AgentState.TALKING, "a"),
    (72, AgentState.WRAP_UP, None),
    (102, AgentState.READY, None),
    (1800, AgentState.NOT_READY, None),
    (2100, AgentState.READY, None),
    (3600, AgentState.OFFLINE, None),
)


async def of(store: Store, wanted: Wanted) -> Report:
    async with store.connect() as connection:
        return await report(connection, wanted)


async def dump(store: Store) -> list[tuple[object, ...]]:
    async with store.connect() as connection:
        found = await connection.execute(select(rollups).order_by(*rollups.primary_key.columns))
        return [tuple(row) for row in found]


async def caught_up(kept: Rollups, now: float = NINE + 4000) -> None:
    while await kept.catch_up(now):
        pass


HOUR = ((NINE, NINE + 4 * QUARTER_S),)


async def test_an_hour_by_hand(kept: Store) -> None:
    """Each figure of an hour that can be worked out on paper."""
    async with kept.writing() as connection:
        graded = {
            "call": "a", "agent": "alice", "queue": "orders", "talked_at": NINE + 12.0, "grader": "sue", "version": "1",
            "state": "released", "sample": "", "week": "", "calibration": "", "made_by": "sue", "made_at": 0.0,
            "draft": {}, "score": 80.0,
        }  # fmt: skip
        for number, fatal in enumerate((True, False, False, False)):
            await connection.execute(
                insert(reviews), {**graded, "id": str(number), "form": f"f{number}", "fatal": fatal}
            )
        hidden = {"id": "4", "form": "f4", "fatal": True, "state": "submitted"}
        await connection.execute(insert(reviews), {**graded, **hidden})
    happened = [
        *answered("a", NINE + 0.0, "4711", 10),
        *answered("b", NINE + 300, "4711", 40),  # calls again: the first did not help
        *told(LOST, "c", NINE + 400), *told(SHORT, "d", NINE + 500), *told(GIVES_UP, "e", NINE + 600),
        *told(CONTAINED, "f", NINE + 700), *told(MISSED, "g", NINE + 890),
        *AT_WORK,
    ]  # fmt: skip
    counted = Rollups(kept, RULES, shifts)
    await counted.catch_up(NINE)
    await kept.write(rows(happened))
    await caught_up(counted)
    queue = (await of(kept, Wanted(By.QUEUE, HOUR))).lines
    assert [(one.name, one.start, one.end) for one in queue] == [("orders", *HOUR[0])]
    assert queue[0].figures == {
        **dict.fromkeys(("offered",), 4.0), "answered": 2, "abandoned": 1, "short": 1, "moved": 1,
        "connection_rate": 0.5, "abandon_rate": 0.25, "service_level_offered": 0.25, "service_level_answered": 0.5,
        "within_10_minutes": 0.75, "wait_mean_s": 25.0, "wait_p50_s": 10.4125, "wait_p90_s": 39.7205,
        "wait_p95_s": 39.7205, "talks": 2, "aht_s": 75.0, "talk_mean_s": 50.0, "hold_mean_s": 10.0,
        "wrap_up_mean_s": 15.0, "transfers": 0, "transfer_rate": 0.0, "callbacks": 0, "out": 0, "reached": 0,
        "first_contact_resolution": 0.5, "survey_push_rate": 1.0, "survey_rate": 1.0, "survey_score": 5.0,
        "satisfaction_rate": 1.0, "error_rate": 0.25,
    }  # fmt: skip
    agent = (await of(kept, Wanted(By.AGENT, HOUR))).lines[0].figures
    expected = {
        "talks": 2, "aht_s": 75.0, "error_rate": 0.25, "rings": 3, "missed": 1, "refused": 0, "share_taken": 0.6667,
        "signed_in_s": 3600, "rostered_s": 3600, "occupancy": round(90 / 3300, 4),
        "adherence": round((3000 + 300) / 3600, 4), "efficiency": round(150 / 3600 * 2 / 3, 4),
    }  # fmt: skip
    assert {name: agent[name] for name in expected} == expected
    dialled = (await of(kept, Wanted(By.NUMBER, HOUR))).lines[0].figures
    expected = {"calls": 7, "offered": 4, "answered": 2, "abandoned": 1, "short": 1, "moved": 1, "containment": 0.1429}
    assert {name: dialled[name] for name in expected} == expected
    nodes = {one.name: one.figures for one in (await of(kept, Wanted(By.NODE, HOUR))).lines}
    assert (nodes["main"]["visits"], nodes["main"]["gave_up"], nodes["closed"]["ended_here"]) == (5, 1, 1.0)
    teams = {"day": ["alice", "bob"], "night": ["bob"]}
    team = await of(kept, Wanted(By.TEAM, HOUR, teams=teams))
    assert [(one.name, one.figures) for one in team.lines] == [("day", agent)]
    assert team.total.figures == agent
    assert (await of(kept, Wanted(By.TEAM, HOUR, names=["night"], teams=teams))).lines == []


async def test_in_step_with_whatever_comes_when(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that end late, are told again and are given a reason later: the sums are those of a rebuild."""
    chance = random.Random(6)
    monkeypatch.setattr(module, "MOST", 40)
    monkeypatch.setattr(module, "PAGE", 15)
    calls = [
        answered(f"c{n}", NINE + chance.randrange(0, 7200), f"47{chance.randrange(4)}", chance.randrange(90))
        if chance.random() < 0.7
        else told(chance.choice((LOST, SHORT, GIVES_UP, CONTAINED)), f"c{n}", NINE + chance.randrange(0, 7200))
        for n in range(40)
    ]
    chance.shuffle(calls)
    counted = Rollups(kept, RULES, shifts)
    await counted.catch_up(NINE)
    written = 1
    for call in calls:
        given = DispositionGiven(
            at=NINE + 9000, call=call[0].call, agent="alice", queue="orders", disposition=chance.choice("xy")  # type: ignore[attr-defined]
        )  # fmt: skip
        for some in (call, [given]) if chance.random() < 0.5 else (call,):
            await kept.write(rows(some, first=written))
            written += len(some)
        if chance.random() < 0.4:
            await counted.catch_up(NINE + 4000)
    await kept.write(rows(AT_WORK, run="second"))
    await caught_up(counted)
    in_step = await dump(kept)
    await caught_up(counted)
    assert await dump(kept) == in_step
    await kept.write(rows(calls[0], run="third"))  # told by another run too
    await caught_up(counted)
    assert await dump(kept) == in_step
    # The roster was kept from the first look on, which was before the first call.
    await counted.rebuild(NINE + 4000)
    assert await dump(kept) == in_step
    await counted.rebuild(NINE + 4000)
    assert await dump(kept) == in_step

    async with kept.connect() as connection:
        for by in (By.QUEUE, By.AGENT, By.NODE, By.NUMBER):
            whole = await sums(connection, Wanted(by, ((NINE, NINE + 40 * QUARTER_S),)))
            assert whole
            for _ in range(5):
                cuts = sorted({0, 40, *(chance.randrange(1, 40) for _ in range(4))})
                spans = [(NINE + a * QUARTER_S, NINE + b * QUARTER_S) for a, b in pairwise(cuts)]
                parts: dict[str, Sums] = {}
                for (_, name), counts in (await sums(connection, Wanted(by, spans))).items():
                    parts.setdefault(name, Sums()).update(counts)
                assert {name: +counts for name, counts in parts.items()} == {n: +s for (_, n), s in whole.items()}
            together = await sums(connection, Wanted(by, ((NINE, NINE + 40 * QUARTER_S),), together=True))
            added = Sums()
            for counts in whole.values():
                added.update(counts)
            assert [+counts for counts in together.values()] == [+added]


async def test_calls_are_written_while_it_counts_and_another_may_count_them_first(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for what is worked out, and what two work out at a time counts once."""
    counted, other = Rollups(kept, RULES, shifts), Rollups(kept, RULES, shifts)
    await counted.catch_up(NINE)
    await kept.write(rows([*answered("a", NINE + 0.0, "4711", 10), *AT_WORK]))
    whole = module._counted
    quarters: list[int] = []

    async def meanwhile(connection: AsyncConnection, batch: int, rules: Rules) -> Mapping[Place, Sums]:
        quarters.append(batch)
        if len(quarters) == 1:
            await kept.write(rows(answered("b", NINE + 300, "4711", 40), run="second"))
            assert not await other.catch_up(NINE + 4000)
        return await whole(connection, batch, rules)

    monkeypatch.setattr(module, "_counted", meanwhile)
    assert await counted.catch_up(NINE + 4000), "the other was quicker"
    assert quarters == [NINE, NINE], "once each, though both calls are of the same"
    await caught_up(counted)
    in_step = await dump(kept)
    await counted.rebuild(NINE + 4000)
    assert await dump(kept) == in_step


async def test_a_report_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write(rows([*answered("a", NINE, "1", 1), *answered("b", NINE, "2", 1, "bob")]))
    await caught_up(Rollups(store, RULES))
    monkeypatch.setattr("recordings.reports.query.MOST_ROWS", 1)
    with pytest.raises(TooMuch, match="more than 1 rows"):
        await of(store, Wanted(By.AGENT, HOUR))
    one = await of(store, Wanted(By.AGENT, HOUR, names=["bob"]))
    assert [line.name for line in one.lines] == ["bob"]
    assert isinstance(one.total, Line)
    assert one.total.figures == one.lines[0].figures
