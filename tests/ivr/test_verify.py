"""The verb verify, as callers go through it, and what is told of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cti.calls.call import Call
from ivr.node import Sink
from ivr.questions import CheckSecret, Question, SendCode, Unanswered, Verdict
from ivr.verbs.identity import Verify
from tests.ivr.flows import CALL, Caller, flow, told

FLOW = """
start: who
nodes:
  who: {collect: Account?, name: account, digits: 4, next: {next}}
  pin:
    verify: pin
    account: account
    say: PIN?
    digits: 4-6
    retries: 1
    no_match: {say: Wrong.}
    next: known
    otherwise: agent
    locked: locked_out
  code:
    verify: code
    account: account
    webhook: sms
    say: Code?
    digits: 6
    next: known
    otherwise: agent
    locked: locked_out
  known: {queue: support}
  agent: {queue: orders}
  locked_out: {hangup: true}
"""
# Both are there in either flow, so that neither is unreachable: the one not asked for is where the other leads.
PIN = FLOW.replace("{next}", "pin").replace("locked: locked_out\n  code", "locked: code\n  code")
CODE = FLOW.replace("{next}", "code").replace("digits: 6\n    next: known", "digits: 6\n    next: pin")

RIGHT, NO, LOCKED = Verdict(right=True), Verdict(right=False), Verdict(right=False, locked=True)


def at(text: str) -> Caller:
    caller = Caller(flow(text), call=Call(id=CALL, caller="+4930"))
    caller.does("whole")
    press(caller, "4711")
    return caller


def press(caller: Caller, keys: str) -> list[str]:
    done = []
    for key in keys:
        done += told(caller.does(key))
    return done


def test_the_right_pin() -> None:
    caller = at(PIN)
    caller.does("whole")
    assert press(caller, "2580#") == []
    assert caller.question == CheckSecret("4711", "+4930", "2580", code=False)
    assert told(caller.answer(RIGHT)) == ["chosen pin=verified", "at known", "queued support {} 0"]


def test_the_right_pin_after_a_wrong_one() -> None:
    caller = at(PIN)
    press(caller, "111111")
    caller.does("whole")
    assert told(caller.answer(NO)) == ["play Wrong."]
    caller.does("whole")
    caller.does("whole")
    press(caller, "2580#")
    assert told(caller.answer(RIGHT))[0] == "chosen pin=verified"


def test_wrong_pins_until_the_tries_are_used_up() -> None:
    caller = at(PIN)
    for _ in range(2):
        caller.does("whole")
        caller.does("whole")
        press(caller, "1111#")
        done = told(caller.answer(NO))
    assert done == ["chosen pin=refused", "at agent", "queued orders {} 0"]


def test_silence_and_what_is_no_pin_are_not_checked() -> None:
    caller = at(PIN)
    caller.does("whole")
    assert press(caller, "12#") == ["play Wrong."]
    for _ in range(2):
        caller.does("whole")
        caller.does("whole")
        done = told(caller.does("wait"))
    assert done == ["chosen pin=refused", "at agent", "queued orders {} 0"]
    assert caller.asked == []


def test_locked_out() -> None:
    caller = at(PIN)
    caller.does("whole")
    press(caller, "2580#")
    assert told(caller.answer(LOCKED)) == ["chosen pin=locked", "at code"]


@pytest.mark.parametrize("answer", [Unanswered("down"), None])
def test_a_pin_that_cannot_be_checked(answer: object) -> None:
    caller = at(PIN)
    caller.does("whole")
    press(caller, "2580#")
    done = caller.does("wait") if answer is None else caller.answer(answer)
    assert told(done) == ["chosen pin=unchecked", "at agent", "queued orders {} 0"]


def test_without_an_otherwise_the_call_ends() -> None:
    caller = at(PIN.replace("    otherwise: agent\n    locked: code", "    locked: code"))
    caller.does("whole")
    press(caller, "2580#")
    assert told(caller.answer(Unanswered("down"))) == ["chosen pin=unchecked", "hangup"]


def test_a_code_is_sent_first() -> None:
    caller = at(CODE)
    sent: Question = caller.question
    assert sent == SendCode("4711", "+4930", "sms")
    assert told(caller.answer(True)) == ["play Code?"]
    caller.does("whole")
    press(caller, "012345")
    asked: Question = caller.question
    assert asked == CheckSecret("4711", "+4930", "012345", code=True)
    assert told(caller.answer(RIGHT)) == ["chosen code=verified", "at pin", "play PIN?"]


def test_a_code_that_could_not_be_sent() -> None:
    assert told(at(CODE).answer(Unanswered("down")))[:2] == ["chosen code=unchecked", "at agent"]
    assert told(at(CODE).answer(LOCKED)) == ["chosen code=locked", "at locked_out", "hangup"]


@settings(deadline=None)
@given(st.text("0123456789", min_size=4, max_size=6), st.sampled_from([RIGHT, NO, LOCKED, Unanswered("down")]))
def test_what_is_entered_is_told_to_nobody(entered: str, answer: object) -> None:
    caller = at(PIN)
    outputs = list(caller.outputs)
    outputs += caller.does("whole")
    for key in f"{entered}#":
        outputs += caller.does(key)
    question = caller.question
    outputs += caller.answer(answer)
    walk = caller.session._walk
    assert walk.data == {"account": "4711"}
    assert walk.typed == []
    shown = re.sub(
        r"(at|now)=[0-9.]+|(number|play)=\d+|version='\w+'|value='4711'",
        "",
        repr((outputs, question, walk, caller.session._state)),
    )
    assert entered not in shown


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verify": "code"}, "a code needs a webhook"),
        ({"webhook": "sms"}, "a PIN has none"),
        ({"verify": "code", "webhook": "sms", "digits": "4-6"}, "a code has 6 digits"),
        ({"verify": "word"}, "verify"),
        ({"account": "Account"}, "account"),
        ({"locked": None}, "locked"),
        ({"digits": 40}, "digits"),
    ],
)
def test_what_is_refused(change: dict[str, object], why: str) -> None:
    good: dict[str, object] = {"verify": "pin", "account": "a", "say": "PIN?", "digits": 4, "next": "n", "locked": "l"}
    with pytest.raises(ValidationError, match=why):
        Verify.model_validate(good | change)


def test_what_the_checker_needs_to_know() -> None:
    nodes = flow(CODE).nodes
    pin, code = nodes["pin"], nodes["code"]
    assert [(link.to, link.unasked) for link in pin.links()] == [
        ("known", False),
        ("locked_out", True),
        ("agent", True),
    ]
    assert (list(pin.uses()), list(pin.wants())) == ([], [])
    assert [(use.field, use.sink) for use in code.uses()] == [("account", Sink.REQUEST)]
    assert [(want.kind, want.name) for want in code.wants()] == [("webhook", "sms")]
    assert (pin.sets(), pin.secrets()) == ({}, ())
    # PIN?, silence (2 s more), wrong and at last right: each try 5 s + 6 x 3 s and 3 s for the answer
    assert pin.longest(lambda prompt: 1.0).seconds == 3 * (1 + 5 + 18) + 1 + 3 * 3
