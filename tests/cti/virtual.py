"""A loop whose time is virtual: when all is done that can be, it jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumps(selectors.DefaultSelector):
    """Passes the time that the loop would wait, without waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("nothing is left to happen, and the test waits")
        self.now += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumps = _Jumps()
        super().__init__(self._jumps)

    def time(self) -> float:
        return self._jumps.now


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Runs a scenario in virtual time, from 0. What would wait for ever raises AssertionError."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(scenario)
