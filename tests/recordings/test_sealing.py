"""A sealed sound: any part of it can be read, and whatever is done to it is found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.storage.faults import Tampered
from recordings.storage.sealing import PIECE, SEALED, Opening, Seal, sealed_size

KEY = bytes(range(32))
SIZES = st.sampled_from((0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5))
SOUND = bytes(range(251)) * 800  # over three pieces


def sealed(seal: Seal, sound: bytes) -> bytes:
    starts = range(0, len(sound), PIECE) or [0]
    return b"".join(seal.seal(number, sound[at : at + PIECE]) for number, at in enumerate(starts))


def opened(seal: Seal, stored: bytes, start: int, end: int, cuts: Sequence[int] = ()) -> bytes:
    first, over = seal.span(start, end)
    part, opening, out = stored[first:over], Opening(seal, start, end), b""
    for a, b in pairwise(sorted({0, len(part), *(cut % (len(part) + 1) for cut in cuts)})):
        out += b"".join(opening.take(part[a:b]))
    opening.end()
    return out


@given(SIZES, st.integers(0), st.integers(0), st.lists(st.integers(0, 1 << 20), max_size=5))
def test_any_part_is_read_in_whatever_pieces_it_comes(size: int, start: int, length: int, cuts: list[int]) -> None:
    sound, seal = SOUND[:size], Seal(KEY, "2026/a", size)
    stored = sealed(seal, sound)
    assert len(stored) == sealed_size(size)
    if size:
        start %= size
        end = start + 1 + length % (size - start)
        assert opened(seal, stored, start, end, cuts) == sound[start:end]
    else:
        assert opened(seal, stored, 0, 0, cuts) == b""


def test_what_is_done_to_it_is_found() -> None:
    seal = Seal(KEY, "2026/a", len(SOUND))
    stored = sealed(seal, SOUND)
    one, two, *rest = (stored[at : at + SEALED] for at in range(0, len(stored), SEALED))
    flipped = bytearray(stored)
    flipped[SEALED + 7] ^= 1
    done = {
        "a bit flipped": bytes(flipped),
        "two pieces exchanged": b"".join((two, one, *rest)),
        "cut between two pieces": one + two,
        "cut within one": stored[:-1],
        "another recording's": sealed(Seal(KEY, "2026/b", len(SOUND)), SOUND),
        "by another key": sealed(Seal(bytes(32), "2026/a", len(SOUND)), SOUND),
        "a shorter one's beginning": sealed(Seal(KEY, "2026/a", PIECE), SOUND[:PIECE]),
    }
    for how, other in done.items():
        with pytest.raises(Tampered, match=r"2026/a was (altered|cut short)"):
            opened(seal, other, 0, len(SOUND))
        assert how
    assert opened(seal, bytes(flipped), 0, PIECE) == SOUND[:PIECE]  # the rest of it can be read
    assert "key" not in repr(seal)
