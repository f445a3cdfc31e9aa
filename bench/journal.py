"""What the journal of a Cordboard that has stopped says of its calls."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

KINDS = ("Queued", "Offered", "Ringing", "Refused", "Connected", "Left", "Ended")


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the journal. ``at`` is Unix seconds; ``offer`` and ``agent`` are empty where it is
    about none."""

    kind: str
    at: float
    call: str
    offer: str = ""
    agent: str = ""


def journal(database: Path) -> list[Written]:
    """The rows of KINDS, in order."""
    with closing(_reading(database)) as connection:
        marks = ", ".join("?" * len(KINDS))
        rows = connection.execute(
            f"SELECT kind, at, call, data FROM journal WHERE kind IN ({marks}) ORDER BY seq", KINDS
        )
        read = [(kind, at, call, json.loads(data)) for kind, at, call, data in rows]
    return [Written(kind, at, call, data.get("offer", ""), data.get("agent", "")) for kind, at, call, data in read]


def outcomes(database: Path) -> dict[str, str]:
    """What came of each call that has a record, by id."""
    with closing(_reading(database)) as connection:
        return dict(connection.execute("SELECT id, outcome FROM calls"))


def _reading(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)


Spans = Collection[tuple[float, float]]
"""(start, end) in Unix seconds."""


def took_ms(rows: Iterable[Written], first: str, then: str, spans: Spans) -> list[float]:
    """Milliseconds from the first event of one kind to the first of another, of each call that had
    both and the former in one of ``spans``."""
    began: dict[str, float] = {}
    took: dict[str, float] = {}
    for row in rows:
        if row.kind == first and any(start <= row.at <= end for start, end in spans):
            began.setdefault(row.call, row.at)
        elif row.kind == then and row.call in began:
            took.setdefault(row.call, (row.at - began[row.call]) * 1000)
    return list(took.values())


def double_assignments(rows: Sequence[Written]) -> list[str]:
    """What must never be, in words: an agent with two calls at a time, or a call with two agents."""
    busy: dict[str, str] = {}
    taken: dict[str, str] = {}
    found: list[str] = []
    for row in rows:
        match row.kind:
            case "Offered":
                if row.agent in busy:
                    found.append(f"{row.agent} was offered {row.call} and had {busy[row.agent]}")
                if row.call in taken:
                    found.append(f"{row.call} was offered to {row.agent} and was with {taken[row.call]}")
                busy[row.agent], taken[row.call] = row.call, row.agent
            case "Connected" if taken.get(row.call) != row.agent:
                found.append(f"{row.call} was joined to {row.agent}, whom it was not offered to")
            case "Refused" | "Left" | "Ended":
                agent = taken.pop(row.call, "")
                if busy.get(agent) == row.call:
                    del busy[agent]
    return found
