"""Covering a need by shifts: against trying everything, and by what must hold of any plan."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.shifts import NoCover, Plan, Shift, clock, plan
from routing.staffing import QUARTERS

EARLY, LATE, NIGHT = Shift("early", 32, 48, 4), Shift("late", 36, 48, 4), Shift("night", 80, 48, 3)


def cover_of(found: Plan) -> list[int]:
    """The agents at work, counted one by one."""
    cover = [0] * QUARTERS
    for crew in found.crews:
        for i in range(crew.shift.length):
            cover[(crew.shift.start + i) % QUARTERS] += crew.agents
        for at, agents in crew.breaks:
            for i in range(crew.shift.pause):
                cover[(at + i) % QUARTERS] -= agents
    return cover


def sound(found: Plan, need: list[int]) -> None:
    assert cover_of(found) == list(found.cover)
    assert all(there >= wanted for there, wanted in zip(found.cover, need, strict=True))
    for crew in found.crews:
        assert crew.agents >= 0
        if crew.shift.pause:
            assert sum(agents for _, agents in crew.breaks) == crew.agents


def test_three_shifts_and_two_at_night() -> None:
    need = [2] * 32 + [5] * 4 + [8] * 44 + [3] * 4 + [2] * 12
    found = plan(need, [EARLY, LATE, NIGHT])
    sound(found, need)
    assert found.proven
    assert found.paid_hours == 156
    assert found.crews[2].agents == 3


def test_who_works_over_midnight_covers_the_morning() -> None:
    need = [1] * 8 + [0] * 80 + [1] * 8
    found = plan(need, [Shift("night", 88, 16)])
    assert (found.crews[0].agents, found.paid_hours) == (1, 4)
    assert list(found.cover) == need


def test_breaks_lie_in_the_middle_half_and_near_the_middle() -> None:
    assert EARLY.breaks() == list(range(12, 33))
    assert Shift("short", 0, 2, 1).breaks() == [0, 1]
    assert Shift("long break", 0, 40, 30).breaks() == [5]
    found = plan([0] * 32 + [4] * 10 + [0] * 54, [EARLY])
    assert found.crews[0].breaks == ((54, 4),)


def test_a_break_is_not_taken_when_all_are_needed() -> None:
    need = [0] * 32 + [3] * 20 + [1] * 4 + [3] * 24 + [0] * 16
    found = plan(need, [EARLY])
    sound(found, need)
    assert found.crews[0].agents == 4


def test_what_no_shift_covers_is_said() -> None:
    need = [0] * QUARTERS
    need[29] = 1
    with pytest.raises(NoCover, match="no shift has anybody at work at 07:15"):
        plan(need, [EARLY, LATE])
    with pytest.raises(NoCover, match="00:00"):
        plan([1] * QUARTERS, [])
    lone = Shift("lone", 0, 8, 4)
    with pytest.raises(NoCover, match="00:30"):
        plan([1] * 8 + [0] * 88, [lone])


def test_nothing_needed() -> None:
    found = plan([0] * QUARTERS, [EARLY, NIGHT])
    assert (found.paid_hours, found.proven, set(found.cover)) == (0, True, {0})
    assert plan([0] * QUARTERS, []).crews == ()


@pytest.mark.parametrize("numbers", [(-1, 8, 0), (96, 8, 0), (0, 0, 0), (0, 97, 0), (0, 8, 8), (0, 8, -1)])
def test_shifts_that_cannot_be(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Shift("odd", *numbers)
    with pytest.raises(ValueError, match="96 quarter-hours, not 3"):
        plan([1, 2, 3], [EARLY])


def test_the_size_of_a_national_hotline() -> None:
    shifts = [Shift(f"from {clock(start)}", start, 34, 2) for start in range(0, QUARTERS, 4)]
    need = [40 + (20 * min(q, QUARTERS - q)) + q % 7 for q in range(QUARTERS)]
    found = plan(need, shifts)
    sound(found, need)
    assert found.proven
    assert max(found.cover) > 1000


lengths = st.integers(1, 9)
some_shifts = st.lists(
    st.builds(
        lambda start, length, pause: (start * 3, length * 4, pause if length > 1 else 0),
        st.integers(0, 31),
        lengths,
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=3,
).map(lambda found: [Shift(f"s{i}", *numbers) for i, numbers in enumerate(found)])


@settings(deadline=None)
@given(shifts=some_shifts, data=st.data())
def test_no_plan_has_fewer_hours(shifts: list[Shift], data: st.DataObject) -> None:
    """All ways to man the shifts and to lay the breaks, for a need that three agents a shift can bear."""
    reachable = sorted({quarter for shift in shifts for at in shift.breaks() for quarter in shift.at_work(at)})
    wanted = data.draw(st.dictionaries(st.sampled_from(reachable), st.integers(0, 2), max_size=5))
    need = [wanted.get(quarter, 0) for quarter in range(QUARTERS)]
    found = plan(need, shifts)
    sound(found, need)
    assert found.proven
    assert found.paid_hours == _fewest_hours(need, shifts)


def _fewest_hours(need: list[int], shifts: list[Shift]) -> float:
    """By the sets of needs that each agent's day serves: all that differ, tried in rising cost."""
    tight = [quarter for quarter, agents in enumerate(need) if agents]
    kinds = sorted(
        {(shift.length, tuple(int(q in shift.at_work(at)) for q in tight)) for shift in shifts for at in shift.breaks()}
    )
    states = {tuple(need[q] for q in tight): 0}
    best = {(0,) * len(tight): 0} if not tight else {}
    while states:
        following: dict[tuple[int, ...], int] = {}
        for (left, cost), (length, serves) in product(states.items(), kinds):
            after = tuple(max(0, n - s) for n, s in zip(left, serves, strict=True))
            if after == left:
                continue
            place = following if any(after) else best
            place[after] = min(place.get(after, cost + length), cost + length)
        states = following
    return min(best.values()) / 4
