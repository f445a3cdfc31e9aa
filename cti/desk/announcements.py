"""Announcements: what supervisors tell agents on their screens, until a time; kept over restarts."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import structlog

LONGEST = 500
"""Characters of a text."""
MOST = 100
"""So many at a time: who needs more has other means."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Announcement:
    """``by`` said ``text`` at ``at``, to be shown until ``until`` (Unix seconds). ``agents`` are those
    it is for, None for all; ``queue`` is the queue by which they were chosen, if any."""

    id: str
    text: str
    by: str
    at: float
    until: float
    agents: tuple[str, ...] | None = None
    queue: str = ""
    seen: tuple[str, ...] = ()
    """The agents who said that they have seen it."""

    def reaches(self, agent: str | None) -> bool:
        """Whether this agent is to see it; None stands for supervisors, who see all."""
        return agent is None or self.agents is None or agent in self.agents

    def row(self, agent: str | None) -> dict[str, Any]:
        """As JSON values, as it is shown to the agent, or to supervisors."""
        row: dict[str, Any] = {
            "id": self.id,
            "text": self.text,
            "by": self.by,
            "at": self.at,
            "until": self.until,
        }
        if agent is None:
            agents = None if self.agents is None else list(self.agents)
            return row | {"queue": self.queue, "agents": agents, "seen": list(self.seen)}
        return row | {"seen": agent in self.seen}


class TooMany(Exception):
    """MOST announcements are shown already."""


class Announcements:
    """Those that have not ended. ``file`` is where they are kept; one that cannot be read counts as empty."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._turn = asyncio.Lock()
        self._by_id = _read(file)

    def current(self, now: float, agent: str | None = None) -> list[Announcement]:
        """Those an agent is to see, or all, in the order in which they were said."""
        return [one for one in self._by_id.values() if now < one.until and one.reaches(agent)]

    async def say(
        self, text: str, by: str, now: float, until: float, agents: Collection[str] | None = None, queue: str = ""
    ) -> Announcement:
        """A new one. Raises TooMany; OSError, and changes nothing then, if it cannot be kept."""
        to = None if agents is None else tuple(agents)
        said = Announcement(secrets.token_hex(6), text, by, now, until, to, queue)
        async with self._turn:
            there = {one.id: one for one in self.current(now)}
            if len(there) >= MOST:
                raise TooMany
            await self._keep({**there, said.id: said})
        return said

    async def end(self, id: str, now: float) -> Announcement | None:
        """Ends one before its time; None where it is not there. Raises OSError as ``say``."""
        async with self._turn:
            there = {one.id: one for one in self.current(now)}
            ended = there.pop(id, None)
            if ended is None:
                return None
            await self._keep(there)
        return replace(ended, until=now)

    async def saw(self, id: str, agent: str, now: float) -> Announcement | None:
        """An agent has seen one; None where he is not to see it. Raises OSError as ``say``."""
        async with self._turn:
            there = {one.id: one for one in self.current(now)}
            said = there.get(id)
            if said is None or not said.reaches(agent):
                return None
            if agent not in said.seen:
                said = there[id] = replace(said, seen=(*said.seen, agent))
                await self._keep(there)
        return said

    async def _keep(self, announcements: Mapping[str, Announcement]) -> None:
        await asyncio.to_thread(self._write, announcements)
        self._by_id = dict(announcements)

    def _write(self, announcements: Mapping[str, Announcement]) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps([asdict(one) for one in announcements.values()]), encoding="utf-8")
        fresh.replace(self._file)


def _read(file: Path) -> dict[str, Announcement]:
    try:
        found = [_announcement(row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        log.error("the announcements' file cannot be read: none are shown", file=str(file), error=type(error).__name__)
        return {}
    return {one.id: one for one in found}


def _announcement(row: Any) -> Announcement:
    agents = row["agents"]
    seen = tuple(row.get("seen", ()))
    return Announcement(**{**row, "agents": None if agents is None else tuple(agents), "seen": seen})
