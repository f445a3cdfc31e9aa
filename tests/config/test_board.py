"""The board's day over a restart, and the rules of site.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from config import settings
from config.board import Board, follow
from cti.calls.events import CallEvent, Ended, Event
from cti.desk.alerts import Alert, Figure, Rule
from cti.desk.herald import subject
from cti.desk.today import Today
from recordings.storage.room import Room
from recordings.store import JournalRow, Store
from tests.config.test_settings import problems, write
from tests.recordings.test_history import ABANDONED, ANSWERED, MONDAY, MOVED_ON, TOLD_TO_CALL_AGAIN, call

SITE = """
numbers: {"*": main}
transfers:
  desk: {context: internal, exten: "0"}
zone: UTC
"""
NOW = MONDAY + 12 * 3600


def calls_of(events: Sequence[Event]) -> list[CallEvent]:
    return [event for event in events if isinstance(event, CallEvent)]


async def test_a_restart_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.board.time.time", lambda: NOW)
    site = settings.load(write(tmp_path, {"site.yaml": SITE}))
    site.state.mkdir(parents=True)
    stories = [ANSWERED, ABANDONED, MOVED_ON, TOLD_TO_CALL_AGAIN, ANSWERED]
    over = [call(f"c{number}", story, MONDAY + number * 1000) for number, story in enumerate(stories)]
    going_on = [event for event in call("c9", ANSWERED, NOW - 60) if not isinstance(event, Ended)]
    whole = sorted(calls_of([*(event for of in over for event in of), *going_on]), key=lambda event: event.at)
    records = await Store.open(site.database)
    try:
        await records.write([JournalRow("run", number, event) for number, event in enumerate(whole)])
        board = Board(site, CollectorRegistry(), await records.unfinished())
        await board.restore(records)
    finally:
        await records.close()
    seen = Today(board.today.rules, NOW)
    follow(seen, whole)
    assert board.today.all.row() == seen.all.row()
    assert board.today.quarters(lambda queue: True, NOW) == seen.quarters(lambda queue: True, NOW)
    assert board.today.agent("ann") == seen.agent("ann")
    assert (seen.all.offered, seen.all.answered, seen.all.abandoned, seen.all.moved) == (7, 4, 1, 2)


def test_the_rules(tmp_path: Path) -> None:
    text = """
alerts:
  - {queue: orders, figure: waiting, above: 10}
  - {queue: orders, figure: longest wait, above: 2m, for: 10s}
  - {queue: orders, figure: service level of offered, below: 80%}
"""
    site = settings.load(write(tmp_path, {"site.yaml": SITE + text}))
    assert [alert.rule() for alert in site.settings.alerts] == [
        Rule("orders", Figure.WAITING, above=True, limit=10.0, for_s=30.0),
        Rule("orders", Figure.LONGEST_WAIT, above=True, limit=120.0, for_s=10.0),
        Rule("orders", Figure.SERVICE_LEVEL_OFFERED, above=False, limit=0.8, for_s=30.0),
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{queue: nobody, figure: waiting, above: 1}", "there is no queue called 'nobody'"),
        ("{queue: orders, figure: waiting}", "needs either above or below"),
        ("{queue: orders, figure: waiting, above: 1, below: 2}", "needs either above or below"),
        ("{queue: orders, figure: waiting, above: 2m}", "must be a number of calls"),
        ("{queue: orders, figure: waiting, above: true}", "must be a number of calls"),
        ("{queue: orders, figure: longest wait, above: 30}", "must be a duration"),
        ("{queue: orders, figure: service level of answered, below: 0.8}", "must be a share"),
        ("{queue: orders, figure: service level of answered, below: 101%}", "must be a share"),
        ("{queue: orders, figure: mood, above: 1}", "figure"),
        ("{queue: orders, figure: waiting, above: 1, for: 0s}", "for"),
    ],
)
def test_what_is_no_rule(tmp_path: Path, rule: str, said: str) -> None:
    [problem] = problems(write(tmp_path, {"site.yaml": f"{SITE}alerts:\n  - {rule}\n"}))
    assert said in problem
    assert "site.yaml" in problem


def test_a_queue_is_served_by_those_who_have_what_it_needs(tmp_path: Path) -> None:
    site = settings.load(write(tmp_path, {"site.yaml": SITE}))
    board = Board(site, CollectorRegistry(), [])
    assert board.serving("orders") == ["ann"]
    assert board.serving("nobody") is None


async def test_supervisors_are_alerted_long_before_there_is_no_room_for_recordings(tmp_path: Path) -> None:
    write(tmp_path, {})
    told: list[tuple[str, float, bool]] = []

    def alerted(alert: Alert) -> None:
        told.append((subject(alert), alert.rule.limit, alert.cleared is not None))

    room = Room()
    board = Board(settings.load(tmp_path), CollectorRegistry(), (), alerted=alerted, room=room)
    desk = board.parts[0]

    async def look(free: int, at: float) -> None:
        room.seen(free, at)
        await desk.on_time(at)

    gib = 1 << 30
    now = board.feed.now
    for hour, free in enumerate((70, 69, 68)):
        await look(free * gib, now + hour * 3600.0)
    assert told == []
    await look(20 * gib, now + 3 * 3600.0)
    await look(0, now + 4 * 3600.0)
    await look(90 * gib, now + 5 * 3600.0)
    low, full = (
        "The room for recordings lasts less than 48 h",
        "The room for recordings is used up: no talk is recorded",
    )
    assert [(what, cleared) for what, _, cleared in told] == [(low, False), (full, False), (f"Over: {full}", True)]
