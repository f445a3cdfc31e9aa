"""What a caller hears: words to be spoken and sound files, in the flow's languages.

    say: Welcome.                                  # in every language
    say: {file: jingle.wav}                        # from the site's prompts folder
    say: [{file: jingle.wav}, Welcome.]            # piece after piece
    say: {en: "You owe {sum:money:EUR}.", zh: "您欠{sum:money:EUR}。"}

``{name:kind}`` in a text is a value of the call's data, said as its kind: digits, number, money,
date, time, or text (where nothing is said).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

Kind = Literal["text", "digits", "number", "money", "date", "time"]

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
"""A language, as in BCP 47: ``en``, ``zh``, ``pt-BR``."""

VOICE = r"[A-Za-z][A-Za-z0-9+_-]{0,63}|hibari:[a-z]{0,20}|kokoro:z[fm]_[a-z]{1,20}"
"""A voice: one of espeak-ng (``en``, ``cmn``), ``hibari:`` and one of hibari-tts, or
``kokoro:`` and a Mandarin one of Kokoro."""

EVERY = ""
"""The language of a prompt that is the same in all."""

_VALUE = re.compile(r"\{(\w+)(?::(text|digits|number|money|date|time))?(?::([A-Z]{3}))?\}")


@dataclass(frozen=True, slots=True)
class Value:
    """A place in a text for a value of the call's data. ``currency`` (ISO 4217) is for money."""

    name: str
    kind: Kind
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be spoken. With ``values`` in it, it can only be spoken once they are known."""

    text: str

    def parts(self) -> Iterator[str | Value]:
        """The words and the values between them, in order."""
        end = 0
        for found in _VALUE.finditer(self.text):
            if found.start() > end:
                yield self.text[end : found.start()]
            kind: Any = found[2] or "text"
            yield Value(found[1], kind, found[3] or "")
            end = found.end()
        if end < len(self.text):
            yield self.text[end:]

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(part for part in self.parts() if isinstance(part, Value))


@dataclass(frozen=True, slots=True)
class File:
    """A sound file, by its path inside the site's prompts folder."""

    name: str


Piece = Text | File
Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Pieces by language; under EVERY where they are the same in all."""

    by_language: tuple[tuple[str, Pieces], ...] = ()

    def __bool__(self) -> bool:
        return any(pieces for _, pieces in self.by_language)

    def pieces(self, language: str) -> Pieces:
        """What is heard in a language; nothing where the prompt lacks it."""
        found = dict(self.by_language)
        return found.get(language, found.get(EVERY, ()))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages named; none for a prompt that is the same in all."""
        return tuple(language for language, _ in self.by_language if language != EVERY)

    def all_pieces(self) -> Iterator[tuple[str, Piece]]:
        for language, pieces in self.by_language:
            for piece in pieces:
                yield language, piece

    def values(self) -> Iterator[Value]:
        """The values said in any of its languages."""
        for _, piece in self.all_pieces():
            if isinstance(piece, Text):
                yield from piece.values

    def sayable(self, known: Collection[str]) -> Prompt:
        """What is left of it without the texts that have a value in them which is not known."""
        return Prompt(
            tuple(
                (
                    language,
                    tuple(p for p in pieces if not isinstance(p, Text) or all(v.name in known for v in p.values)),
                )
                for language, pieces in self.by_language
            )
        )


NOTHING = Prompt()


def joined(prompts: Iterable[Prompt]) -> Prompt:
    """The prompts one after the other, as one."""
    parts = [prompt for prompt in prompts if prompt]
    languages = dict.fromkeys(language for part in parts for language, _ in part.by_language)
    return Prompt(
        tuple((language, tuple(piece for part in parts for piece in part.pieces(language))) for language in languages)
    )


def _clean(text: Any, longest: int) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a prompt is text, or file: name.wav, or a list of those, or one of each language")
    words = " ".join(text.split())
    if len(words) > longest or any(unicodedata.category(c) in ("Cc", "Cs") for c in words):
        raise ValueError(f"is too long (over {longest} characters) or has control characters")
    return words


def _text(given: Any) -> Text:
    text = Text(_clean(given, 4000))
    said = "".join(part for part in text.parts() if isinstance(part, str))
    if "{" in said or "}" in said:
        raise ValueError("a value is written {name} or {name:kind}, kind one of digits, number, money, date, time")
    if wrong := next((v for v in text.values if bool(v.currency) != (v.kind == "money")), None):
        raise ValueError(f"{{{wrong.name}}}: money has a currency ({{sum:money:EUR}}), and nothing else has")
    return text


def _piece(given: Any) -> Piece:
    match given:
        case Text() | File():
            return given
        case {"file": name, **rest} if not rest:
            return File(_clean(name, 200))
        case {"say": text, **rest} if not rest:
            return _text(text)
    return _text(given)


def _pieces(given: Any) -> Pieces:
    return tuple(_piece(part) for part in (given if isinstance(given, list | tuple) else [given]) or [None])


def parse(given: Any) -> Prompt:
    """A prompt as written in YAML. Raises ValueError."""
    if isinstance(given, Prompt):
        return given
    if isinstance(given, Mapping) and given and all(LANGUAGE.fullmatch(str(k)) for k in given) and "say" not in given:
        return Prompt(tuple((str(language), _pieces(pieces)) for language, pieces in given.items()))
    return Prompt(((EVERY, _pieces(given)),))


Prompted = Annotated[Prompt, BeforeValidator(parse)]
"""A pydantic field type: a prompt."""
