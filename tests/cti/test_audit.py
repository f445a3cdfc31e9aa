"""The seals of the audit log, and what counts as looked at anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.audit import REPEAT_S, Entry, Repeats, Result
from cti.seals import BEGIN, Check, Sealed, chain, seal

KEY = bytes(range(32))
ENTRY = Entry(1.5, "sue", "supervisor", "10.0.0.7", "call.monitor", "call:a-1", Result.DONE, {"mode": "listen"})


def sealed(count: int) -> list[Sealed[Entry]]:
    rows, before = [], BEGIN
    for number in range(1, count + 1):
        entry = replace(ENTRY, at=float(number))
        before = seal(KEY, before, number, entry)
        rows.append(Sealed(number, entry, before))
    return rows


def wrong(rows: Sequence[Sealed[Entry]], kept: tuple[int, str] | None = None, key: bytes = KEY) -> list[str]:
    check = Check(key, kept)
    found = [problem for row in rows for problem in check.take(row)]
    return found + list(check.end())


OTHER: Sequence[dict[str, Any]] = (
    {"at": 1.75},
    {"who": "bob"},
    {"role": "admin"},
    {"address": "10.0.0.8"},
    {"what": "call.hangup"},
    {"object": "call:a-2"},
    {"result": Result.REFUSED},
    {"detail": {"mode": "barge"}},
    {"detail": {}},
)


@given(st.integers(1, 8), st.data())
def test_a_change_is_found(count: int, data: st.DataObject) -> None:
    rows = sealed(count)
    place = data.draw(st.integers(0, count - 1))
    changed = replace(rows[place], entry=replace(rows[place].entry, **data.draw(st.sampled_from(OTHER))))
    assert wrong(rows) == []
    assert wrong([*rows[:place], changed, *rows[place + 1 :]]) == [f"entry {place + 1} is not as it was written"]


@given(st.integers(1, 8), st.data())
def test_a_removal_is_found_at_the_end_too(count: int, data: st.DataObject) -> None:
    rows = sealed(count)
    first = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(first, count - 1))
    missing = wrong([*rows[:first], *rows[last + 1 :]], kept=(count, rows[-1].seal))
    told = f"entries {first + 1} to {last + 1} are" if last > first else f"entry {first + 1} is"
    assert missing == [f"{told} missing"]


def test_who_does_not_have_the_key_cannot_write_the_chain_anew() -> None:
    rows = sealed(3)
    assert wrong(rows, key=bytes(32)) == [f"entry {n} is not as it was written" for n in (1, 2, 3)]
    assert chain(KEY) != chain(bytes(32))
    assert wrong(rows, kept=(3, "another")) == ["entry 3 is not the one that was written last"]
    assert wrong(rows, kept=(2, rows[1].seal)) == []  # the server had not noted the third yet


@pytest.mark.parametrize(
    ("later", "new"),
    [
        ({"at": 1.5 + REPEAT_S / 2}, False),
        ({"at": 1.5 + REPEAT_S}, True),
        ({"at": 0.5}, True),
        ({"object": "call:b"}, True),
        ({"result": Result.REFUSED}, True),
        ({"who": "bob"}, True),
    ],
)
def test_what_is_looked_at_again_at_once_is_one_look(later: dict[str, Any], new: bool) -> None:
    repeats = Repeats()
    assert repeats.new(ENTRY)
    assert repeats.new(replace(ENTRY, **later)) is new
