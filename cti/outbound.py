"""Which numbers callers may be sent to: nothing a caller typed can ring the rest of the world."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

NUMBER = re.compile(r"\+?[0-9]{1,32}", re.ASCII)
"""A number as it can be dialled: digits, with a + before them or not."""


@dataclass(frozen=True, slots=True)
class Outbound(Collection[str]):
    """The dialplan context that dials numbers, and the numbers that may be dialled there: each of
    ``allow`` is a number, or with a ``*`` at its end what a number begins with."""

    context: str = ""
    allow: tuple[str, ...] = ()

    def __contains__(self, number: object) -> bool:
        """Whether this is a number, and one of the allow-list."""
        return isinstance(number, str) and bool(self.entry(number))

    def entry(self, number: str) -> str:
        """What of the allow-list the number is of, the longest; empty where it may not be dialled."""
        return longest(number, self.allow) if NUMBER.fullmatch(number) else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self.allow)

    def __len__(self) -> int:
        return len(self.allow)


def longest(number: str, entries: Iterable[str]) -> str:
    """The longest entry that is the number, or with a ``*`` what it begins with; empty for none."""
    fitting = (
        entry
        for entry in entries
        if number == entry or (entry.endswith("*") and number.startswith(entry[:-1]) and len(number) >= len(entry))
    )
    return max(fitting, key=len, default="")
