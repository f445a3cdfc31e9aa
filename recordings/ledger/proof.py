"""Proves by the ledger that nothing of the recordings was altered or removed: its own entries, the records,
and the files in the folder.

While the server runs, things change under it: so what looks wrong is looked at a second time, with what the
ledger says then.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti.seals import Check, Sealed, chain
from recordings.files import Files, NotARecording
from recordings.heads import read_head
from recordings.ledger.ledger import Entry, What, chain_key, entry_of, head_file, heads
from recordings.store import Store
from recordings.tables import ledger, open_calls, recordings
from recordings.words import NO_RECORDING, RecordingState

BATCH = 500
YOUNG_S = 60.0
"""A file that is younger may be on its way into the ledger, and an entry into the next one."""
LATE_S = 600.0
"""By then a talk that is over is measured, where a server runs."""

Progress = Callable[[str, int, int], None]
"""Told what is looked at, how many are done, and of how many (0: nobody knows)."""


@dataclass(slots=True)
class Report:
    """How it came out. ``entries`` are those of our chains, ``others`` sealed by another server's key.
    ``states`` counts recordings by what was found of them; ``older`` files are from before there was a ledger.
    Every fault is a line that says what is wrong, and where."""

    entries: int = 0
    others: int = 0
    files: int = 0
    older: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Known:
    """What the ledger says of one recording."""

    stem: str
    call: str
    at: float
    state: str = RecordingState.EXPECTED.value
    files: dict[str, str] = field(default_factory=dict)
    expects: set[str] = field(default_factory=set)
    removed: bool = False


def known(entries: Iterable[Entry]) -> Known:
    """What the entries of one recording, in order, come to. Raises ValueError without any."""
    found: Known | None = None
    for entry in entries:
        if found is None:
            found = Known(entry.stem, entry.call, entry.at)
        detail = entry.detail
        match entry.what:
            case What.EXPECTED:
                found.expects = set(detail.get("expects", ()))
            case What.MEASURED:
                found.state, found.expects = str(detail.get("state")), set()
            case What.DELETED | What.ERASED:
                found.removed = True
        found.files |= detail.get("files", {})
        for name in detail.get("gone", ()):
            found.files.pop(name, None)
        found.at = entry.at
    if found is None:
        raise ValueError("no entries")
    return found


async def verify(store: Store, key: bytes, state: Path, files: Files, progress: Progress) -> Report:
    """Looks through everything. ``state`` is the folder of what was written last, ``files`` the recordings'.
    Raises SQLAlchemyError, OSError."""
    report = Report()
    async with store.connect() as connection:
        own = await _chains(connection, key, state)
        report.others = await _count(connection, ledger.c.chain.not_in(list(own)))
        total = await _count(connection) - report.others
        for writer_chain, (writer, seals) in own.items():
            async for row in _rows_of(connection, writer_chain):
                report.entries += 1
                if report.entries % BATCH == 0:
                    progress("entries", report.entries, total)
                report.faults += (f"ledger of {writer}: {problem}" for problem in _taken(seals, row))
            report.faults += (f"ledger of {writer}: {problem}" for problem in seals.end())
        async for batch in _batches(connection, own):
            await _look_at(connection, own, batch, files, report)
            progress("recordings", sum(report.states.values()), 0)
        for looked, names in enumerate(_listed(files), 1):
            await _orphans(connection, own, names, report)
            progress("files", looked * BATCH, 0)
    return report


async def _chains(connection: AsyncConnection, key: bytes, state: Path) -> dict[str, tuple[str, Check]]:
    """Our chains by their names: who writes each, and what checks it."""
    kept = await asyncio.to_thread(heads, state)
    writers = {*kept, *await connection.scalars(select(ledger.c.writer).distinct())}
    there = set(await connection.scalars(select(ledger.c.chain).distinct()))
    found = {}
    for writer in sorted(writers):
        sealing, head = chain_key(key, writer), read_head(head_file(state, writer))
        if chain(sealing) in there or head is not None:
            found[chain(sealing)] = writer, Check(sealing, head)
    return found


async def _count(connection: AsyncConnection, *where: ColumnElement[bool]) -> int:
    return (await connection.execute(select(func.count()).select_from(ledger).where(*where))).scalar_one()


def _taken(seals: Check, row: Row[tuple[object, ...]]) -> Iterator[str]:
    try:
        yield from seals.take(Sealed(row.number, entry_of(row), row.seal))
    except ValueError:
        yield f"entry {row.number} is not one of ours: {row.what!r}"


async def _rows_of(connection: AsyncConnection, name: str) -> AsyncIterator[Row[tuple[object, ...]]]:
    last = 0
    while True:
        query = select(ledger).where(ledger.c.chain == name, ledger.c.number > last)
        rows = (await connection.execute(query.order_by(ledger.c.number).limit(BATCH))).all()
        for row in rows:
            yield row
        if not rows:
            return
        last = rows[-1].number


async def _batches(connection: AsyncConnection, own: Collection[str]) -> AsyncIterator[list[str]]:
    """The stems that our chains know, some at a time."""
    last = ""
    while True:
        query = select(ledger.c.stem).where(ledger.c.chain.in_(own), ledger.c.stem > last).distinct()
        stems = list(await connection.scalars(query.order_by(ledger.c.stem).limit(BATCH)))
        if not stems:
            return
        yield stems
        last = stems[-1]


async def _of(connection: AsyncConnection, own: Collection[str], stems: Collection[str]) -> list[Known]:
    query = select(ledger).where(ledger.c.chain.in_(own), ledger.c.stem.in_(stems))
    rows = (await connection.execute(query.order_by(ledger.c.stem, ledger.c.seq))).all()
    found = []
    for _, of_stem in groupby(rows, key=lambda row: row.stem):
        entries = [entry_of(row) for row in of_stem if row.what in set(What)]
        if entries:
            found.append(known(entries))
    return found


async def _look_at(
    connection: AsyncConnection, own: Collection[str], stems: Collection[str], files: Files, report: Report
) -> None:
    """Recordings against their records and files."""
    doubtful = []
    for one, faults in await _compared(connection, own, stems, files):
        if faults:
            doubtful.append(one.stem)
            continue
        report.states[one.state] += 1
        report.files += len(one.files)
    for one, faults in await _compared(connection, own, doubtful, files) if doubtful else ():
        report.states[one.state] += 1
        report.files += len(one.files)
        report.faults += faults


async def _compared(
    connection: AsyncConnection, own: Collection[str], stems: Collection[str], files: Files
) -> list[tuple[Known, list[str]]]:
    there = await _of(connection, own, stems)
    rows = await connection.execute(select(recordings.c.stem, recordings.c.state).where(recordings.c.stem.in_(stems)))
    states = {row.stem: row.state for row in rows}
    calls = {one.call for one in there}
    live = set(await connection.scalars(select(open_calls.c.call).where(open_calls.c.call.in_(calls))))
    hashed = await asyncio.to_thread(lambda: [list(_files_wrong(one, files)) for one in there])
    now = time.time()
    return [
        (one, [*_record_wrong(one, states.get(one.stem), one.call in live, now), *wrong])
        for one, wrong in zip(there, hashed, strict=True)
    ]


def _record_wrong(one: Known, state: str | None, live: bool, now: float) -> Iterator[str]:
    if one.state == RecordingState.EXPECTED and not (live or one.removed) and now - one.at > LATE_S:
        since = datetime.fromtimestamp(one.at, UTC).isoformat(" ", "seconds")
        yield f"{one.stem}: expected since {since}, never measured; the server measures it when it starts"
    if one.removed or one.state in NO_RECORDING or now - one.at < YOUNG_S:
        return
    if state is None:
        yield f"{one.stem}: its record is gone; by the ledger it was {one.state}"
    elif state != one.state:
        yield f"{one.stem}: its record says {state}, the ledger {one.state}"


def _files_wrong(one: Known, files: Files) -> Iterator[str]:
    """Blocks."""
    for name, digest in one.files.items():
        try:
            found = _digest(files.path(name))
        except (FileNotFoundError, NotADirectoryError):
            yield f"{name}: the file is gone (call {one.call})"
        except (OSError, NotARecording) as error:
            yield f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}"
        else:
            if found != digest:
                yield f"{name}: is not the file that was measured (call {one.call})"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(files: Files) -> Iterator[list[str]]:
    """The files in the folder by name, some at a time, without the youngest. Blocks."""
    now, names = time.time(), list[str]()
    for folder, inner, within in os.walk(files.folder):
        inner.sort()
        for name in sorted(within):
            path = Path(folder, name)
            try:
                age = now - path.lstat().st_mtime
            except (FileNotFoundError, NotADirectoryError):
                continue
            if not 0 <= age < YOUNG_S:
                names.append(files.name(path))
            if len(names) == BATCH:
                yield names
                names = []
    if names:
        yield names


def _stems(name: str) -> set[str]:
    """The stems that a file of this name may be of."""
    folder, _, last = name.rpartition("/")
    bare = last.removeprefix(".").removesuffix(".part")
    cuts = {bare.rsplit(".", n)[0] for n in (1, 2)}
    cuts |= {cut.removesuffix(side) for cut in cuts for side in ("-caller", "-agent")}
    return {f"{folder}/{cut}" if folder else cut for cut in cuts}


async def _orphans(connection: AsyncConnection, own: Collection[str], names: Sequence[str], report: Report) -> None:
    """Files that no entry knows."""
    of: Mapping[str, set[str]] = {name: _stems(name) for name in names}
    stems = set().union(*of.values())
    expected = {name for one in await _of(connection, own, stems) for name in (*one.files, *one.expects)}
    unknown = [name for name in names if name not in expected]
    if not unknown:
        return
    older = select(recordings.c.stem).where(recordings.c.stem.in_(set().union(*(of[name] for name in unknown))))
    entered = select(ledger.c.stem).where(ledger.c.stem == recordings.c.stem).exists()
    began = select(func.min(ledger.c.at)).scalar_subquery()
    before = set(await connection.scalars(older.where(~entered, or_(began.is_(None), recordings.c.started_at < began))))
    for name in unknown:
        if of[name] & before:
            report.older += 1
        else:
            report.faults.append(f"{name}: no entry of the ledger knows this file")
