"""What the comparison of the four accounts finds, and what it lets pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.accounts import Accounts, Allowed, Channel, Row, Sound, Talk, Together, differences
from tests.faults.crowd import End, Kind, Lived
from tests.faults.reading import channels_of


def one_talk() -> Accounts:
    """A caller talks with a01 from 102 to 110, and hangs up."""
    return Accounts(
        phones={"501": Lived("501", Kind.TALK, 100.0, 110.0, End.LEFT)},
        channels=[Channel("501", 99.9, 110.1, [Together("a01", 102.0, 110.0)])],
        rows=[Row("c1", "501", 110.1, "caller", "answered", False, [Talk("a01", 102.0, 110.0, "r1")])],
        sounds=[Sound("r1", "whole", 8.0)],
    )


Change = Callable[[Accounts], Accounts]


def row(**values: object) -> Change:
    return lambda all_four: replace(all_four, rows=[replace(all_four.rows[0], **values)])  # type: ignore[arg-type]


def sound(**values: object) -> Change:
    return lambda all_four: replace(all_four, sounds=[replace(all_four.sounds[0], **values)])  # type: ignore[arg-type]


def phone(end: End | None) -> Change:
    return lambda all_four: replace(all_four, phones={"501": Lived("501", Kind.TALK, 100.0, 110.0, end)})


def channel(*bridged: Together, end: float | None = 110.1) -> Change:
    return lambda all_four: replace(all_four, channels=[Channel("501", 99.9, end, list(bridged))])


FOUND: dict[str, tuple[Change, str]] = {
    "a caller who was cut off": (phone(End.DROPPED), "N1: 501 (talk) was dropped"),
    "a caller who is on the line for ever": (phone(None), "N1: 501 (talk) was never heard of again"),
    "no record": (lambda all_four: replace(all_four, rows=[]), "N3: 501 has 0 records"),
    "two records": (lambda all_four: replace(all_four, rows=[*all_four.rows] * 2), "N3: 501 has 2 records"),
    "a record of nobody": (lambda all_four: replace(all_four, channels=[]), "N3: 501 has a record, and Asterisk"),
    "a record without an end": (row(end=None), "N3: the record of 501 has no end"),
    "a wrong end": (row(end=115.0), "N3: 501 ended +4.9 s beside"),
    "a wrong party": (row(by="agent"), "N3: 501 hung up, and the record says agent"),
    "a channel that stayed": (channel(Together("a01", 102.0, 110.0), end=None), "501 is open in Asterisk"),
    "a talk that we do not know": (row(talks=()), "N3: 501 talked with a01 in Asterisk's account only"),
    "a talk that was none": (channel(), "N3: 501 talked with a01 in its record only"),
    "a talk of another length": (channel(Together("a01", 102.0, 105.0)), "for 8.0 s, in Asterisk's account 3.0 s"),
    "two agents at once": (
        channel(Together("a01", 102.0, 110.0), Together("a02", 104.0, 106.0)),
        "N2: 501 was with a01 and a02",
    ),
    "no recording": (row(talks=[Talk("a01", 102.0, 110.0, None)]), "N4: 501's talk with a01 has no recording"),
    "a recording nobody looked at": (sound(state="expected"), "N4: nobody knows what became of r1"),
    "a recording that is not there": (sound(on_disk_s=None), "N4: r1 is said to be whole, and is not there"),
    "a recording that lacks some": (sound(on_disk_s=3.0), "N4: r1 is said to be whole: 3.0 s of 8.0 s"),
    "a recording that was to be stopped": (
        row(talks=[Talk("a01", 102.0, 110.0, "r1", unrecorded_s=4.0)]),
        "N4: r1 was to end after 4.0 s: it has 8.0 s",
    ),
    "a recording known to be short": (sound(state="short"), "N4: r1 is short"),
}


def test_four_accounts_that_agree() -> None:
    assert differences(one_talk(), Allowed()) == []


@pytest.mark.parametrize(("change", "line"), FOUND.values(), ids=FOUND)
def test_each_difference_is_found(change: Change, line: str) -> None:
    assert any(line in found for found in differences(change(one_talk()), Allowed()))


def test_an_agent_with_two_callers() -> None:
    both = [Channel(number, 99.9, 110.1, [Together("a01", 102.0, 110.0)]) for number in ("501", "502")]
    assert "N2: a01 was with two callers" in differences(replace(one_talk(), channels=both), Allowed())


def test_what_a_fault_cannot_help_is_let_pass() -> None:
    cut = phone(End.DROPPED)(sound(state="short")(one_talk()))
    assert differences(cut, Allowed(cut=True, sound=True)) == []


@pytest.mark.parametrize(("back_at", "good"), [(0.0, False), (115.0, True)])
def test_an_end_found_later_may_be_as_late_as_we_were_away(back_at: float, good: bool) -> None:
    late = replace(row(end=122.0, estimated=True)(one_talk()), back_at=back_at)
    assert (differences(late, Allowed()) == []) is good


def test_channels_and_who_was_with_whom() -> None:
    """As Asterisk 22 writes them; it was killed before the second caller's end, and in the midst of a line."""
    bridge = '{"bridge_id":"b1"}'
    lines = [
        ["CHAN_START", "100.0", "501", "PJSIP/caller-00000000", "1.0", ""],
        ["CHAN_START", "101.0", "a01", "PJSIP/a01-00000001", "cordboard-1", ""],
        ["BRIDGE_ENTER", "102.0", "501", "PJSIP/caller-00000000", "1.0", bridge],
        ["BRIDGE_ENTER", "102.1", "501", "PJSIP/a01-00000001", "cordboard-1", bridge],
        ["BRIDGE_EXIT", "110.0", "501", "PJSIP/caller-00000000", "1.0", bridge],
        ["BRIDGE_EXIT", "110.0", "501", "PJSIP/a01-00000001", "cordboard-1", bridge],
        ["CHAN_END", "110.1", "501", "PJSIP/caller-00000000", "1.0", ""],
        ["CHAN_START", "111.0", "502", "PJSIP/caller-00000002", "2.0", ""],
        ["BRIDGE_ENTER", "112.0", "502", "PJSIP/caller-00000002", "2.0", '{"bridge_id":"b2"}'],
        ["BRIDGE_ENTER", "112.0", "502", "PJSIP/a02-00000003", "cordboard-2", '{"bridge_id":"b2"}'],
        ["CHAN_START", "113.0", "503", "PJSIP/caller-00000004", "3.0", ""],
        ["CHAN_STA"],
    ]
    assert channels_of(lines) == [
        Channel("501", 100.0, 110.1, [Together("a01", 102.1, 110.0)]),
        Channel("502", 111.0, None, [Together("a02", 112.0, 113.0)]),
        Channel("503", 113.0, None),
    ]
