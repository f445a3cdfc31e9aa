"""What supervisors were told of one kind of row, so that they are told only what is other than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""One agent, queue, call or notice as JSON values. Times are Unix seconds."""


class Rows:
    """Rows of one kind as supervisors were last told them, and the names of those touched since.
    ``make`` gives the row as it is now, or None where there is none any more."""

    def __init__(self, make: Callable[[str], Row | None], names: Iterable[str] = ()) -> None:
        self._make = make
        self._touched = dict.fromkeys(names)
        self._told: dict[str, Row] = {}

    def touch(self, name: str) -> None:
        self._touched[name] = None

    def gone(self, name: str) -> None:
        """The row is no more. One that came and went without being told is forgotten."""
        if name in self._told:
            self.touch(name)
        else:
            self._touched.pop(name, None)

    def news(self) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        """The rows that are not as last told, and the names of those that are gone; now they are told."""
        touched, self._touched = self._touched, {}
        rows: list[Row] = []
        gone: list[str] = []
        for name in touched:
            row = self._make(name)
            if row is None:
                del self._told[name]
                gone.append(name)
            elif row != self._told.get(name):
                self._told[name] = row
                rows.append(row)
        return tuple(rows), tuple(gone)
