"""Words of two sides as lines of a talk, and how a side is cut into pieces for an engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.words import Party
from recordings.pipeline.figures import WINDOW_S, speech
from recordings.transcripts.pieces import PIECE_S, pieces
from recordings.transcripts.words import Line, Transcript, Word, clean, decode, encode, lines

CALLER, AGENT = Party.CALLER, Party.AGENT


def said(text: str, at: float = 0.0, step: float = 0.4) -> list[Word]:
    return [Word(f" {word}", at + n * step, at + (n + 1) * step) for n, word in enumerate(text.split())]


def test_lines_are_stretches_of_one_side_in_the_order_of_the_talk() -> None:
    agent = [*said("Good morning."), *said("I see.", 6.0)]
    caller = [*said("My parcel is broken.", 1.5), *said("Yes.", 8.0)]
    found = lines({CALLER: caller, AGENT: agent})
    assert [(line.side, line.text) for line in found] == [
        (AGENT, "Good morning."), (CALLER, "My parcel is broken."), (AGENT, "I see."), (CALLER, "Yes."),
    ]  # fmt: skip
    assert lines({CALLER: []}) == ()


def test_a_long_line_ends_with_a_sentence_or_where_it_is_too_long() -> None:
    sentence = "one two three four five six seven eight nine ten."
    assert [len(line.words) for line in lines({CALLER: said(f"{sentence} " * 5)})] == [20, 20, 10]
    assert max(len(line.words) for line in lines({CALLER: said("and " * 200)})) == 50


def test_what_an_engine_says_is_made_fit_to_be_kept() -> None:
    odd = [
        Word(" a\n\0b", -1.0, 0.5), Word("  ", 1.0, 2.0), Word(" nan", math.nan, 1.0), Word(" back", 0.2, 0.1),
        Word(" \ud800", 3.0, 9.0), Word(" end", 99.0, 200.0),
    ]  # fmt: skip
    assert [(w.text, w.start_s, w.end_s) for w in clean(odd, 5.0)] == [
        (" a  b", 0.0, 0.5), (" back", 0.2, 0.2), (" ?", 3.0, 5.0), (" end", 5.0, 5.0),
    ]  # fmt: skip
    assert "secret" not in repr(Transcript("en", "fake", (Line(CALLER, (Word("secret", 0, 1),)),)))


def test_it_is_kept_and_read_again() -> None:
    one = Transcript("zh", "fake", (Line(AGENT, (Word("您", 0.0, 0.3), Word("好", 0.3, 0.5))),))
    assert decode(encode(one)) == one
    assert one.text == "您好"
    for bad in (b"", b"[]", b'{"version": 2}', b'{"version": 1, "lines": [{"side": "x", "words": []}]}', b"\xff"):
        with pytest.raises(ValueError, match="no transcript"):
            decode(bad)


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.booleans()), max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_pieces_have_all_speech_once_and_none_is_too_long(stretches: list[tuple[int, bool]], seed: int) -> None:
    drawn = np.random.default_rng(seed)
    levels = np.concatenate([np.zeros(0), *(drawn.uniform(2000, 4000, n) * loud for n, loud in stretches)])
    found = [(round(a / WINDOW_S), round(b / WINDOW_S)) for a, b in pieces(levels)]
    heard = np.zeros(len(levels), int)
    for begin, end in found:
        assert 0 <= begin < end <= len(levels)
        assert (end - begin) * WINDOW_S <= PIECE_S + 1e-9
        heard[begin:end] += 1
    assert heard.max(initial=0) <= 1
    assert not (speech(levels) & (heard == 0)).any()


def test_silence_is_never_listened_to() -> None:
    levels = np.concatenate([np.zeros(5000), np.full(100, 3000.0), np.zeros(5000)])
    [(begin, end)] = pieces(levels)
    assert (begin, end) == pytest.approx((99.8, 102.2))
    assert list(pieces(np.zeros(100))) == []
