"""The audit log's words: what was done, by whom, to what. Pure. Its entries are sealed: see ``seals.py``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

REPEAT_S = 60.0
"""Somebody who looks at the same thing again within this time has looked at it once."""
KEPT = 2_000


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
