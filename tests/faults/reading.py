"""Reads Asterisk's, our, and the disk's account of the calls. Raw tables and files: none of our own reading code."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import soundfile as sf
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from demo.configuration import MODULES
from tests.faults.accounts import Channel, Row, Sound, Talk, Together

CEL = {
    "cel.conf": "[general]\nenable = yes\napps =\nevents = CHAN_START,CHAN_END,BRIDGE_ENTER,BRIDGE_EXIT\n",
    "cel_custom.conf": "[mappings]\n"
    "cel.csv => ${eventtype},${eventtime},${CALLERID(num)},${CHANNEL(channame)},${CHANNEL(uniqueid)},"
    "${CSV_QUOTE(${eventextra})}\n",
    "modules.conf": "[modules]\nautoload = no\n"
    + "".join(f"load = {name}.so\n" for name in (*MODULES, "res_cdrel_custom", "cel_custom")),
}
"""Asterisk's configuration for its own account."""


def channels(folder: Path) -> list[Channel]:
    """The callers' channels, from the CEL in Asterisk's log folder."""
    return channels_of(_lines(folder))


def _lines(folder: Path) -> list[list[str]]:
    path = folder / "cel-custom" / "cel.csv"
    return list(csv.reader(path.read_text(errors="replace").splitlines())) if path.exists() else []


def channels_of(lines: Iterable[list[str]]) -> list[Channel]:
    """The same, from the lines of the CEL: kind, Unix seconds, number, channel, its unique id, and a bridge's id."""
    lines = _whole(lines)
    callers: dict[str, Channel] = {}
    entered: dict[tuple[str, str], float] = {}
    within: dict[str, set[str]] = {}
    # Who is in a bridge at the end of the account leaves it there.
    left = [["BRIDGE_EXIT", lines[-1][1], *line[2:]] for line in lines if line[0] == "BRIDGE_ENTER"]
    for line in lines + left:
        kind, at, number, name, id, extra = line[0], float(line[1]), *line[2:]
        phone = name.rpartition("-")[0].removeprefix("PJSIP/")
        if kind == "CHAN_START" and phone == "caller":
            callers[id] = Channel(number, at)
        elif kind == "CHAN_END" and id in callers:
            callers[id].end = at
        elif kind == "BRIDGE_ENTER":
            bridge = json.loads(extra)["bridge_id"]
            entered[bridge, name] = at
            within.setdefault(bridge, set()).add(f"{name} {id}")
        elif kind == "BRIDGE_EXIT":
            bridge = json.loads(extra)["bridge_id"]
            mine = f"{name} {id}"
            if mine not in within[bridge]:
                continue
            within[bridge].discard(mine)
            others = within[bridge]
            for other in others:
                other_name, _, other_id = other.partition(" ")
                start = max(entered[bridge, name], entered[bridge, other_name])
                for caller, peer in ((id, other_name), (other_id, name)):
                    if caller in callers and not peer.startswith("PJSIP/caller-"):
                        with_whom = peer.rpartition("-")[0].removeprefix("PJSIP/")
                        callers[caller].bridged.append(Together(with_whom, start, at))
    return list(callers.values())


def _whole(lines: Iterable[list[str]]) -> list[list[str]]:
    """Without those that Asterisk was killed over."""
    return [line for line in lines if len(line) == 6]


@dataclass(frozen=True, slots=True)
class Leg:
    """A phone was called, or talked, from ``start`` to ``end``: Unix seconds."""

    phone: str
    start: float
    end: float


def legs(folder: Path) -> list[Leg]:
    """All legs of phones that are over, from the CEL in Asterisk's log folder."""
    began: dict[str, float] = {}
    found = []
    for kind, at, _, name, id, _ in _whole(_lines(folder)):
        if kind == "CHAN_START":
            began[id] = float(at)
        elif kind == "CHAN_END" and id in began:
            found.append(Leg(name.rpartition("-")[0].removeprefix("PJSIP/"), began.pop(id), float(at)))
    return found


async def ours(url: str, folder: Path) -> tuple[list[Row], list[Sound]]:
    """What our tables say of calls and recordings, and what of those is in the recordings' ``folder``."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            asked = "SELECT call, kind, agent, started_at, ended_at, recording FROM segments"
            parts = list(await connection.execute(text(asked)))
            talks: dict[str, list[Talk]] = {}
            for part in (part for part in parts if part.kind == "talk"):
                paused = [one for one in parts if (one.kind, one.call) == ("pause", part.call) and part.ended_at]
                ends = [min(one.ended_at or part.ended_at, part.ended_at) - one.started_at for one in paused]
                talk = Talk(part.agent, part.started_at, part.ended_at, part.recording, sum(max(0.0, s) for s in ends))
                talks.setdefault(part.call, []).append(talk)
            calls = await connection.execute(
                text("SELECT id, caller, ended_at, ended_by, outcome, estimated FROM calls")
            )
            rows = [
                Row(c.id, c.caller, c.ended_at, c.ended_by, c.outcome, bool(c.estimated), talks.get(c.id, ()))
                for c in calls
            ]
            found = await connection.execute(text("SELECT stem, state, file FROM recordings"))
            return rows, [Sound(one.stem, one.state, _seconds(folder, one.file)) for one in found]
    finally:
        await engine.dispose()


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that waited, as our record has it; times are Unix seconds."""

    number: str
    priority: int
    queued_at: float
    connected_at: float | None


async def waits(url: str) -> list[Wait]:
    """All calls that waited."""
    asked = "SELECT caller, priority, queued_at, connected_at FROM calls WHERE queued_at IS NOT NULL"
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return [Wait(*row) for row in await connection.execute(text(asked))]
    finally:
        await engine.dispose()


async def chosen(url: str) -> dict[str, list[str]]:
    """What each caller chose and typed in menus, in order, by number."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(text("SELECT caller, choices FROM calls"))
            return {caller: [value for _, value in json.loads(choices)] for caller, choices in rows}
    finally:
        await engine.dispose()


async def unfinished(url: str) -> list[str]:
    """The calls of which our journal has no end yet, and the recordings that are not finished: those that were given
    up are, where they are not said to be whole."""
    stems = "SELECT stem FROM pipeline JOIN recordings USING (stem) WHERE failed_at IS NULL OR state = 'whole'"
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return list((await connection.execute(text(f"SELECT call FROM open_calls UNION {stems}"))).scalars())
    finally:
        await engine.dispose()


def _seconds(folder: Path, file: str | None) -> float | None:
    path = folder / file if file else None
    return float(sf.info(path).duration) if path and path.exists() else None
