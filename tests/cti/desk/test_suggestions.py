"""What an agent is to suggest to a caller."""

from __future__ import annotations

from datetime import date

import pytest

from cti.calls.words import CallId
from cti.desk.suggestions import Rule, routes
from tests.cti.desk.desktop import Desk
from tests.cti.desk.stories import C1, talks

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule("x"), True),
        (Rule("x", queues=frozenset({"sales", "support"})), True),
        (Rule("x", queues=frozenset({"support"})), False),
        (Rule("x", levels=frozenset({"gold"})), True),
        (Rule("x", levels=frozenset({"silver"})), False),
        (Rule("x", queues=frozenset({"sales"}), levels=frozenset({"silver"})), False),
        (Rule("x", start=DAY, end=DAY), True),
        (Rule("x", start=date(2026, 3, 2)), False),
        (Rule("x", end=date(2026, 2, 28)), False),
    ],
)
def test_a_rule_is_for_queues_levels_and_days(rule: Rule, *, fits: bool) -> None:
    assert rule.fits("sales", {"", "gold"}, DAY) is fits


async def test_who_may_see_the_call_is_told_by_its_level_and_the_cards() -> None:
    rules = [Rule("the new tea", queues=frozenset({"sales"})), Rule("a gift <b>", levels=frozenset({"gold"}))]
    desk: Desk
    desk = Desk([routes(rules, lambda: desk.calls, lambda call: desk.customers.get(call, ()), lambda: DAY)])
    await desk.happens(*talks())
    path = f"/api/calls/{C1}/suggestions"
    async with desk.client("ann") as ann, desk.client("bob") as bob, desk.client() as nobody:
        assert (await ann.get(path)).json() == ["the new tea"]
        desk.customers[CallId(C1)] = [{"level": "gold"}]
        assert (await ann.get(path)).json() == ["the new tea", "a gift <b>"]
        assert [(await client.get(path)).status_code for client in (bob, nobody)] == [404, 401]
