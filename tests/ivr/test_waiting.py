"""What a caller hears and does while waiting in a queue."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from cti.calls.call import Call
from cti.calls.commands import Play, StartMusic
from cti.calls.events import Accepted, CallbackWanted, Queued, Refused
from cti.calls.part import Output
from cti.calls.standing import Standing
from cti.calls.words import OfferId, Refusal
from cti.site.files import SiteError, parse
from ivr.loader import check_flow, check_flows
from ivr.questions import InQueue, LastAgent, Question, Spoken, Unanswered
from ivr.session import JOIN_S
from ivr.tree import Flow
from ivr.verbs.queue import PREFER_S
from tests.ivr import flows
from tests.ivr.flows import CALL, Caller, told
from tests.ivr.test_leaving import one

SITE = replace(flows.SITE, boxes={"night"}, agents={"alice": {}, "bob": {}})
OFFER = OfferId("offer")

WAIT = """
first:
  queue: orders
  priority: 7
  skills: {english: 5}
  level: gold
  screen: [dialled]
  waiting:
    - {after: 5s, say: Thank you for waiting.}
    - {every: 30s, in_turn: [One., Two.]}
  keys: {"1": call_me, "2": other, "*": first}
  after: bye
call_me: {callback: orders, say: Shall we call you?, next: bye, otherwise: bye}
other: {queue: support, waiting: [{every: 60s, say: Still.}], keys: {"1": call_me, "2": first}}
bye: {hangup: true}
"""


def flow(nodes: str = WAIT) -> Flow:
    text = "start: first\nnodes:\n" + textwrap.indent(textwrap.dedent(nodes).strip(), "  ") + "\n"
    return check_flow(parse(text, "main.yaml"), "main", replace(SITE, agents=None))


def waits(nodes: str = WAIT, number: str = "+4930123", start: float = 1000.0) -> Caller:
    return Caller(flow(nodes), now=start, call=Call(id=CALL, caller=number, dialled="100"))


def said(outputs: Sequence[Output]) -> list[str]:
    """What is played, and the music after it."""
    found = []
    for output in outputs:
        if isinstance(output, Play | StartMusic):
            found.append(output.sound if isinstance(output, Play) else f"music {output.music}")
    return found


def test_messages_at_their_times_with_music_after_each() -> None:
    at = waits()
    assert told(at.outputs) == ["at first", "queued orders {'english': 5} 7"]
    heard = []
    for _ in range(5):
        began = at.does("wait")
        heard.append((at.now - 1000.0, *said(began), *said(at.does("whole"))))
    assert heard == [
        (5.0, "Thank you for waiting.", "music default"),
        (30.0, "One.", "music default"),
        (60.0, "Two.", "music default"),
        (90.0, "One.", "music default"),
        (120.0, "Two.", "music default"),
    ]


def test_after_and_every_in_one_and_times_that_passed_are_left_out() -> None:
    at = waits("""
        first: {queue: orders, waiting: [{after: 2s, every: 10s, say: A.}, {after: 2s, say: B.}]}
    """)  # fmt: skip
    assert said(at.does("wait")) == ["A."]
    at.now += 21.0
    assert said(at.does("whole")) == ["music default"]
    assert said(at.does("wait")) == ["B."]  # was due meanwhile
    at.does("whole")
    assert said(at.does("wait")) == ["A."]
    assert at.now == 1000.0 + 32.0


def test_only_keys_and_nothing_to_say() -> None:
    at = waits('first: {queue: orders, keys: {"1": bye}}\nbye: {hangup: true}')
    assert at.session.deadline == inf
    assert at.does("9") == []
    assert told(at.does("1")) == ["chosen first=1", "at bye", "hangup"]


def test_a_plain_queue_needs_no_walk() -> None:
    assert waits("first: {queue: orders}").session.deadline is None


def test_keys_typed_before_do_not_end_the_waiting() -> None:
    at = waits("""
        first: {menu: Press., keys: {"1": wait}, otherwise: bye}
        wait: {queue: orders, keys: {"1": bye}}
        bye: {hangup: true}
    """)
    at.does("1")
    at.does("1")
    assert told(at.does("cut")) == ["chosen first=1", "at wait", "queued orders {} 0"]
    assert at.session.deadline == inf


def test_a_key_ends_a_message_and_leads_on_without_music_in_between() -> None:
    at = waits()
    at.does("wait")
    at.does("1")
    assert told(at.does("cut")) == ["chosen first=1", "at call_me", "play Shall we call you?"]


def test_a_key_without_meaning_ends_the_message_only() -> None:
    at = waits()
    at.does("wait")
    at.does("7")
    assert said(at.does("cut")) == ["music default"]
    assert at.session.deadline == 1030.0


STANDING = """
first:
  queue: orders
  waiting: [{after: 5s, say: ["You are number {position}.", "About {estimate} minutes.", Thank you.]}]
