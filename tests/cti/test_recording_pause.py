"""A recording is paused, and what cannot be paused is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cti.actions.pause import RecordingPausePart
from cti.calls import commands as cmd
from cti.calls import events as ev
from cti.calls import expected, talk_events
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.part import Output, Work
from cti.calls.words import Place
from cti.desk.recording import routes
from recordings.records.fold import fold
from recordings.words import SegmentKind
from tests.cti.calls import talk
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, OFFER, agent
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.stories import C1, O1, rings, talks
from tests.cti.workbench import Bench

STEM = "2026/11/22/x"
PAUSE = cmd.PauseRecording(call=CALL, offer=OFFER)
RESUME = cmd.ResumeRecording(call=CALL, offer=OFFER)
STOP = cmd.StopRecording(call=CALL, offer=OFFER)


def recorded(*starts: talk.Event) -> Bench:
    """A talk that is to be recorded, as Asterisk tells of it."""
    bench = Bench([])
    expected.agent(bench.tracker.legs, CALL, OFFER, "alice", STEM)
    bench.hear([*talk.ARRIVES, *talk.RINGS, *starts, *talk.ACCEPTS, *talk.TALKS])
    return bench


def agreed(bench: Bench) -> None:
    """Asterisk says yes to the last action."""
    done = bench.ami.done[-1]
    assert done is not None
    done()


def test_both_voices_are_muted_and_asterisks_yes_is_the_pause() -> None:
    bench = recorded()
    for command, state, told in (
        (PAUSE, "1", talk_events.RecordingPaused),
        (RESUME, "0", talk_events.RecordingResumed),
    ):
        bench.executor.carry_out(command, None)
        mute = {"Channel": AGENT_CHANNEL, "Direction": "both", "State": state}
        assert bench.ami.actions[-1] == ("MixMonitorMute", mute)
        agreed(bench)
        assert bench.emitted[-1] == told(call=CALL, at=5.0, offer=OFFER)


def test_a_talk_that_is_not_recorded_is_left_alone() -> None:
    bench = Bench([*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS], offered=True)
    bench.executor.carry_out(PAUSE, None)
    assert (bench.ami.actions, bench.failures()) == ([], [("PauseRecording", "this talk is not recorded")])


@pytest.mark.parametrize("starts", [(agent("MixMonitorStart"),), ()])
@pytest.mark.parametrize("told_first", [True, False])
def test_the_end_of_a_recording_is_told_once(starts: tuple[talk.Event, ...], told_first: bool) -> None:
    """Also by an engine that did not see it begin; Asterisk's event may come before its answer or after it."""
    bench = recorded(*starts)
    bench.executor.carry_out(STOP, None)
    assert bench.ami.actions[-1] == ("StopMixMonitor", {"Channel": AGENT_CHANNEL})
    heard = []
    for happens in (1, 0) if told_first else (0, 1):
        heard += bench.hear([agent("MixMonitorStop")]) if happens else []
        if not happens:
            agreed(bench)
    stopped = [e for e in [*heard, *bench.emitted] if isinstance(e, talk_events.RecordingStopped)]
    assert [e.recording for e in stopped] == [STEM]


TALKS = [replace(e, recording="x") if isinstance(e, ev.Offered) else e for e in talks()]
ASKED = talk_events.PauseAsked(at=NOW + 10, call=C1, offer=O1, by="ann")
PAUSED = talk_events.RecordingPaused(at=NOW + 11, call=C1, offer=O1)
RESUMED = talk_events.RecordingResumed(at=NOW + 15, call=C1, offer=O1)
REFUSED = ev.Failed(at=NOW + 11, call=C1, command="PauseRecording", why="no", offer=O1)
STOPPED = talk_events.RecordingStopped(at=NOW + 12, call=C1, recording="x")
ADOPTED = ev.Adopted(at=NOW + 12, call=C1, place=Place.TALK, channel="PJSIP/x-1")


def story(*events: CallEvent, talks: Sequence[object] = TALKS) -> tuple[Call, list[Output]]:
    """The call after its talk and these events, and all that came of them."""
    part, out = RecordingPausePart(), list[Output]()
    call: Call | None = None
    for event in (*talks, *events):
        if isinstance(event, CallEvent):
            call = apply(call, event)
            out += asyncio.run(part.on_event(event, call, event.at))
    assert call is not None
    return call, out


@pytest.mark.parametrize(
    ("events", "recorded", "commands"),
    [
        ([], "on", []),
        ([ASKED], "pausing", ["PauseRecording"]),
        ([ASKED, PAUSED], "paused", ["PauseRecording"]),
        ([ASKED, PAUSED, ASKED, PAUSED], "paused", ["PauseRecording"]),
        ([ASKED, PAUSED, ADOPTED], "paused", ["PauseRecording"]),
        ([ASKED, PAUSED, RESUMED], "on", ["PauseRecording"]),
        ([ASKED, REFUSED], "pausing", ["PauseRecording", "StopRecording"]),
        ([ASKED, REFUSED, STOPPED], "stopped", ["PauseRecording", "StopRecording"]),
        ([ASKED, ADOPTED], "pausing", ["PauseRecording", "PauseRecording"]),
        ([REFUSED, STOPPED], "on", []),
    ],
)
def test_what_is_not_confirmed_as_paused_is_ended(events: list[CallEvent], recorded: str, commands: list[str]) -> None:
    call, out = story(*events)
    assert call.offer is not None
    assert (call.offer.recorded, [type(o).__name__ for o in out]) == (recorded, commands)


