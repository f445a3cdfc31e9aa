"""A transcript: who said which words when. Pure.

Seconds are of the recording. What was said is in no repr, and so in no log.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cti.calls.words import Party

PAUSE_S = 1.0
"""Whoever is silent for longer begins a line anew."""
LONG_S = 8.0
"""A line of this length ends with the next sentence."""
LONGEST_S = 20.0
_ENDS = (".", "?", "!", "。", "？", "！")
_VERSION = 1

SUFFIX = ".json"


def stem_of(recording: str) -> str:
    """Under which stem the store has the transcript of a recording: so that it is a file of this, too."""
    return f"{recording}.words"


@dataclass(frozen=True, slots=True)
class Word:
    """A word, with its marks and the space before it, where its language has one."""

    text: str = field(repr=False)
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Line:
    """What one side said at a stretch; there is at least one word."""

    side: Party
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The lines of a recording, the first begun first. ``engine`` is what listened."""

    language: str
    engine: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """A line each; who said it is not told."""
        return "\n".join(line.text for line in self.lines)


def clean(words: Iterable[Word], length_s: float) -> Iterator[Word]:
    """Words as an engine says them, made fit to be kept: printable, in the order of their times, within the sound."""
    last = 0.0
    for word in words:
        text = "".join(c if c.isprintable() else " " for c in word.text.encode("utf-8", "replace").decode())
        if not text.strip() or not (math.isfinite(word.start_s) and math.isfinite(word.end_s)):
            continue
        start = min(max(word.start_s, last), length_s)
        yield Word(text, round(start, 2), round(min(max(word.end_s, start), length_s), 2))
        last = start


def lines(said: Mapping[Party, Sequence[Word]]) -> tuple[Line, ...]:
    """The words of each side, in order, as lines of the talk."""
    found = [Line(side, tuple(some)) for side, words in said.items() for some in _stretches(words)]
    return tuple(sorted(found, key=lambda line: (line.words[0].start_s, line.side)))


def _stretches(words: Sequence[Word]) -> Iterator[list[Word]]:
    some: list[Word] = []
    for word in words:
        if some and _over(some, word):
            yield some
            some = []
        some.append(word)
    if some:
        yield some


def _over(some: Sequence[Word], word: Word) -> bool:
    last, long_s = some[-1], some[-1].end_s - some[0].start_s
    ended = long_s >= LONG_S and last.text.rstrip().endswith(_ENDS)
    return word.start_s - last.end_s > PAUSE_S or ended or long_s >= LONGEST_S


def encode(one: Transcript) -> bytes:
    """As it is kept beside its recording: JSON, a word as its text, begin and end."""
    data = {
        "version": _VERSION,
        "language": one.language,
        "engine": one.engine,
        "lines": [
            {"side": line.side.value, "words": [[word.text, word.start_s, word.end_s] for word in line.words]}
            for line in one.lines
        ],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def decode(written: bytes) -> Transcript:
    """What ``encode`` wrote. Raises ValueError for anything else; the message repeats nothing of it."""
    try:
        data: Mapping[str, Any] = json.loads(written)
        if data["version"] != _VERSION:
            raise ValueError
        found = tuple(
            Line(Party(line["side"]), tuple(Word(str(t), float(s), float(e)) for t, s, e in line["words"]))
            for line in data["lines"]
        )
        return Transcript(str(data["language"]), str(data["engine"]), found)
    except (ValueError, KeyError, TypeError):
        raise ValueError("it is no transcript of this version") from None
