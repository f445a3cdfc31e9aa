"""Chains of sealed entries, by which a change in the database is found. Pure.

Each process that writes seals a chain of its own, numbered from 1: an entry's seal is an HMAC-SHA256 over
the seal before it, its number and its content, by a key that is no part of the database. So whoever can
write to the database alone can neither change, add nor remove an entry without its being found.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

EntryT = TypeVar("EntryT")

BEGIN = ""
"""The seal before the first entry."""

Head = tuple[int, str]
"""Number and seal of a chain's last entry."""


@dataclass(frozen=True, slots=True)
class Sealed(Generic[EntryT]):
    """An entry as it is kept."""

    number: int
    entry: EntryT
    seal: str


def seal(key: bytes, before: str, number: int, entry: Any) -> str:
    """The seal of an entry (a dataclass) that follows one with the seal ``before``."""
    content = [getattr(entry, one.name) for one in fields(entry)]
    text = json.dumps([before, number, *content], sort_keys=True, separators=(",", ":"), default=dict)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sealed(key: bytes, last: Head, *entries: EntryT) -> list[Sealed[EntryT]]:
    """The entries as they follow what was written last."""
    first, before = last[0] + 1, last[1]
    rows = []
    for number, entry in enumerate(entries, first):
        before = seal(key, before, number, entry)
        rows.append(Sealed(number, entry, before))
    return rows


def chain(key: bytes) -> str:
    """The name of the chain that is sealed by a key; it does not tell the key."""
    return hmac.new(key, b"chain", hashlib.sha256).hexdigest()[:16]


def derived(key: bytes, purpose: str) -> bytes:
    """A key for another chain, from one that is kept."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


class Check:
    """Looks through a chain in its order. ``kept`` is the last entry that is known to have been written,
    None where that is not known."""

    def __init__(self, key: bytes, kept: Head | None = None) -> None:
        self._key = key
        self._kept = kept
        self._before: str | None = BEGIN
        self.count = 0
        self.number = 0

    def take(self, row: Sealed[Any]) -> Iterator[str]:
        """What is wrong up to this entry."""
        expected = self.number + 1
        if row.number != expected:
            yield _missing(expected, row.number - 1)
            self._before = None
        elif not hmac.compare_digest(seal(self._key, self._before or BEGIN, row.number, row.entry), row.seal):
            yield f"entry {row.number} is not as it was written"
        if self._kept is not None and self._kept[0] == row.number and self._kept[1] != row.seal:
            yield f"entry {row.number} is not the one that was written last"
        self._before = row.seal
        self.number = row.number
        self.count += 1

    def end(self) -> Iterator[str]:
        """What is wrong after the last entry."""
        if self._kept is not None and self._kept[0] > self.number:
            yield _missing(self.number + 1, self._kept[0])


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