ON_DEMAND: list[CallEvent] = [
    replace(e, on_demand=True) if isinstance(e, ev.Offered) else e for e in TALKS if isinstance(e, CallEvent)
]
OFF = replace(PAUSED, at=NOW)


@pytest.mark.parametrize(
    ("events", "recorded", "more"),
    [
        ([], "pausing", []),
        ([OFF], "on demand", []),
        ([OFF, RESUMED], "on", []),
        ([OFF, RESUMED, replace(ASKED, at=NOW + 16), replace(PAUSED, at=NOW + 17)], "paused", ["PauseRecording"]),
        ([REFUSED], "pausing", ["StopRecording"]),
        ([REFUSED, STOPPED], "stopped", ["StopRecording"]),
        ([ADOPTED], "pausing", ["PauseRecording"]),
        ([OFF, ADOPTED], "on demand", []),
        ([OFF, RESUMED, ADOPTED], "on", []),
    ],
)
def test_on_demand_it_is_off_until_somebody_asks(events: list[CallEvent], recorded: str, more: list[str]) -> None:
    call, out = story(*events, talks=ON_DEMAND)
    assert call.offer is not None
    assert (call.offer.recorded, [type(o).__name__ for o in out]) == (recorded, ["PauseRecording", *more])


@pytest.mark.parametrize(("until", "gap"), [(RESUMED, 15.0), (None, 20.0)])
def test_on_demand_the_record_has_a_gap_from_the_beginning(until: CallEvent | None, gap: float) -> None:
    """Asterisk says that it is off before the two are joined."""
    picks_up = next(at for at, e in enumerate(ON_DEMAND) if isinstance(e, ev.Connected))
    left = ev.Left(at=NOW + 20, call=C1, place=Place.TALK, why="talk over")
    asked = [] if until is None else [until]
    _, segments = fold([*ON_DEMAND[:picks_up], replace(OFF, at=NOW - 1), *ON_DEMAND[picks_up:], *asked, left])
    (talked,) = (s for s in segments if s.kind is SegmentKind.TALK)
    (pause,) = (s for s in segments if s.kind is SegmentKind.PAUSE)
    assert (pause.started_at, (pause.ended_at or 0) - NOW) == (talked.started_at, gap)


@pytest.mark.parametrize(
    ("events", "gaps"),
    [
        ([ASKED, PAUSED, RESUMED], [("", 4.0)]),
        ([ASKED, PAUSED], [("", 9.0)]),
        ([ASKED, REFUSED, STOPPED], [("recording stopped", 8.0)]),
        ([STOPPED], []),
    ],
)
def test_the_record_has_the_gap_and_its_length(events: list[CallEvent], gaps: list[tuple[str, float]]) -> None:
    left = ev.Left(at=NOW + 20, call=C1, place=Place.TALK, why="talk over")
    _, segments = fold([e for e in (*TALKS, *events, left) if isinstance(e, CallEvent)])
    pauses = [s for s in segments if s.kind is SegmentKind.PAUSE]
    assert [(s.detail, (s.ended_at or 0) - s.started_at) for s in pauses] == gaps
    assert all(s.agent == "ann" for s in pauses)


async def at_desk(*events: ev.Event) -> Desk:
    async def ask(work: Work) -> None:
        desk.asked += await work(desk.now)

    desk = Desk([routes(ask, lambda: desk.calls)])
    await desk.happens(*events)
    return desk


async def post(desk: Desk, name: str, what: str) -> int:
    async with desk.client(name) as client:
        return (await client.post(f"/api/calls/{C1}/recording/{what}")).status_code


async def test_who_may_ask_and_when() -> None:
    desk = await at_desk(*TALKS)
    assert [await post(desk, name, "pause") for name in ("bob", "")] == [404, 401]
    assert await post(desk, "ann", "resume") == 409
    assert await post(desk, "ann", "pause") == 202
    assert desk.asked == [replace(ASKED, at=NOW)]
    await desk.happens(ASKED, PAUSED)
    assert desk.view.seen_by("ann")["calls"][0]["recording"] == "paused"
    assert await post(desk, "sue", "pause") == 409
    assert await post(desk, "sue", "resume") == 202
    assert desk.asked[1:] == [cmd.ResumeRecording(call=C1, offer=O1)]
    assert await post(await at_desk(*talks()), "ann", "pause") == 409
    assert await post(await at_desk(*rings()), "ann", "pause") == 403
