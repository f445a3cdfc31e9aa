"""What the database knows of each sound: where it is, what it was as it was written, and its key, wrapped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from recordings.ledger.ledger import Entry, What
from recordings.storage.faults import NotThere
from recordings.storage.tables import stored
from recordings.store import Store
from recordings.tables import recordings

BATCH = 500
HERE = "folder"
"""The recordings folder itself: what is put there stays where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A sound as it was handed over: ``key`` is its name with suffix, ``place`` one of the site's stores, ``size``
    its bytes, ``sha256`` their hash (both of the sound, not of what is sealed). ``deleted_by`` is a rule or a
    person. Times are Unix seconds."""

    stem: str
    key: str
    place: str
    size: int
    sha256: str
    at: float
    master: str = ""
    wrapped: str = field(default="", repr=False)
    deleted_at: float | None = None
    deleted_by: str = ""
    gone: bool = False


class Catalogue:
    """Reads and writes the table."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, stem: str) -> Stored | None:
        async with self._store.connect() as connection:
            row = (await connection.execute(select(stored).where(stored.c.stem == stem))).one_or_none()
        return None if row is None else _stored(row)

    async def add(self, one: Stored, *, moved: bool, of: str = "") -> None:
        """Keeps a new one, and notes it in the ledger. ``moved``: it is no longer in the recordings folder. ``of`` is
        the recording that it is kept beside. Raises NotThere where that was deleted meanwhile."""
        stem = of or one.stem
        async with self._store.writing() as connection:
            if of:  # locked: whoever deletes it does so before this, or finds what is written here
                there = select(stored.c.stem).where(stored.c.stem == of, stored.c.deleted_at.is_(None))
                if (await connection.execute(there.with_for_update())).one_or_none() is None:
                    raise NotThere(f"{of} was deleted meanwhile")
            await connection.execute(insert(stored), [{c.name: getattr(one, c.name) for c in stored.c}])
            call = await connection.scalar(select(recordings.c.call).where(recordings.c.stem == stem))
            detail = {"place": one.place, "size": one.size, "sha256": one.sha256, "sealed": bool(one.wrapped)}
            gone = {"gone": [one.key]} if moved else {"files": {one.key: one.sha256}} if of else {}
            await self._store.note(connection, Entry(one.at, What.STORED, stem, call or "", detail | gone))

    async def drop(self, stem: str) -> None:
        """Forgets one."""
        async with self._store.writing() as connection:
            await connection.execute(delete(stored).where(stored.c.stem == stem))

    async def elsewhere(self, after: str = "") -> Sequence[Stored]:
        """Some of the sounds that are not in the recordings folder, by stem, after this one."""
        wanted = select(stored).where(stored.c.stem > after, stored.c.place != HERE, stored.c.deleted_at.is_(None))
        async with self._store.connect() as connection:
            rows = await connection.execute(wanted.order_by(stored.c.stem).limit(BATCH))
            return [_stored(row) for row in rows]

    async def sealed_under(self) -> dict[str, int]:
        """How many sounds there are under each master key."""
        counted = (
            select(stored.c.master, func.count().label("needed"))
            .where(stored.c.wrapped != "")
            .group_by(stored.c.master)
        )
        async with self._store.connect() as connection:
            return {row.master: row.needed for row in await connection.execute(counted)}

    async def sealed_but(self, master: str, besides: Collection[str] = ()) -> Sequence[Stored]:
        """Some of those that are under another master key."""
        wanted = select(stored).where(stored.c.master != master, stored.c.wrapped != "")
        wanted = wanted.where(stored.c.stem.not_in(besides)).order_by(stored.c.stem).limit(BATCH)
        async with self._store.connect() as connection:
            return [_stored(row) for row in await connection.execute(wanted)]

    async def rewrap(self, wrapped: Sequence[tuple[Stored, str, str]]) -> None:
        """Keeps other master keys and wrapped keys, where nothing else was kept meanwhile."""
        async with self._store.writing() as connection:
            for one, master, text in wrapped:
                same = (stored.c.stem == one.stem, stored.c.wrapped == one.wrapped)
                await connection.execute(update(stored).where(*same).values(master=master, wrapped=text))


def _stored(row: Row[Any]) -> Stored:
    return Stored(**row._mapping)
