"""How long the room for recordings lasts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recordings.storage.room import DAY_S, GO_ON, STOP, Room

GIB = 1 << 30


def test_it_lasts_as_long_as_at_the_rate_of_the_last_day() -> None:
    room = Room()
    assert (room.left_s, room.full) == (None, False)
    for hour in range(40):
        room.seen(100 * GIB - hour * GIB + (50 * GIB if hour >= 30 else 0), hour * 3600.0)  # 50 are made free
        if hour == 0:
            assert room.left_s is None
    # 24 hours took 23 GiB: the hour of the deletion took none that could be seen.
    assert room.left_s == (111 * GIB - STOP) / (23 * GIB) * 24 * 3600.0
    for hour in range(40, 70):
        room.seen(111 * GIB, hour * 3600.0)
    assert room.left_s is None


def test_it_stops_before_the_disk_is_full_and_does_not_flicker() -> None:
    room = Room()
    states = []
    for at, free in enumerate((STOP, STOP - 1, STOP + 1, GO_ON - 1, GO_ON, STOP)):
        room.seen(free, float(at))
        states.append((room.full, room.left_s))
    assert states == [(False, None), (True, 0.0), (True, 0.0), (True, 0.0), (False, None), (False, None)]


@given(st.lists(st.tuples(st.integers(0, 4 * GIB), st.floats(1, DAY_S)), min_size=1, max_size=30))
def test_whatever_is_seen_there_is_an_answer(steps: list[tuple[int, float]]) -> None:
    room, now = Room(), 0.0
    for free, later in steps:
        now += later
        room.seen(free, now)
        assert room.left_s is None or room.left_s >= 0
        assert not room.full or free < GO_ON
        assert room.full or free >= STOP
