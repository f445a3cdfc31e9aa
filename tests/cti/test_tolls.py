"""Too many calls to numbers, or too dear ones, are refused; so are too many of one caller."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.actions.limits import LimitsPart
from cti.calls.call import Call
from cti.calls.commands import CallOut, Command, Consult, Transfer
from cti.calls.events import Ended
from cti.calls.parties import OpenOffer
from cti.calls.words import CallId, Party
from cti.floods import Floods
from cti.outbound import Outbound
from cti.tolls import DAY_S, HOUR_S, Limits, Tolls
from tests.cti.calls import talk
from tests.cti.calls.talk import CALL, CALLER_CHANNEL, OFFER
from tests.cti.workbench import Bench

ABROAD = Outbound("outside", ("+49*", "+4930*", "+1*"))
HOME = Outbound("internal", ("0*",))


def calls(tolls: Tolls, *numbers: str, agent: str = "ann", at: float = 0.0, allowed: Outbound = ABROAD) -> list[str]:
    """What is said to each call."""
    said = []
    for place, number in enumerate(numbers):
        try:
            tolls.begin(allowed, number, agent, CallId(f"{at}-{place}"), at)
            said.append("")
        except ValueError as error:
            said.append(str(error))
    return said


def test_an_agent_has_so_many_calls_an_hour() -> None:
    tolls = Tolls(Limits(agent=2))
    why = "too many calls: limits.agent: ann has called 2 numbers in an hour"
    assert calls(tolls, "+491", "+492", "+493") == ["", "", why]
    assert calls(tolls, "+493", agent="bob") == [""]
    assert calls(tolls, "+493", at=HOUR_S - 1) == [why]
    assert calls(tolls, "+493", at=HOUR_S) == [""]
    assert tolls.refused == {"agent": 2}


def test_nobody_gets_round_it_by_another_agent_or_a_callback() -> None:
    tolls = Tolls(Limits(site=3))
    assert [calls(tolls, f"+49{n}", agent=name) == [""] for n, name in enumerate(["a", "b", "", "c", ""])] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_a_number_and_a_destination_have_so_many() -> None:
    tolls = Tolls(Limits(number=2, destination=3))
    assert calls(tolls, *["+4930"] * 3)[-1] == "too many calls: limits.number: this number was called 2 times in a day"
    assert calls(tolls, "+4930", at=DAY_S - 1) != [""]
    assert calls(tolls, "+4930", at=DAY_S) == [""]
    tolls = Tolls(Limits(number=2, destination=3))
    why = "too many calls: limits.destination: 3 calls went to +4930* in an hour"
    assert calls(tolls, "+49301", "+49302", "+49303", "+49304", "+4989") == ["", "", "", why, ""]
    assert calls(tolls, "0", allowed=HOME) == [""]


def test_minutes_that_are_begun_cost_and_so_do_calls_that_go_on() -> None:
    tolls = Tolls(Limits(prices={"*": 1.0, "+49*": 0.1}, cost=3.0))
    assert calls(tolls, "+1") == [""]
    assert tolls.cost(119) == 2.0
    assert calls(tolls, "+1", at=121) == ["too many calls: limits.cost: the calls of a day have cost 3.0"]
    tolls.over(CallId("0.0-0"), 59)
    assert tolls.cost(121) == 1.0
    assert calls(tolls, "+491", at=121) == [""]
    tolls.over(CallId("121-0"), 122)
    assert tolls.cost(122) == 1.1
    assert tolls.cost(59 + DAY_S) == pytest.approx(0.1)


@given(st.lists(st.tuples(st.floats(0, 900), st.sampled_from("ab"), st.sampled_from(["+491", "+492", "+11"]))))
def test_however_calls_come_no_window_has_more(steps: list[tuple[float, str, str]]) -> None:
    limits = Limits(agent=3, site=5, destination=4, number=3)
    tolls, now, done = Tolls(limits), 0.0, list[tuple[float, str, str]]()
    for pause, agent, number in steps:
        now += pause
        if calls(tolls, number, agent=agent, at=now) == [""]:
            done.append((now, agent, number))
    for at, agent, number in done:
        hour = [one for one in done if at - HOUR_S < one[0] <= at]
        assert len(hour) <= limits.site
        assert sum(one[1] == agent for one in hour) <= limits.agent
        assert sum(one[2][:3] == number[:3] for one in hour) <= limits.destination
        assert sum(one[2] == number for one in done if at - DAY_S < one[0] <= at) <= limits.number


TALK = Call(id=CALL, channel=CALLER_CHANNEL, offer=OpenOffer(offer=OFFER, agent="alice", connected=True))
WAYS: dict[str, tuple[Command, Call]] = {
    "a caller is sent on": (Transfer(call=CALL, number="110"), TALK),
    "a flow sends a caller": (Transfer(call=CALL, number="110"), Call(id=CALL, channel=CALLER_CHANNEL)),
    "somebody is consulted": (Consult(call=CALL, offer=OFFER, number="110", ring_s=9), TALK),
    "a callback": (CallOut(call=CALL, number="5550", ring_s=9), Call(id=CALL)),
    "an agent calls": (CallOut(call=CALL, number="4440", ring_s=9, own=True), Call(id=CALL)),
}


@pytest.mark.parametrize(("command", "call"), WAYS.values(), ids=WAYS)
def test_every_way_to_a_number_is_counted_and_refused(command: Command, call: Call) -> None:
    for times, sent in ((2, True), (1, False)):
        bench = Bench([*talk.ARRIVES] if call.channel else [])
        bench.executor._tolls = tolls = Tolls(Limits(number=times))
        calls(tolls, "110", "5550", "4440", agent="", allowed=Outbound("x", ("110", "5550", "4440")))
        bench.executor.carry_out(command, call)
        assert bool(bench.ami.named("Originate") or bench.ami.named("Redirect")) is sent
        why = "too many calls: limits.number: this number was called 1 times in a day"
        assert bench.failures() == ([] if sent else [(type(command).__name__, why)])


async def test_the_end_of_a_call_is_told_to_both() -> None:
    tolls, floods = Tolls(Limits(prices={"*": 1.0})), Floods(1, 9)
    assert floods.admits(CALL, "+491", 0.0)
    tolls.begin(ABROAD, "+491", "", CALL, 0.0)
    await LimitsPart(tolls, floods).on_event(Ended(call=CALL, at=90.0, by=Party.CALLER), None, 90.0)
    assert tolls.cost(1000.0) == 2.0
    assert floods.admits(CallId("next"), "+491", 91.0)


def test_one_number_has_so_many_calls_at_once_and_in_a_minute() -> None:
    floods = Floods(at_once=2, a_minute=3)
    assert [floods.admits(CallId(call), "030", 0.0) for call in "abc"] == [True, True, False]
    assert floods.admits(CallId("a"), "030", 0.0)  # it is told twice
    assert floods.admits(CallId("d"), "031", 0.0)
    assert all(floods.admits(CallId(f"x{n}"), "", 0.0) for n in range(99))
    for call in "abc":
        floods.over(CallId(call))
    assert [floods.admits(CallId(call), "030", 1.0) for call in "ef"] == [True, False]
    assert floods.admits(CallId("g"), "030", 60.0)
    assert floods.refused == 2
