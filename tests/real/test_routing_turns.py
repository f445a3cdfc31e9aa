"""Whose turn it is: priority, the customer's level, waiting that counts, the place of who calls again."""

from __future__ import annotations

import pytest

from tests.real.hotline import soon
from tests.real.shift import Caller, Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = Plan(
    agents="""
    ann: {skills: {bills: 5}}
    ben: {skills: {rare: 5}}
    """,
    queues="""
    ageing: 20
    levels: {gold: 20}
    queues:
      bills: {skills: {bills: 1}, wrap_up: 0s, record: false}
      others: {skills: {bills: 2}, wrap_up: 0s, record: false}
      pressing: {skills: {bills: 3}, priority: 10, wrap_up: 0s, record: false}
      rare: {skills: {rare: 1}, priority: 50, wrap_up: 0s, record: false}
      kept: {skills: {bills: 1}, resume: 2m, wrap_up: 0s, record: false}
    """,
    ways={
        "bills": "{queue: bills}",
        "better": "{queue: others, priority: 1}",
        "urgent": "{queue: bills, priority: 5}",
        "gold": "{queue: bills, level: gold}",
        "others": "{queue: others}",
        "pressing": "{queue: pressing}",
        "rare": "{queue: rare}",
        "kept": "{queue: kept}",
    },
    flows={},
)


async def callers(shift: Shift, *ways: str) -> list[Caller]:
    """Callers who come one after the other, and wait."""
    return [await shift.caller(way) for way in ways]


async def test_points_of_queue_call_and_customer(shift: Shift) -> None:
    """0, 5, 20 and 10 points besides those for waiting; then the longest wait."""
    plain, urgent, gold, pressing, late = await callers(shift, "bills", "urgent", "gold", "pressing", "bills")
    whys = [await shift.why(caller) for caller in (plain, urgent, gold, pressing)]
    assert [round(why["effective_priority"] - why["waited_s"] / 3) for why in whys] == [0, 5, 20, 10]
    assert [why["position"] for why in whys] == [3, 2, 1, 1]
    await shift.come("ann")
    assert await shift.served(5) == [caller.call for caller in (gold, pressing, urgent, plain, late)]


async def test_of_equal_calls_of_several_queues_the_longest_wait_goes_first(shift: Shift) -> None:
    waiting = await callers(shift, "others", "bills", "bills", "others")
    await shift.come("ann")
    assert await shift.served(4) == [caller.call for caller in waiting]


async def test_who_has_waited_for_long_enough_goes_before_who_is_worth_more(shift: Shift) -> None:
    """Three seconds make up for a better call's point; a gold one's 20 points are worth a minute."""
    old = await shift.caller("bills")

    async def is_worth_a_point() -> bool:
        return bool((await shift.why(old))["effective_priority"] > 1)

    await soon(is_worth_a_point)
    better, gold = await callers(shift, "better", "gold")
    await shift.come("ann")
    assert await shift.served(3) == [caller.call for caller in (gold, old, better)]


async def test_who_cannot_be_served_holds_nobody_up(shift: Shift) -> None:
    """The first in the order needs ben, who is not there; ann takes the next."""
    rare, plain = await callers(shift, "rare", "bills")
    await shift.come("ann")
    assert await shift.talks_to(plain) == "ann"
    await shift.come("ben")
    assert await shift.talks_to(rare) == "ben"


async def test_a_caller_who_was_cut_off_and_calls_again_has_the_place_back(shift: Shift) -> None:
    cut = await shift.caller("kept", "5551234")
    other = await shift.caller("kept")
    since = (await shift.queued(cut)).at
    await shift.bye(cut)
    stranger = await shift.caller("kept")
    again = await shift.caller("kept", "5551234")
    why = await shift.why(again)
    assert why["position"] == 1
    assert why["waited_s"] >= (await shift.queued(again)).at - since
    await shift.come("ann")
    assert await shift.served(3) == [caller.call for caller in (again, other, stranger)]


async def test_the_place_is_given_back_once_and_only_in_its_queue(shift: Shift) -> None:
    cut = await shift.caller("kept", "5551234")
    other = await shift.caller("bills")
    await shift.bye(cut)
    elsewhere = await shift.caller("bills", "5551234")
    back = await shift.caller("kept", "5551234")
    second = await shift.caller("kept", "5551234")
    await shift.come("ann")
    assert await shift.served(4) == [caller.call for caller in (back, other, elsewhere, second)]


async def test_in_a_queue_that_keeps_no_places_who_calls_again_is_last(shift: Shift) -> None:
    cut = await shift.caller("bills", "5551234")
    other = await shift.caller("bills")
    await shift.bye(cut)
    again = await shift.caller("bills", "5551234")
    await shift.come("ann")
    assert await shift.served(2) == [caller.call for caller in (other, again)]
