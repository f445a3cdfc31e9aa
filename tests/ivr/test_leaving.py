"""Verbs by which a call leaves the flow, or leaves something behind."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.call import Call
from cti.calls.commands import Hangup, Tape, Transfer
from cti.calls.events import (
    Answered,
    CallbackWanted,
    Consented,
    Ended,
    Failed,
    MessageLeft,
    Queued,
    Returned,
    Surveyed,
    Taped,
    TapeStarted,
)
from cti.calls.part import Output
from cti.calls.words import CallId, Party
from cti.outbound import Outbound
from cti.site.files import SiteError, parse
from ivr.loader import check_flow
from ivr.node import Longest, Sink
from ivr.template import LONGEST, Template
from ivr.tree import Flow
from tests.ivr import flows
from tests.ivr.flows import CALL, Caller
from tests.ivr.test_handler import Loop

T = TypeVar("T")

SITE = replace(
    flows.SITE, boxes={"night"}, agents={"alice": {"orders": 5}}, numbers=Outbound("outside", ("+49*", "49*"))
)

ENDS = "  there: {hangup: true}\n  elsewhere: {hangup: true}\n"


def flow(nodes: str, ends: str = ENDS) -> Flow:
    """A flow that begins at ``first``."""
    text = "start: first\nnodes:\n" + textwrap.indent(textwrap.dedent(nodes).strip(), "  ") + "\n" + ends
    return check_flow(parse(text, "main.yaml"), "main", SITE)


def caller(nodes: str, ends: str = ENDS, number: str = "+4930123") -> Caller:
    return Caller(flow(nodes, ends), call=Call(id=CALL, caller=number, dialled="100"))


def one(outputs: Sequence[Output], kind: type[T]) -> T:
    (found,) = [output for output in outputs if isinstance(output, kind)]
    return found


VOICEMAIL = (
    "first: {voicemail: night, say: Speak., longest: 1m, silence: 3s, stop: '#*', next: there, otherwise: elsewhere}"
)


def taping(nodes: str = VOICEMAIL) -> tuple[Caller, TapeStarted]:
    at = caller(nodes)
    out = at.does("whole")
    tape = one(out, Tape)
    assert (tape.longest_s, tape.silence_s, tape.stop_keys, tape.beep) == (60.0, 3.0, "#*", True)
    started = one(out, TapeStarted)
    assert started.recording == tape.recording
    assert out.index(started) < out.index(tape), "what is to be recorded is known before it is"
    return at, started


def test_a_message() -> None:
    at, started = taping()
    assert started.box == "night"
    out = at.does("taped")
    left = one(out, MessageLeft)
    assert (left.box, left.recording, left.seconds) == ("night", started.recording, 3.0)
    assert flows.told(out)[1:] == ["at there", "hangup"]


@pytest.mark.parametrize("seconds", [0.0, 1.2])
def test_nothing_said_is_no_message(seconds: float) -> None:
    at, _ = taping()
    out = at.event(Taped(at=at.now, call=CALL, play=at.play, seconds=seconds))
    assert flows.told(out) == ["at elsewhere", "hangup"]


def test_a_tape_that_fails_or_is_not_heard_of_again() -> None:
    at, _ = taping()
    failed = Failed(at=at.now, call=CALL, command="Tape", why="no room")
    assert flows.told(at.event(failed)) == ["at elsewhere", "hangup"]
    at, _ = taping()
    assert flows.told(at.does("wait")) == ["at elsewhere", "hangup"]


def test_with_no_room_on_the_disk_nobody_is_recorded() -> None:
    at = Caller(flow(VOICEMAIL.replace("say:", "full: Call again., say:")), room=False)
    assert flows.told(at.outputs) == ["at first", "play Call again."]
    assert flows.told(at.does("whole")) == ["at elsewhere", "hangup"]
    assert flows.told(Caller(flow(VOICEMAIL), room=False).outputs) == ["at first", "at elsewhere", "hangup"]


def test_a_key_pressed_to_skip_the_prompt_is_no_answer_to_what_follows() -> None:
    at = caller("""
        first: {voicemail: night, say: Speak., next: more}
        more: {menu: Again?, keys: {"1": first, "2": there}, otherwise: elsewhere}
    """)
    at.does("1")
    one(at.does("cut"), Tape)
    assert flows.told(at.does("taped"))[1:] == ["at more", "play Again?"]


def test_what_is_recorded_is_named_in_the_data() -> None:
    at = caller("""
        first: {record: problem, longest: 1m, silence: 3s, next: wait}
        wait: {queue: orders, screen: [problem]}
    """, "")  # fmt: skip
    started = one(at.outputs, TapeStarted)
    assert started.box == ""
    assert one(at.does("taped"), Queued).screen == {"problem": started.recording}


def test_the_queue_is_told_all_there_is_to_know() -> None:
    at = caller("""
        first: {collect: Account?, name: account, digits: 3, next: wait, otherwise: wait}
        wait:
          queue: orders
          skills: {orders: 5}
          priority: "number(account) + 5"
          level: "level {account}"
          screen: {Account: "no. {account} of {caller}", unknown: "{nothing}"}
          agent: alice
          after: there
    """, "  there: {hangup: true}\n")  # fmt: skip
    at.does("whole")
    at.does("1")
    at.does("2")
    queued = one(at.does("3"), Queued)
    assert (queued.queue, queued.skills, queued.priority) == ("orders", {"orders": 5}, 128)
    assert queued.screen == {"Account": "no. 123 of +4930123", "unknown": ""}
    assert (queued.level, queued.agent, queued.after) == ("level 123", "alice", "there")


@pytest.mark.parametrize(("priority", "found"), [("nothing", 0), ("0 - 9", None), ("caller", 0), ("'x'", None)])
def test_a_priority_that_is_none(priority: str, found: int | None) -> None:
    nodes = f'first: {{queue: orders, priority: "{priority}"}}'
    if found is None:
        with pytest.raises(SiteError, match="whole number from 0 to 1000"):
            flow(nodes, "")
    else:
        assert one(caller(nodes, "").outputs, Queued).priority == found


def test_what_gets_out_of_a_queue_is_known_to_the_checker() -> None:
    node = flow("first: {queue: orders, screen: {a: '{x} {y}'}, level: '{z}', agent: '{who}', priority: w}", "").nodes
    used = [(use.field, use.sink) for use in node["first"].uses()]
    assert used == [
        ("x", Sink.SCREEN), ("y", Sink.SCREEN), ("z", Sink.SCREEN), ("who", Sink.RECORD), ("w", Sink.RECORD),
    ]  # fmt: skip


def test_transfers() -> None:
    direct = one(caller("first: {transfer: {agent: alice}}", "").outputs, Queued)
    assert (direct.queue, direct.agent) == ("direct", "alice")
    queued = one(caller("first: {transfer: {queue: support, priority: 3}}", "").outputs, Queued)
    assert (queued.queue, queued.priority) == ("support", 3)
    assert one(caller("first: {transfer: {number: '+49301'}}", "").outputs, Transfer).number == "+49301"
    at = caller("first: {transfer: {number: '{caller}'}, otherwise: there}", "  there: {hangup: true}\n")
    assert one(at.outputs, Transfer).number == "+4930123"
    failed = Failed(at=at.now, call=CALL, command="Transfer", why="no")
    assert flows.told(at.event(failed)) == ["at there", "hangup"]


@pytest.mark.parametrize("number", ["", "anonymous", "+49&Local/s@x", "+" + "4" * 33])
def test_what_is_no_number_is_dialled_by_nobody(number: str) -> None:
    at = caller("first: {transfer: {number: '{caller}'}, otherwise: there}", "  there: {hangup: true}\n", number)
    assert flows.told(at.outputs)[1:] == ["at there", "hangup"]


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ("{transfer: {number: '0900123'}}", "the site has no number '0900123'"),
        ("{transfer: {agent: zoe}}", "the site has no agent 'zoe'"),
        ("{transfer: {queue: nowhere}}", "the site has no queue 'nowhere'"),
        ("{transfer: nowhere}", "the site has no destination 'nowhere'"),
        ("{transfer: {to: alice}}", "must be the name of a destination"),
        ("{transfer: {agent: alice, ring: 5s}}", "transfer.ring: is not known here"),
        ("{queue: orders, agent: zoe}", "the site has no agent 'zoe'"),
        ("{queue: orders, screen: {a: '{B}'}}", "a field is written"),
        ("{queue: orders, after: nowhere}", "there is no node 'nowhere'"),
        ("{voicemail: day, next: first}", "the site has no box 'day'"),
        ('{consent: Yes?, agree: "2", next: first}', "agree and refuse are the same key, 2"),
        ("{survey: [{question: q, say: Q, keys: 5-1}], next: first}", "is no range of keys"),
    ],
)
def test_what_is_wrong_is_told(node: str, why: str) -> None:
    with pytest.raises(SiteError, match=why):
        flow(f"first: {node}", "")


CALLBACK = "first: {callback: orders, say: Call back?, next: there, otherwise: elsewhere}"


def test_a_callback() -> None:
    at = caller(CALLBACK)
    at.does("1")
    out = at.does("cut")
    wanted = one(out, CallbackWanted)
    assert (wanted.number, wanted.queue) == ("+4930123", "orders")
    assert flows.told(out)[1:] == ["at there", "hangup"]
    at = caller(CALLBACK)
    at.does("2")
    assert flows.told(at.does("cut")) == ["at elsewhere", "hangup"]
    assert flows.told(caller(CALLBACK, number="").outputs)[1:] == ["at elsewhere", "hangup"], "nobody to call"
    dear = Caller(flow(CALLBACK), call=Call(id=CALL, caller="+881234"), may_call=False)
    assert flows.told(dear.outputs)[1:] == ["at elsewhere", "hangup"], "a number that is not called back"


SURVEY = """
first:
  survey:
    - {question: friendly, say: Friendly?, keys: 1-5}
    - {question: helpful, say: Helpful?, keys: 0-2}
  retries: 1
  no_match: {say: No.}
  next: there
