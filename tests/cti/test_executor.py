"""Each command as AMI actions; and nothing that anybody is called breaks out of its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.actions.executor import Executor
from cti.actions.sending import Fields
from cti.ami.wire import encode
from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.call import Call
from cti.calls.commands import (
    Answer,
    Command,
    Connect,
    Hangup,
    Monitor,
    Offer,
    Play,
    StartMusic,
    StopMonitor,
    Tape,
    Transfer,
    Withdraw,
)
from cti.calls.legs import monitor_uniqueid
from cti.calls.words import CallId, MonitorMode
from cti.outbound import Outbound
from cti.quoting import caller_id, quote
from cti.tolls import Limits, Tolls
from tests.cti.calls import talk
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, CALLER, CALLER_CHANNEL, OFFER, agent, event
from tests.cti.engine_room import Posted
from tests.cti.workbench import Bench

OFFERED = Offer(call=CALL, offer=OFFER, agent="alice", phone="PJSIP/alice", ring_s=15.5, recording="2026/11/22/x")
LISTEN = Monitor(call=CALL, supervisor="sue", phone="PJSIP/sue", mode=MonitorMode.LISTEN)
WHISPER = Monitor(call=CALL, supervisor="sue", phone="PJSIP/sue", mode=MonitorMode.WHISPER)
SPY = monitor_uniqueid(CALL, "sue")
KNOWN = Call(id=CALL, caller="5550123", caller_name="Ann")
WATCHED = Call(id=CALL, monitors={"sue": MonitorMode.LISTEN})
TO_TALK = [*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS]


AGI = {"Channel": CALLER_CHANNEL}
LEASE_OFF = ("Setvar", {"Channel": CALLER_CHANNEL, "Variable": "TIMEOUT(absolute)", "Value": "0"})

ACTIONS: Mapping[str, tuple[Bench, Command, Call, Sequence[tuple[str, Fields]]]] = {
    "answer": (
        Bench(),
        Answer(call=CALL),
        KNOWN,
        [("AGI", {**AGI, "Command": "ANSWER", "CommandID": f"e1:{CALL}:answer"})],
    ),
    "play": (
        Bench(),
        Play(call=CALL, play=7, sound="/sounds/hello", barge_in=False),
        KNOWN,
        [("AGI", {**AGI, "Command": 'STREAM FILE "/sounds/hello" ""', "CommandID": f"e1:{CALL}:play-7"})],
    ),
    "play that a key ends": (
        Bench(),
        Play(call=CALL, play=8, sound='/sounds/say "hi"\\', barge_in=True),
        KNOWN,
        [
            (
                "AGI",
                {
                    **AGI,
                    "Command": 'STREAM FILE "/sounds/say \\"hi\\"\\\\" "0123456789*#ABCD"',
                    "CommandID": f"e1:{CALL}:play-8",
                },
            )
        ],
    ),
    "music": (
        Bench(),
        StartMusic(call=CALL, music="default"),
        KNOWN,
        [("AGI", {**AGI, "Command": 'SET MUSIC ON "default"', "CommandID": f"e1:{CALL}:music"})],
    ),
    "offer": (
        Bench(),
        OFFERED,
        KNOWN,
        [
            (
                "Originate",
                {
                    "Channel": "PJSIP/alice",
                    "ChannelId": OFFER,
                    "Context": "cordboard-agent",
                    "Exten": "s",
                    "Priority": "1",
                    "Timeout": "15500",
                    "Async": "true",
                    "CallerID": '"Ann" <5550123>',
                    "Variable": ["CORDBOARD_RECORDING=2026/11/22/x"],
                },
            )
        ],
    ),
    "withdraw": (Bench(offered=True), Withdraw(call=CALL, offer=OFFER), KNOWN, [("Hangup", {"Channel": OFFER})]),
    "connect": (
        Bench([*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS], offered=True),
        Connect(call=CALL, offer=OFFER),
        KNOWN,
        [("Redirect", {"Channel": CALLER_CHANNEL, "Context": "cordboard", "Exten": "s", "Priority": "standby"})],
    ),
    "transfer": (
        Bench(),
        Transfer(call=CALL, to="front-desk"),
        KNOWN,
        [
            LEASE_OFF,
            ("Redirect", {"Channel": CALLER_CHANNEL, "Context": "internal", "Exten": "0", "Priority": "1"}),
        ],
    ),
    "hangup": (
        Bench(TO_TALK, offered=True),
        Hangup(call=CALL),
        KNOWN,
        [("Hangup", {"Channel": OFFER}), ("Hangup", {"Channel": CALLER})],
    ),
    "monitor": (
        Bench(TO_TALK, offered=True),
        WHISPER,
        KNOWN,
        [
            (
                "Originate",
                {
                    "Channel": "PJSIP/sue",
                    "ChannelId": SPY,
                    "Application": "ChanSpy",
                    "Data": f"{AGENT_CHANNEL},qdESw",
                    "Timeout": "30000",
                    "CallerID": '"Monitor alice" <>',
                    "Async": "true",
                },
            )
        ],
    ),
    "stop monitor": (
        Bench(TO_TALK, offered=True),
        StopMonitor(call=CALL, supervisor="sue"),
        KNOWN,
        [("Hangup", {"Channel": SPY})],
    ),
}


@pytest.mark.parametrize(("bench", "command", "call", "actions"), ACTIONS.values(), ids=ACTIONS)
def test_actions(bench: Bench, command: Command, call: Call, actions: Sequence[tuple[str, Fields]]) -> None:
    bench.executor.carry_out(command, call)
    assert sorted(bench.ami.actions, key=str) == sorted(actions, key=str)
    assert bench.emitted == []
    for name, fields in bench.ami.actions:
        encode(name, fields, "1")


@pytest.mark.parametrize(
    "command",
    [
        Answer(call=CALL),
        Play(call=CALL, play=1, sound="/s", barge_in=True),
        StartMusic(call=CALL, music="default"),
        OFFERED,
        Connect(call=CALL, offer=OFFER),
        Transfer(call=CALL, to="front-desk"),
        LISTEN,
    ],
    ids=lambda c: type(c).__name__,
)
def test_for_a_caller_who_is_gone_nothing_is_done(command: Command) -> None:
    bench = Bench([])
    bench.executor.carry_out(command, None)
    assert bench.ami.actions == []
    assert bench.failures() == [(type(command).__name__, "the caller is gone")]
    failed = bench.emitted[0]
    assert isinstance(failed, ev.Failed)
    assert failed.offer == getattr(command, "offer", None)


@pytest.mark.parametrize(
    ("command", "actions"),
    [
        (Hangup(call=CALL), []),
        (Withdraw(call=CALL, offer=OFFER), [("Hangup", {"Channel": OFFER})]),
        (StopMonitor(call=CALL, supervisor="sue"), [("Hangup", {"Channel": SPY})]),
    ],
    ids=["hangup", "withdraw", "stop monitor"],
)
def test_what_is_gone_already_is_as_good_as_hung_up(command: Command, actions: Sequence[tuple[str, Fields]]) -> None:
    bench = Bench([])
    bench.executor.carry_out(command, None)
    assert bench.ami.actions == actions
    if actions:
        bench.refuse()
    assert bench.emitted == []


@pytest.mark.parametrize(
    ("bench", "command", "why"),
    [
        (Bench(), Transfer(call=CALL, to="nowhere"), "there is no destination of this name"),
        (Bench(), Connect(call=CALL, offer=OFFER), "the agent's leg is gone"),
        (Bench(offered=True), Connect(call=CALL, offer=OFFER), "the agent's leg is gone"),
        (Bench(), LISTEN, "nobody talks on this call"),
        (
            Bench(),
            Play(call=CALL, play=1, sound="/s/a\r\nb", barge_in=True),
            "an AGI argument with a control character in it",
        ),
    ],
    ids=["unknown destination", "no agent", "agent without channel", "nobody to listen to", "line break"],
)
def test_what_cannot_be_done(bench: Bench, command: Command, why: str) -> None:
    bench.executor.carry_out(command, KNOWN)
    assert bench.ami.actions == []
    assert bench.failures() == [(type(command).__name__, why)]


@pytest.mark.parametrize(
    "command", [Answer(call=CALL), OFFERED, Connect(call=CALL, offer=OFFER), Transfer(call=CALL, to="front-desk")]
)
def test_a_refusal_by_asterisk_is_told(command: Command) -> None:
    bench = Bench([*talk.ARRIVES, *talk.RINGS], offered=isinstance(command, Connect))
    bench.hear(talk.RINGS)
    bench.executor.carry_out(command, KNOWN)
    bench.refuse("Permission denied")
    assert bench.failures() == [(type(command).__name__, "Permission denied")]
    assert (OFFER in bench.tracker.legs) is isinstance(command, Connect)


def test_a_transfer_is_told_when_asterisk_has_said_yes() -> None:
    bench = Bench()
    bench.executor.carry_out(Transfer(call=CALL, to="front-desk"), KNOWN)
    assert bench.emitted == []
    done = bench.ami.done[-1]
    assert done is not None
    done()
    assert bench.emitted == [ev.Transferred(call=CALL, at=5.0, to="front-desk")]


def test_an_offer_is_asked_for_once() -> None:
    bench = Bench()
    bench.executor.carry_out(OFFERED, KNOWN)
    bench.executor.carry_out(OFFERED, KNOWN)
    assert len(bench.ami.actions) == 1
    assert bench.ami.ids == [OFFER]


def test_an_offer_that_no_action_can_carry_leaves_no_leg_behind() -> None:
    class Strict(Posted):
        def post(self, name: str, fields: Fields | None = None, **others: object) -> None:
            encode(name, fields or {}, "1")

    bench = Bench()
    executor = Executor(
        Strict(),
        bench.tracker,
        destinations={},
        lease_s=10,
        emit=bench._emit,
        recordings=Path(),
        beep=Path(),
        outbound=Outbound(),
        callbacks=Outbound(),
        dials=Outbound(),
        tolls=Tolls(Limits()),
        clock=lambda: 0.0,
    )
    executor.carry_out(Offer(call=CALL, offer=OFFER, agent="a", phone="PJSIP/a\r\nAction: x", ring_s=1), KNOWN)
    assert bench.failures() == [("Offer", "this is not the dial string of one phone")]
    assert OFFER not in bench.tracker.legs


def test_an_offer_taken_back_is_no_refusal() -> None:
    bench = Bench()
    bench.executor.carry_out(OFFERED, KNOWN)
    bench.hear(talk.RINGS)
    bench.executor.carry_out(Withdraw(call=CALL, offer=OFFER), KNOWN)
    assert bench.hear([agent("Hangup", Cause="16")]) == []
    assert OFFER not in bench.tracker.legs


# Listening in


def test_the_mode_of_a_supervisor_on_the_call_is_switched_by_a_key() -> None:
    bench = Bench(TO_TALK, offered=True)
    bench.executor.carry_out(LISTEN, KNOWN)
    bench.hear(
        [
            event("Newchannel", Uniqueid=SPY, Channel="PJSIP/sue-1"),
            event("ChanSpyStart", SpyerUniqueid=SPY),
        ]
    )
    bench.executor.carry_out(WHISPER, WATCHED)
    assert bench.ami.actions[1:] == [("PlayDTMF", {"Channel": "PJSIP/sue-1", "Digit": "5", "Receive": "true"})]
    bench.refuse()
    assert bench.failures() == [("Monitor", "no")]
    assert SPY in bench.tracker.legs


@pytest.mark.parametrize("ringing", [[], [event("Newchannel", Uniqueid=SPY, Channel="PJSIP/sue-1")]])
def test_asking_again_while_the_phone_rings(ringing: Sequence[Mapping[str, str]]) -> None:
    """Another ringing would be refused, and a key would be lost: ChanSpy does not run yet."""
    bench = Bench(TO_TALK, offered=True)
    bench.executor.carry_out(LISTEN, KNOWN)
    bench.hear(ringing)
    bench.executor.carry_out(LISTEN, KNOWN)
    assert (len(bench.ami.actions), bench.emitted) == (1, [])
    bench.executor.carry_out(WHISPER, KNOWN)
    assert len(bench.ami.actions) == 1
    assert bench.failures() == [("Monitor", "the supervisor's phone is still ringing")]
    started = bench.hear([event("ChanSpyStart", SpyerUniqueid=SPY)])
    assert [e.mode for e in started if isinstance(e, talk_events.MonitorStarted)] == [MonitorMode.LISTEN]


def test_a_supervisor_whose_phone_cannot_be_rung_may_ask_again() -> None:
    bench = Bench(TO_TALK, offered=True)
    bench.executor.carry_out(LISTEN, KNOWN)
    bench.refuse("no such phone")
    assert bench.failures() == [("Monitor", "no such phone")]
    bench.executor.carry_out(WHISPER, KNOWN)
    assert [name for name, _ in bench.ami.actions] == ["Originate", "Originate"]


# Leases and strays


def test_leases() -> None:
    bench = Bench()
    bench.executor.renew([CALL, CallId("unknown")])
    assert bench.ami.actions == [
        ("Setvar", {"Channel": CALLER_CHANNEL, "Variable": "TIMEOUT(absolute)", "Value": "10"})
    ]
    bench.refuse()
    assert bench.emitted == []


def test_a_stray_is_hung_up() -> None:
    bench = Bench()
    bench.executor.hang_up_stray(OFFER)
    assert bench.ami.actions == [("Hangup", {"Channel": OFFER})]


# Hostile names


@given(st.text())
def test_a_quoted_argument_is_one_argument(text: str) -> None:
    try:
        quoted = quote(text)
    except ValueError:
        assert any(not c.isprintable() for c in text)
        return
    assert _unquoted(quoted) == text
    assert "\n" not in quoted


def _unquoted(text: str) -> str:
    """As Asterisk's res_agi.c (parse_args) reads an argument in quotes."""
    assert text[0] == text[-1] == '"'
    out, escaped = [], False
    for c in text[1:-1]:
        if not escaped and c == "\\":
            escaped = True
            continue
        assert escaped or c != '"', "the argument ends too early"
        out.append(c)
        escaped = False
    assert not escaped, "the closing quote is taken for text"
    return "".join(out)


