"""What is personal in what the server tells, and how it looks to who has no need of it. Pure.

Numbers look like ``138****1234``, within names and texts too, and e-mail addresses like ``a***@example.com``. Else
names stay: by them people are known. Who sees what whole is decided in ``sight.py``, in ``desk/veil.py`` by route.
What traces and erasures take out of events goes by PERSONAL, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Kind(StrEnum):
    """What somebody could be known or reached by."""

    NUMBER = "number"
    """A telephone number, as a line shows it or as somebody writes it; or the name of an account."""
    DIALLED = "dialled"
    """The number that was dialled: the site's own, unless we called."""
    NAME = "name"
    ADDRESS = "address"
    """An e-mail address."""
    NOTE = "note"
    """What somebody wrote of a customer."""
    TEXT = "text"
    """What callers chose or entered, and what was said of a call: it may have numbers in it."""


PERSONAL: Mapping[str, Kind] = {
    "caller": Kind.NUMBER,
    "dialled": Kind.DIALLED,
    "number": Kind.NUMBER,
    "numbers": Kind.NUMBER,
    "callbacks": Kind.NUMBER,
    "transferred_to": Kind.NUMBER,
    "email": Kind.ADDRESS,
    "caller_name": Kind.NAME,
    "notes": Kind.NOTE,
    "text": Kind.NOTE,
    "remarks": Kind.NOTE,
    "reasons": Kind.NOTE,
    "choices": Kind.TEXT,
    "screen": Kind.TEXT,
    "fields": Kind.TEXT,
    "detail": Kind.TEXT,
    "what": Kind.TEXT,
    "who": Kind.TEXT,
}
"""The fields of events, records, cards, the API's answers and the feed's rows that are, or may be, a customer's. Of
what is a list or an object all texts count. The name on a card is a NAME, too."""

_APART = " .()/\u00a0\u2010-\u2015-"
_RUN = re.compile(rf"(\d{{4}}-\d\d-\d\d)(?!\d)|\+?\d(?:[{_APART}]{{0,2}}\d){{6,}}")
"""A date, which stays; or what may be a number: seven digits or more, of any script, in groups or not."""
_NUMBER = re.compile(rf"\s*\+?[\d{_APART}]{{4,}}\d\s*")
_STARS = re.compile(rf"\d[{_APART}]{{0,2}}\*\*|\S\*\*\*@")
_ADDRESS = re.compile(r"(?<![^\s<\"'(,;:])([^\s@<>\"'(,;:])[^\s@<>\"']*@")

_EXTENSION = 4
"""Digits of a number that hides nobody: a telephone of the house, or a service of the country."""

T = TypeVar("T", bound="DataclassInstance")


def number(text: str) -> str:
    """A number with its middle hidden; one of four digits or less, and what is none, as they are."""
    return _hidden(text) if _NUMBER.fullmatch(text) else written(text)


def address(text: str) -> str:
    """An e-mail address, of which the first letter and the host are seen."""
    return written(_ADDRESS.sub(r"\1***@", text))


def written(text: str) -> str:
    """A text with all hidden in it that may be a number; dates stay."""
    return _RUN.sub(lambda run: run.group() if run.group(1) else _hidden(run.group()), text)


_HIDES: Mapping[Kind, Callable[[str], str]] = {Kind.NUMBER: number, Kind.DIALLED: number, Kind.ADDRESS: address}


def named(*kinds: Kind) -> frozenset[str]:
    """The fields of these kinds."""
    return frozenset(name for name, kind in PERSONAL.items() if kind in kinds)


def veiled(value: Any) -> Any:
    """A JSON value with all hidden in it that is PERSONAL."""
    match value:
        case dict():
            kinds = {key: _kind(key, value) for key in value}
            return {key: _throughout(one, kind) if (kind := kinds[key]) else veiled(one) for key, one in value.items()}
        case list():
            return [veiled(one) for one in value]
    return value


def veiled_value(value: T) -> T:
    """The same of a dataclass, by its fields: a card or a record, say."""
    given = {one.name: getattr(value, one.name) for one in fields(value)}
    return replace(value, **{k: _throughout(one, kind) for k, one in given.items() if (kind := _kind(k, given))})


def has_stars(value: DataclassInstance) -> bool:
    """Whether anything in it looks as what is hidden does."""
    return any(
        _STARS.search(text)
        for one in fields(value)
        if one.name in PERSONAL
        for text in _texts(getattr(value, one.name))
    )


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for one in value.values() for text in _texts(one))
        case tuple() | list():
            yield from (text for one in value for text in _texts(one))


def _kind(key: str, within: Mapping[str, Any]) -> Kind | None:
    if key == "name" and "notes" in within:
        return Kind.NAME
    kind = PERSONAL.get(key)
    return None if kind is Kind.DIALLED and within.get("direction") == "in" else kind


def _throughout(value: Any, kind: Kind) -> Any:
    match value:
        case str():
            return _HIDES.get(kind, written)(value)
        case dict():
            return {key: _throughout(one, kind) for key, one in value.items()}
        case tuple():
            return tuple(_throughout(one, kind) for one in value)
        case list():
            return [_throughout(one, kind) for one in value]
    return value


def _hidden(text: str) -> str:
    """The digits in the middle as stars; of a number with a country code, that is seen besides."""
    places = [at for at, one in enumerate(text) if one.isdecimal()]
    code = _code([text[at] for at in places]) if text.lstrip().startswith("+") else 0
    code = code if len(places) - code > _EXTENSION else 0
    first, last = _seen(len(places) - code)
    chars = list(text)
    for at in places[code + first : len(places) - last]:
        chars[at] = "*"
    return "".join(chars)


def _seen(digits: int) -> tuple[int, int]:
    """How many of the first and of the last digits are seen of so many."""
    if digits >= 11:
        return 3, 4
    if digits >= 8:
        return 2, 3
    if digits == 7:
        return 2, 2
    return (1, 1) if digits > _EXTENSION else (digits, 0)


def _code(digits: Sequence[str]) -> int:
    """How many of the digits are a country code; 0 where they begin with none."""
    return next((n for n in (1, 2, 3) if int("".join(digits[:n]) or 0) in COUNTRY_CODE_TO_REGION_CODE), 0)
