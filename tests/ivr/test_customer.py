"""The verb customer, as callers go through it."""

from __future__ import annotations

from cti.calls.call import Call
from cti.calls.events import Queued
from ivr.questions import Unanswered, WhoCalls
from tests.ivr.flows import CALL, Caller, flow, told

FLOW = """
start: old
nodes:
  old: {set: {owner: "'eve'"}, next: who}
  who: {customer: {level: level, owner: owner}, next: known, otherwise: nobody}
  known: {queue: orders, level: "{level}", screen: {Owner: "{owner}"}}
  nobody: {queue: support, screen: {Owner: "{owner}"}}
"""


def calling() -> Caller:
    return Caller(flow(FLOW), call=Call(id=CALL, caller="+4930123456", dialled="100"))


def test_what_the_card_says_is_known_to_the_flow() -> None:
    caller = calling()
    assert caller.question == WhoCalls("+4930123456")
    assert "123456" not in repr(caller.question)
    done = caller.answer({"level": "gold", "owner": "ann", "name": "Ada"})
    assert told(done)[:1] == ["at known"]
    (queued,) = [one for one in done if isinstance(one, Queued)]
    assert (queued.level, queued.screen) == ("gold", {"Owner": "ann"})


def test_a_field_that_the_card_lacks_is_not_there() -> None:
    done = calling().answer({"level": "gold"})
    (queued,) = [one for one in done if isinstance(one, Queued)]
    assert queued.screen == {"Owner": ""}


def test_who_is_nobody_goes_on_at_otherwise() -> None:
    assert told(calling().answer({}))[:1] == ["at nobody"]
    assert told(calling().answer(Unanswered("OperationalError")))[:1] == ["at nobody"]
    assert told(calling().does("wait"))[:1] == ["at nobody"]