"""


def test_a_survey() -> None:
    at = caller(SURVEY, "  there: {hangup: true}\n")
    at.does("7")
    assert flows.told(at.does("cut")) == ["play No."]
    at.does("4")
    out = at.does("cut")
    assert (one(out, Surveyed).question, one(out, Surveyed).score) == ("friendly", 4)
    at.does("0")
    out = at.does("cut")
    assert (one(out, Surveyed).question, one(out, Surveyed).score) == ("helpful", 0)
    assert one(out, Hangup)


def test_who_does_not_answer_is_not_asked_the_rest() -> None:
    at = caller(SURVEY, "  there: {hangup: true}\n")
    for what in ("whole", "wait", "whole", "wait"):
        out = at.does(what)
    assert flows.told(out) == ["at there", "hangup"]


CONSENT = "first: {consent: Recorded. 2 for no.%s, next: there}\n"


@pytest.mark.parametrize(
    ("keys", "does", "given"),
    [
        ("", ("whole", "wait"), True),
        ("", ("whole", "5"), True),
        ("", ("2",), False),
        (', agree: "1"', ("whole", "wait"), False),
        (', agree: "1"', ("whole", "5"), False),
        (', agree: "1"', ("1",), True),
        (', refuse: "9"', ("9",), False),
    ],
)
def test_consent_to_being_recorded(keys: str, does: Sequence[str], given: bool) -> None:
    at = caller(CONSENT % keys, "  there: {hangup: true}\n")
    for what in does:
        out = at.does(what)
        if what.isdecimal() and does[0] == what:
            out = at.does("cut")
    assert one(out, Consented).given is given
    assert one(out, Hangup)


def test_how_long_a_survey_can_take() -> None:
    node = flow(SURVEY, "  there: {hangup: true}\n").nodes["first"]
    # Each of two questions: once, again after silence, again after a wrong key and its "No.".
    assert node.longest(lambda prompt: 2.0) == Longest(2 * 4, 2 * (4 * 2.0 + 3 * 5.0))


async def test_the_flow_goes_on_after_the_talk() -> None:
    main = flow(
        "first: {queue: orders, after: thanks}\nthanks: {say: Thanks., next: there}", "  there: {hangup: true}\n"
    )
    loop = Loop({"100": "main"}, {"main": main})
    await loop.arrives("c1")
    await loop.happens(Answered(at=1, call=CallId("c1")))
    assert loop.part.next_time() is None
    out = await loop.happens(Returned(at=9, call=CallId("c1")))
    assert flows.told(out) == ["at thanks", "play Thanks."]
    await loop.happens(Ended(at=10, call=CallId("c1"), by=Party.CALLER))


async def test_a_talk_that_nothing_follows_ends_the_call() -> None:
    loop = Loop({"100": "main"}, {"main": flow("first: {queue: orders}", "")})
    await loop.arrives("c1")
    await loop.happens(Answered(at=1, call=CallId("c1")))
    assert flows.told(await loop.happens(Returned(at=9, call=CallId("c1")))) == ["hangup"]


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_template_is_one_printable_line(text: str, value: str) -> None:
    filled = Template(text + "{field}").filled({"field": value})
    assert len(filled) <= LONGEST
    assert filled.isprintable()
