"""The audit log's words: what was done, by whom, to what; and the seals by which a change is found.

Pure. Each server seals its own chain of entries, numbered from 1: an entry's seal is an HMAC-SHA256 over
the seal before it, its number and its content, by a key that is no part of the database. So whoever can
write to the database alone can neither change, add nor remove an entry without its being found.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

REPEAT_S = 60.0
"""Somebody who looks at the same thing again within this time has looked at it once."""
KEPT = 2_000
BEGIN = ""
"""The seal before the first entry."""


class Result(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    """Not allowed, or not there for who asked."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done or tried. ``at`` is Unix seconds. ``who`` is a log-in name, or a program's key;
    empty where nobody is known. ``address`` is the network address. ``object`` is ``kind:id``, or empty. No
    number or name of a customer is in any of it."""

    at: float
    who: str
    role: str
    address: str
    what: str
    object: str
    result: Result
    detail: Mapping[str, str | int] = field(default_factory=dict)


Note = Callable[[Entry], None]
"""Takes an entry, and never waits."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as it is kept."""

    number: int
    entry: Entry
    seal: str


def seal(key: bytes, before: str, number: int, entry: Entry) -> str:
    """The seal of an entry that follows one with the seal ``before``."""
    content = [getattr(entry, one.name) for one in fields(entry)]
    text = json.dumps([before, number, *content], sort_keys=True, separators=(",", ":"), default=dict)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def chain(key: bytes) -> str:
    """The name of the chain that is sealed by a key; it does not tell the key."""
    return hmac.new(key, b"chain", hashlib.sha256).hexdigest()[:16]


class Check:
    """Looks through a chain in its order. ``kept`` is the number and seal of the last entry that is known to
    have been written, None where that is not known."""

    def __init__(self, key: bytes, kept: tuple[int, str] | None = None) -> None:
        self._key = key
        self._kept = kept
        self._before: str | None = BEGIN
        self.count = 0
        self.number = 0

    def take(self, row: Sealed) -> Iterator[str]:
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


class Repeats:
    """Tells what was looked at a moment ago from what is looked at anew. The oldest are forgotten above KEPT."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[Any, ...], float] = OrderedDict()

    def new(self, entry: Entry) -> bool:
        key = (entry.who, entry.what, entry.object, entry.result, entry.address)
        before = self._seen.get(key)
        if before is not None and before <= entry.at < before + REPEAT_S:
            return False
        self._seen[key] = entry.at
        self._seen.move_to_end(key)
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return True


FACTS = "cordboard.audit"
"""In the scope of a connection: what its entry is to say besides."""


def say(scope: Any, **facts: str | int) -> None:
    """Has the entry of a request say more of what was done: ids, numbers of things, and our own words."""
    scope.setdefault(FACTS, {}).update(facts)