@given(st.text(max_size=300) | st.text('"<>\\\r\n\0a', max_size=20), st.text(max_size=300))
def test_no_name_breaks_out_of_a_caller_id(name: str, number: str) -> None:
    made = caller_id(name, number)
    assert made.count('"') == 2
    assert made.count("<") == made.count(">") == 1
    assert "\\" not in made
    assert made.isprintable()
    encode("Originate", {"CallerID": made, "Async": "true"}, "1")


def test_names_in_other_scripts_are_kept() -> None:
    assert caller_id("Jürgen 田中 ☎", "+49 (30) 123-4*#") == '"Jürgen 田中 ☎" <+49301234*#>'


@given(st.text(min_size=1, max_size=5000))
def test_a_strange_caller_is_offered_all_the_same(name: str) -> None:
    bench = Bench()
    bench.executor.carry_out(OFFERED, Call(id=CALL, caller=name, caller_name=name))
    ((action, fields),) = bench.ami.actions
    encode(action, fields, "1")


def test_without_room_no_message_is_begun() -> None:
    """The flow goes on as after a message in which nothing was said."""
    bench = Bench(talk.ARRIVES)
    bench.full = True
    message = Tape(call=CALL, play=1, recording="x", longest_s=9, silence_s=2, stop_keys="", beep=True)
    bench.executor.carry_out(message, None)
    assert (bench.ami.actions, bench.failures()) == ([], [("Tape", "there is no room for recordings")])


def test_without_room_the_call_goes_on_and_is_not_recorded() -> None:
    bench = Bench()
    bench.full = True
    bench.executor.carry_out(OFFERED, KNOWN)
    ((action, fields),) = bench.ami.actions
    assert (action, fields["ChannelId"]) == ("Originate", OFFER)
    assert "CORDBOARD_RECORDING" not in str(fields)
    leg = bench.tracker.legs.get(OFFER)
    assert leg is not None
    assert leg.recording is None
