"""Which of AMI's DTMFEnd events are keys pressed, whatever Asterisk puts off."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from cti.calls.keypad import Keypad
from cti.calls.tracker import Tracker
from tests.cti.calls import talk
from tests.cti.calls.talk import caller

MS = "180"


def heard(keypad: Keypad, told: list[tuple[str, str]]) -> str:
    """What is taken for pressed of ``told``: pairs of begin or end, and the key."""
    pressed = ""
    for what, digit in told:
        if what == "begin":
            keypad.down(digit)
        elif keypad.pressed(digit, MS):
            pressed += digit
    return pressed


@given(keys=st.lists(st.tuples(st.sampled_from("123#"), st.booleans(), st.integers(0, 3)), max_size=20))
def test_each_key_counts_once_whichever_are_put_off_and_told_again(keys: list[tuple[str, bool, int]]) -> None:
    """Asterisk's way: what is put off is read again in its order, at any time between later keys."""
    told: list[tuple[str, str]] = []
    put_off: deque[str] = deque()
    for digit, late, read in keys:
        for _ in range(min(read, len(put_off))):
            told.append(("end", put_off.popleft()))
        told.append(("begin", digit))
        if read == 3 and put_off:
            told.append(("end", put_off.popleft()))
        told.append(("end", digit))
        if late:
            put_off.append(digit)
    told += [("end", digit) for digit in put_off]
    assert heard(Keypad(), told) == "".join(digit for digit, _, _ in keys)


def test_keys_by_sip_info_have_no_begin_and_all_count() -> None:
    assert heard(Keypad(), [("end", digit) for digit in "4711"]) == "4711"


def test_a_key_whose_begin_was_lost_on_the_way_counts() -> None:
    assert heard(Keypad(), [("begin", "1"), ("end", "1"), ("end", "2")]) == "12"


def test_the_tracker_tells_of_it_once() -> None:
    at = Tracker("test", "e1")
    begin = caller("DTMFBegin", Digit="7", Direction="Received")
    end = caller("DTMFEnd", Digit="7", Direction="Received", DurationMs=MS)
    seen = [type(e).__name__ for m in [*talk.ARRIVES, begin, end, end, begin, end] for e in at.feed(m, 0.0)]
    assert seen == ["Arrived", "Digit", "Digit"]
