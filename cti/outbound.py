"""Which numbers callers may be sent to: nothing a caller typed can ring the rest of the world."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
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
        if not isinstance(number, str) or not NUMBER.fullmatch(number):
            return False
        return any(
            number == allowed
            or (allowed.endswith("*") and number.startswith(allowed[:-1]) and len(number) >= len(allowed))
            for allowed in self.allow
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.allow)

    def __len__(self) -> int:
        return len(self.allow)