"""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Standing(3, 240.0), ["You are number 3.", "About 4 minutes."]),
        (Standing(1, 1.0), ["You are number 1.", "About 1 minutes."]),
        (Standing(2, 61.0), ["You are number 2.", "About 2 minutes."]),
        (Standing(2, None), ["You are number 2."]),
        (None, []),
        (Unanswered("slow"), []),
    ],
)
def test_texts_with_what_is_not_known_are_left_out(answer: object, words: list[str]) -> None:
    at = waits(STANDING)
    at.does("wait")
    assert [asked.question for asked in at.asked] == [InQueue(CALL)]
    out = at.answer(answer)
    for text in words:
        question: Question = at.question
        assert isinstance(question, Spoken)
        assert question.text == text
        at.does("spoken")
        out = at.does("whole")
    assert said(out) == ["Thank you."]
    assert said(at.does("whole")) == ["music default"]
    assert at.session.data == {}


def test_a_field_of_the_flow_is_not_taken_for_the_position() -> None:
    at = waits("""
        first: {set: {position: "12"}, next: wait}
        wait: {queue: orders, waiting: [{after: 5s, say: "You are number {position}."}]}
    """)
    at.does("wait")
    assert said(at.answer(None)) == []
    assert at.session.data["position"] == 12


# An agent comes, or does not


def accepted(at: Caller) -> list[Output]:
    return at.event(Accepted(at=at.now, call=CALL, offer=OFFER))


def refused(at: Caller, offer: OfferId = OFFER) -> list[Output]:
    return at.event(Refused(at=at.now, call=CALL, offer=offer, agent="alice", reason=Refusal.WITHDRAWN))


def test_nothing_is_said_once_an_agent_has_picked_up() -> None:
    at = waits()
    at.now += 4.9
    assert accepted(at) == []
    at.now += 1.0
    assert at.does("early") == at.does("1") == []
    assert said(refused(at)) == ["Thank you for waiting."]  # its time was meanwhile


def test_music_goes_on_when_an_agent_who_cut_a_message_does_not_come() -> None:
    at = waits()
    at.does("wait")
    accepted(at)
    assert at.does("whole") == []
    assert refused(at, OfferId("of another phone that rang")) == []
    assert said(refused(at)) == ["music default"]


def test_waiting_goes_on_if_nothing_is_heard_of_the_agent() -> None:
    at = waits()
    at.does("wait")
    accepted(at)
    at.now += JOIN_S
    assert said(at.does("early")) == ["music default"]


def test_an_agent_while_the_position_is_asked_for() -> None:
    at = waits(STANDING)
    at.does("wait")
    accepted(at)
    assert at.answer(Standing(1)) == []
    assert said(refused(at)) == ["Thank you."]


# The place in the queue


def test_who_comes_back_to_the_same_queue_keeps_the_place() -> None:
    at = waits()
    at.now += 12.0
    assert one(at.does("*"), Queued).since == 1000.0
    at.now += 12.0
    other = one(at.does("2"), Queued)
    assert (other.queue, other.since, other.at) == ("support", None, 1024.0)
    at.now += 12.0
    assert one(at.does("2"), Queued).since is None


def test_the_wish_to_be_called_back_keeps_the_place_too() -> None:
    at = waits()
    at.now += 12.0
    at.does("1")
    at.does("1")
    wish = one(at.does("cut"), CallbackWanted)
    assert (wish.at, wish.since, wish.queue, wish.priority) == (1012.0, 1000.0, "orders", 7)
    assert (wish.skills, wish.level, wish.screen) == ({"english": 5}, "gold", {"dialled": "100"})


def test_a_callback_by_another_queue_has_no_place_to_keep() -> None:
    at = waits()
    at.does("2")
    at.does("1")
    at.does("1")
    wish = one(at.does("cut"), CallbackWanted)
    assert (wish.since, wish.skills, wish.priority) == (None, {}, 0)


QUEUED = Call(id=CALL, caller="+4930123", queue="orders", queued_at=900.0, skills={"english": 5}, priority=7)


@pytest.mark.parametrize(
    ("call", "since"), [(QUEUED, 900.0), (replace(QUEUED, connected_at=950.0), None), (Call(id=CALL), None)]
)
def test_a_new_walk_knows_where_the_call_waited(call: Call, since: float | None) -> None:
    at = Caller(flow(), call=call)
    assert one(at.outputs, Queued).since == since


# Who is preferred


def preferred(at: Caller) -> tuple[str, float]:
    queued = next(event for event in at.outputs if isinstance(event, Queued))
    return queued.prefer, queued.prefer_s


@pytest.mark.parametrize(("word", "first"), [("last", False), ("first", True)])
def test_the_agent_of_an_earlier_call(word: str, first: bool) -> None:
    at = waits(f"first: {{queue: orders, prefer: {word}, prefer_for: 45s}}")
    assert at.question == LastAgent("+4930123", first)
    assert "4930123" not in repr(at.question)
    queued = one(at.answer("alice"), Queued)
    assert (queued.prefer, queued.prefer_s) == ("alice", 45.0)


@pytest.mark.parametrize("answer", ["", Unanswered("broken"), None])
def test_nobody_spoke_with_the_caller(answer: object) -> None:
    at = waits("first: {queue: orders, prefer: last}")
    queued = one(at.answer(answer), Queued)
    assert (queued.prefer, queued.prefer_s) == ("", 0.0)


def test_records_that_are_slow_hold_nobody_up() -> None:
    at = waits("first: {queue: orders, prefer: last}")
    assert one(at.does("wait"), Queued).prefer == ""
    assert at.now == 1000.0 + PREFER_S


@pytest.mark.parametrize("number", ["", "anonymous", "+49 30; drop"])
def test_nobody_is_asked_about_callers_without_a_number(number: str) -> None:
    at = waits("first: {queue: orders, prefer: last}", number)
    assert at.asked == []
    assert preferred(at) == ("", 0.0)


def test_the_customers_own_agent() -> None:
    nodes = "first: {{set: {{owner: \"{}\"}}, next: wait}}\nwait: {{queue: orders, prefer: '{{owner}}'}}"
    assert preferred(waits(nodes.format("'bob'"))) == ("bob", 30.0)
    assert preferred(waits(nodes.format("null"))) == ("", 0.0)


# Wrong flows


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("waiting: [{say: A.}]", "needs a time"),
        ("waiting: [{after: 5s}]", "needs either say, or in_turn"),
        ("waiting: [{after: 5s, say: A., in_turn: [B.]}]", "needs either say, or in_turn"),
        ("waiting: [{every: 1s, say: A.}]", "greater than or equal to 5"),
        ("waiting: [{after: 5s, say: '{positoin}'}]", "nothing sets 'positoin'"),
        ("waiting: [{after: 5s, say: {file: gone.wav}}]", "no sound file"),
        ("waiting: [{after: 5s, in_turn: [A., {fr: B.}]}]", "does not speak fr"),
        ("screen: ['{estimate}']", "field"),
        ("screen: [position]", "nothing sets 'position'"),
        ("keys: {'1': nowhere}", "no node 'nowhere'"),
        ("keys: {'12': first}", "no key of a telephone"),
        ("prefer_for: 5s", "prefer_for needs prefer"),
        ("prefer: last, agent: bob", "nothing to prefer"),
        ("prefer: carol", "no agent 'carol'"),
    ],
)
def test_what_is_refused(key: str, why: str) -> None:
    text = f"start: first\nnodes:\n  first: {{queue: orders, {key}}}\n"
    with pytest.raises(SiteError) as refused:
        check_flows({"main": parse(text, "main.yaml")}, SITE)
    assert why in str(refused.value)


def test_a_secret_does_not_get_into_a_message() -> None:
    text = """
start: first
nodes:
  first: {collect: PIN?, digits: 4, name: pin, secret: true, next: wait}
  wait: {queue: orders, waiting: [{after: 5s, say: "{pin}"}]}
"""
    with pytest.raises(SiteError, match="the secret 'pin' can reach speech"):
        check_flows({"main": parse(text, "main.yaml")}, SITE)
