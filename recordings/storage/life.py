"""The end of recordings: deletes those whose time is over, with proof, and never one that is under a hold.

That it is deleted is in the database and in the ledger before its files go, in one transaction that looks for
holds: whatever is killed or away then, the files go later.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, delete, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from recordings.desk.dispositions import of_calls
from recordings.ledger.ledger import Entry, What
from recordings.storage.catalogue import HERE, Stored
from recordings.storage.faults import StorageFault
from recordings.storage.holds import held
from recordings.storage.retention import Rule, Subject, over
from recordings.storage.storage import Storage
from recordings.storage.tables import stored
from recordings.store import Store
from recordings.tables import calls, pipeline, recordings, waveforms
from recordings.transcripts.tables import transcribing, transcripts
from recordings.transcripts.words import stem_of
from recordings.words import RecordingState

log = structlog.get_logger(__name__)

BATCH = 200
PAUSE_S = 1.0
"""Between two batches: whatever there is to do, others have the database most of the time."""
AGAIN_S = 600.0
DAY_S = 86_400.0
_MEASURED = [state.value for state in RecordingState if state is not RecordingState.EXPECTED]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a run came to: recordings deleted, and those that are over and held."""

    deleted: int = 0
    held: int = 0


class Life:
    """``rules`` are the site's."""

    def __init__(self, store: Store, storage: Storage, rules: Sequence[Rule]) -> None:
        self._store = store
        self._storage = storage
        self._rules = rules

    async def delete(self, stem: str, call: str, what: What, by: str, now: float) -> bool:
        """Deletes what there is of a recording; ``by`` is a rule or a person. False where a hold keeps it. Where
        its files cannot be removed now, ``finish`` does it. Raises SQLAlchemyError, OSError, NotARecording."""
        there = await asyncio.to_thread(_hashes, self._storage.files.of(stem), self._storage.files.name)
        async with self._store.writing() as connection:
            if await held(connection, [call]):
                return False
            row = (await connection.execute(select(stored).where(stored.c.stem == stem))).one_or_none()
            if row is not None and row.deleted_at is not None:
                return True
            were = dict(there)
            values = {"deleted_at": now, "deleted_by": by, "wrapped": "", "master": ""}
            if row is not None:
                were[row.key] = row.sha256
                await connection.execute(update(stored).where(stored.c.stem == stem).values(values))
            else:
                key, sha256 = next(iter(there.items()), (stem, ""))
                one = Stored(stem=stem, key=key, place=HERE, size=0, sha256=sha256, at=now)
                new = {column.name: getattr(one, column.name) for column in stored.c}
                await connection.execute(insert(stored), [new | values])
            await connection.execute(update(recordings).where(recordings.c.stem == stem).values(file=None))
            await connection.execute(delete(pipeline).where(pipeline.c.stem == stem))
            await connection.execute(delete(waveforms).where(waveforms.c.stem == stem))
            beside = stem_of(stem)
            words = (await connection.execute(select(stored).where(stored.c.stem == beside))).one_or_none()
            if words is not None:
                were[words.key] = words.sha256
                await connection.execute(update(stored).where(stored.c.stem == beside).values(values))
            await connection.execute(delete(transcripts).where(transcripts.c.stem == stem))
            await connection.execute(update(transcribing).where(*_given_up(stem)).values(failed_at=None, tries=0))
            gone = {*there, *([words.key] if words is not None else [])}
            detail = {"by": by, "were": were, "gone": sorted(gone)}
            await self._store.note(connection, Entry(now, what, stem, call, detail))
        try:
            await self._remove(stem)
            if words is not None:
                await self._remove(beside)
        except (StorageFault, OSError) as error:
            log.warning("a deleted recording's files are removed later", stem=stem, error=str(error))
        return True

    async def finish(self) -> int:
        """Removes the files of what was deleted while they could not be; says of how many. Raises
        StorageFault, OSError, SQLAlchemyError."""
        count = 0
        wanted = select(stored.c.stem).where(stored.c.gone.is_(False), stored.c.deleted_at.is_not(None)).limit(BATCH)
        while True:
            async with self._store.connect() as connection:
                stems = list(await connection.scalars(wanted))
            for stem in stems:
                await self._remove(stem)
            count += len(stems)
            if len(stems) < BATCH:
                return count

    async def sweep(self, now: float, pause_s: float = PAUSE_S) -> Swept:
        """Deletes all whose time is over. Raises as ``delete``."""
        swept = Swept()
        if not self._rules:
            return swept
        after = (0.0, "")
        while True:
            found = await self._some(now - min(rule.keep_s for rule in self._rules), after)
            for subject in found:
                rule = over(self._rules, subject, now)
                if rule is None:
                    continue
                if await self.delete(subject.stem, subject.call, What.DELETED, f"rule {rule}", now):
                    swept = replace(swept, deleted=swept.deleted + 1)
                else:
                    swept = replace(swept, held=swept.held + 1)
            if len(found) < BATCH:
                return swept
            after = (found[-1].started_at, found[-1].stem)
            await asyncio.sleep(pause_s)

    async def run(self, clock: Callable[[], float]) -> None:
        """Sweeps once a day, and finishes what was left, until cancelled."""
        due = clock()
        while True:
            try:
                if (finished := await self.finish()) and due > clock():
                    log.info("files of deleted recordings are removed", recordings=finished)
                if clock() >= due:
                    swept = await self.sweep(clock())
                    due = clock() + DAY_S
                    if swept.deleted or swept.held:
                        log.info("recordings whose time is over", deleted=swept.deleted, held=swept.held)
            except (StorageFault, SQLAlchemyError, OSError) as error:
                log.warning("recordings whose time is over are deleted later", error=type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    async def _remove(self, stem: str) -> None:
        async with self._store.connect() as connection:
            row = (await connection.execute(select(stored).where(stored.c.stem == stem))).one()
        await self._storage.remove(Stored(**row._mapping))
        async with self._store.writing() as connection:
            await connection.execute(update(stored).where(stored.c.stem == stem).values(gone=True))

    async def _some(self, before: float, after: tuple[float, str]) -> list[Subject]:
        """Recordings from before then, the oldest first, that are not deleted."""
        wanted = (
            select(recordings.c.stem, recordings.c.call, recordings.c.started_at, calls.c.queue, calls.c.outcome)
            .join(calls, calls.c.id == recordings.c.call)
            .outerjoin(stored, stored.c.stem == recordings.c.stem)
            .where(recordings.c.state.in_(_MEASURED), stored.c.deleted_at.is_(None))
            .where(recordings.c.state != RecordingState.MISSING.value, recordings.c.started_at <= before)
            .where(tuple_(recordings.c.started_at, recordings.c.stem) > tuple_(*after))
            .order_by(recordings.c.started_at, recordings.c.stem)
            .limit(BATCH)
        )
        async with self._store.connect() as connection:
            rows = (await connection.execute(wanted)).all()
            said: dict[str, list[str]] = {}
            for one in await of_calls(connection, [row.call for row in rows]):
                said.setdefault(one.call, []).append(one.disposition)
        return [Subject(**row._mapping, dispositions=tuple(said.get(row.call, ()))) for row in rows]


def _given_up(stem: str) -> tuple[ColumnElement[bool], ...]:
    """Whether its transcript was given up: a worker is to see that nothing of one is left."""
    return transcribing.c.stem == stem, transcribing.c.failed_at.is_not(None)


def _hashes(paths: Sequence[Path], name: Callable[[Path], str]) -> dict[str, str]:
    """The SHA-256 of each file, by its name."""
    found = {}
    for path in paths:
        with path.open("rb") as file:
            found[name(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
