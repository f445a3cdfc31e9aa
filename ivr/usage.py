"""How often each key of each menu was chosen in the last days: a fold over ``Chosen``.

Only keys are counted, never what a caller entered.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from cti.calls.call import Call
from cti.calls.events import Chosen, Event
from cti.calls.part import Output
from ivr.node import KEYS

DAYS = 7
"""Days that count, today (UTC) among them."""

DAY_S = 86_400

SAVE_S = 60.0
"""Seconds at most that counts are only in memory."""

MAX_COUNTS = 5_000
"""Keys of menus counted in a day: more than any site has."""

Place = tuple[str, str, str]
"""A flow, a node, a key."""

log = structlog.get_logger(__name__)


class Counts:
    """Choices by day (days since 1970, UTC); days that no longer count are forgotten."""

    def __init__(self) -> None:
        self.days: dict[int, Counter[Place]] = {}

    def add(self, place: Place, day: int, times: int = 1) -> None:
        """Counts a choice."""
        counts = self.days.setdefault(day, Counter())
        if place in counts or len(counts) < MAX_COUNTS:
            counts[place] += times
        for old in [d for d in self.days if d <= max(self.days) - DAYS]:
            del self.days[old]

    def of(self, flow: str, node: str) -> Counter[str]:
        """How often each key was chosen at a node, in all the days kept."""
        total: Counter[str] = Counter()
        for counts in self.days.values():
            for place, times in counts.items():
                if place[:2] == (flow, node):
                    total[place[2]] += times
        return total


class Usage:
    """A part that counts what is chosen, and keeps the counts in ``file`` over restarts.

    A file that cannot be read counts as empty.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._counts = _read(file)
        self._save_at: float | None = None
        self._saving: asyncio.Task[None] | None = None

    async def of(self, flow: str, node: str) -> Mapping[str, int]:
        """How often each key was chosen lately at a menu."""
        return self._counts.of(flow, node)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if isinstance(event, Chosen) and call is not None and len(event.value) == 1 and event.value in KEYS:
            self._counts.add((call.flow, event.node, event.value), int(event.at // DAY_S))
            if self._save_at is None:
                self._save_at = now + SAVE_S
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        if self._save_at is not None and now >= self._save_at:
            self._saving = asyncio.create_task(self.save(), name="usage")  # the loop does not wait for a disk
            self._save_at = None
        return ()

    def next_time(self) -> float | None:
        return self._save_at

    async def save(self) -> None:
        """Writes the counts; what cannot be written is tried again with a later choice."""
        rows = [[day, *place, times] for day, counts in self._counts.days.items() for place, times in counts.items()]
        try:
            await asyncio.to_thread(self._write, json.dumps(rows))
        except OSError as error:
            log.warning("the counts of choices cannot be written", file=str(self._file), error=type(error).__name__)

    def _write(self, text: str) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._file)


def _read(file: Path) -> Counts:
    counts = Counts()
    try:
        for day, flow, node, key, times in json.loads(file.read_text(encoding="utf-8")):
            counts.add((str(flow), str(node), str(key)), int(day), int(times))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, RecursionError) as error:
        log.warning("the counts of choices cannot be read: they begin anew", error=type(error).__name__)
        return Counts()
    return counts
