"""AMI events become call events, whatever order they come in."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import events as ev
from cti.calls import expected, talk_events
from cti.calls.arrival import clean
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.legs import monitor_uniqueid
from cti.calls.reconcile import Reconciler
from cti.calls.tracker import Tracker
from cti.calls.words import MonitorMode, Party, Refusal
from tests.cti.calls import talk
from tests.cti.calls.talk import CALL, CALLER, OFFER, agent, caller, event


def tracker() -> Tracker:
    return Tracker("test", "e1")


def offered(at: Tracker) -> None:
    expected.agent(at.legs, CALL, OFFER, "alice", "2026/11/22/x")


def fed(at: Tracker, messages: list[talk.Event]) -> list[CallEvent]:
    return [e for n, m in enumerate(messages) for e in talk.told(at.feed(m, float(n)))]


def words(events: list[CallEvent]) -> list[str]:
    return [type(e).__name__ for e in events]


def test_a_whole_call() -> None:
    at = tracker()
    offered(at)
    seen = fed(
        at,
        talk.ARRIVES + talk.ANSWERED + talk.PLAYED + talk.RINGS + talk.ACCEPTS + talk.TALKS + talk.CALLER_HANGS_UP,
    )
    assert words(seen) == [
        "Arrived", "Answered", "Digit", "Played", "Ringing", "RecordingStarted", "Accepted", "Connected",
        "Left", "Ended", "RecordingStopped",
    ]  # fmt: skip
    arrived = seen[0]
    assert isinstance(arrived, ev.Arrived)
    assert (arrived.caller, arrived.caller_name, arrived.dialled) == ("5550123", "Ann", "100")
    assert {e.call for e in seen} == {CALL}


@pytest.mark.parametrize(("ending", "by"), [(talk.CALLER_HANGS_UP, Party.CALLER), (talk.AGENT_HANGS_UP, Party.AGENT)])
def test_who_hung_up(ending: list[talk.Event], by: Party) -> None:
    at = tracker()
    offered(at)
    seen = fed(at, talk.ARRIVES + talk.RINGS + talk.ACCEPTS + talk.TALKS + ending)
    assert [e.by for e in seen if isinstance(e, ev.Left | ev.Ended)] == [by, by]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("17", Refusal.REFUSED),
        ("21", Refusal.REFUSED),
        ("19", Refusal.NO_ANSWER),
        ("20", Refusal.UNREACHABLE),
        ("16", Refusal.NO_ANSWER),
        ("rubbish", Refusal.NO_ANSWER),
    ],
)
def test_why_an_offer_came_to_nothing(cause: str, reason: Refusal) -> None:
    at = tracker()
    fed(at, talk.ARRIVES)
    offered(at)
    seen = fed(at, [*talk.RINGS, agent("Hangup", Cause=cause)])
    refused = [e for e in seen if isinstance(e, ev.Refused)]
    assert [(e.offer, e.agent, e.reason) for e in refused] == [(OFFER, "alice", reason)]


@pytest.mark.parametrize(
    ("reason", "means"), [("0", Refusal.UNREACHABLE), ("3", Refusal.NO_ANSWER), ("5", Refusal.REFUSED)]
)
def test_a_phone_that_could_not_be_rung(reason: str, means: Refusal) -> None:
    at = tracker()
    offered(at)
    failure = event("OriginateResponse", ActionID=OFFER, Response="Failure", Reason=reason, Uniqueid="<null>")
    seen = fed(at, [failure, failure])
    assert [e.reason for e in seen if isinstance(e, ev.Refused)] == [means]


def test_a_busy_phone_says_so_only_as_it_hangs_up() -> None:
    at = tracker()
    offered(at)
    failure = event("OriginateResponse", ActionID=OFFER, Response="Failure", Reason="0", Uniqueid=OFFER)
    seen = fed(at, [*talk.RINGS, failure, agent("Hangup", Cause="17")])
    assert [e.reason for e in seen if isinstance(e, ev.Refused)] == [Refusal.REFUSED]


def test_answers_to_an_earlier_engines_commands_are_not_taken_for_ours() -> None:
    at = Tracker("test", "e2")
    fed(at, talk.ARRIVES)
    assert fed(at, [*talk.ANSWERED, talk.PLAYED[1]]) == []


def test_that_the_caller_presses_keys_in_a_talk_is_told() -> None:
    at = tracker()
    offered(at)
    fed(at, talk.ARRIVES + talk.RINGS + talk.ACCEPTS + talk.TALKS)
    pressed = [send("DTMFEnd", Digit="5", Direction="Received") for send in (caller, agent)]
    assert words(fed(at, pressed)) == ["Digit"]


def test_a_supervisor_listens_then_whispers_then_leaves() -> None:
    at = tracker()
    fed(at, talk.ARRIVES)
    leg = monitor_uniqueid(CALL, "sue")
    expected.monitor(at.legs, CALL, "sue")
    seen = fed(
        at,
        [
            event("ChanSpyStart", SpyerUniqueid=leg, SpyeeUniqueid=OFFER),
            event("DTMFEnd", Uniqueid=leg, Digit="5", Direction="Received"),
            event("Hangup", Uniqueid=leg, Cause="16"),
        ],
    )
    assert [e.mode for e in seen if isinstance(e, talk_events.MonitorStarted)] == [
        MonitorMode.LISTEN,
        MonitorMode.WHISPER,
    ]
    assert words(seen)[-1] == "MonitorEnded"


def test_the_fallback_took_a_call_that_came_while_we_were_away() -> None:
    at = tracker()
    seen = fed(at, [caller("UserEvent", UserEvent="CordboardFallback", CallerIDNum="5550123")])
    assert words(seen) == ["Arrived", "FellBack"]


def test_a_caller_of_rubbish_is_cleaned() -> None:
    assert clean("☎️" * 5000) == clean("☎️" * 5000)[:80]
    assert clean("a\r\nAction: Hangup\x00") == "aAction: Hangup"


WHOLE = talk.ARRIVES + talk.PLAYED + talk.RINGS + talk.ACCEPTS + talk.TALKS + talk.CALLER_HANGS_UP


@st.composite
def mangled(draw: st.DrawFn) -> list[talk.Event]:
    """The events of a call, some missing, some twice, neighbours out of order."""
    kept = [e for e in WHOLE if draw(st.integers(0, 9)) > 0]
    doubled = [e for m in kept for e in [m] * (1 + (draw(st.integers(0, 4)) == 0))]
    keys = [n + draw(st.integers(0, 4)) for n in range(len(doubled))]
    return [e for _, e in sorted(zip(keys, doubled, strict=True), key=lambda pair: pair[0])]


@given(mangled())
def test_whatever_comes_the_call_ends_once(messages: list[talk.Event]) -> None:
    at = tracker()
    offered(at)
    seen = fed(at, messages)
    call: Call | None = None
    for e in seen:
        if isinstance(e, CallEvent):
            call = apply(call, e)
    calls = {} if call is None or not call.live else {CALL: call}
    mender = Reconciler(at)
    for _ in range(2):
        seen += talk.told(mender.sweep(calls, [], 100.0).events)
    assert words(seen).count("Ended") == (1 if "Arrived" in words(seen) else 0)
    assert words(seen).count("Connected") <= 1
    assert at.legs.caller(CALL) is None


def test_an_end_seen_before_the_beginning() -> None:
    at = tracker()
    seen = fed(at, [caller("Hangup", Cause="16"), *talk.ARRIVES])
    assert words(seen) == ["Arrived", "Ended"]
    assert at.legs.get(CALLER) is None


BACK_IN_AGI = [caller("AsyncAGIStart", Context="cordboard", Exten="100")]
TALKED = [*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS]
AGENT_LEAVES = [m for m in talk.AGENT_HANGS_UP if m["Event"] != "Hangup" or m["Uniqueid"] == OFFER]


@pytest.mark.parametrize(
    "ending",
    [
        AGENT_LEAVES + BACK_IN_AGI,
        AGENT_LEAVES + BACK_IN_AGI + BACK_IN_AGI,
        # The caller's leaving the bridge is told late, or only the agent's is told.
        AGENT_LEAVES[:1] + BACK_IN_AGI + AGENT_LEAVES[1:],
        AGENT_LEAVES[:1] + BACK_IN_AGI + AGENT_LEAVES[-1:],
    ],
)
def test_a_caller_comes_back_after_the_talk(ending: list[talk.Event]) -> None:
    at = tracker()
    offered(at)
    fed(at, TALKED)
    seen = fed(at, [*ending, caller("HangupRequest"), caller("Hangup", Cause="16")])
    told = [word for word in words(seen) if word != "RecordingStopped"]
    assert told == ["Left", "Returned", "Ended"]
    assert [e.by for e in seen if isinstance(e, ev.Left | ev.Ended)] == [Party.AGENT, Party.CALLER]


@pytest.mark.parametrize(
    ("result", "seconds", "error"),
    [
        ("200 result=35 (dtmf) endpos=24000", 3.0, ""),
        ("200 result=0 (timeout) endpos=16000", 2.0, ""),
        ("200 result=-1 (hangup) endpos=8000", 1.0, ""),
        ("200 result=-1 (writefile)", 0.0, "nothing could be recorded"),
        ("510 Invalid or unknown command endpos=8000", 0.0, "nothing could be recorded"),
    ],
)
def test_what_a_tape_came_to(result: str, seconds: float, error: str) -> None:
    at = tracker()
    fed(at, talk.ARRIVES)
    answer = caller("AsyncAGIExec", CommandID=f"e1:{CALL}:tape-4", Result=quote(result + "\n"))
    assert fed(at, [answer]) == [ev.Taped(call=CALL, at=0.0, play=4, seconds=seconds, error=error)]


def test_what_a_caller_who_has_hung_up_was_to_hear_was_not_heard_and_what_he_said_is_kept() -> None:
    at = tracker()
    fed(at, [*talk.ARRIVES, caller("HangupRequest")])
    play = caller("AsyncAGIExec", CommandID=f"e1:{CALL}:play-3", Result=quote("200 result=-1 endpos=800\n"))
    tape = caller("AsyncAGIExec", CommandID=f"e1:{CALL}:tape-4", Result=quote("200 result=-1 (hangup) endpos=8000\n"))
    assert fed(at, [play, tape]) == [ev.Taped(call=CALL, at=1.0, play=4, seconds=1.0, gone=True)]
