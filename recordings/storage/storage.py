"""Puts finished sounds away, and reads, checks and removes them: by the recording's stem, wherever they are.

A sound that is sealed has a key of its own, kept in the database under a master key that is not. One that is
handed over waits in the recordings folder until the store has all of it and the database says so.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recordings.files import Files
from recordings.storage.bucket import READ, Bucket, Listed
from recordings.storage.catalogue import HERE, Catalogue, Stored
from recordings.storage.faults import Away, NotThere, Refused, StorageFault, Tampered
from recordings.storage.keys import Ring
from recordings.storage.sealing import PIECE, Opening, Seal, new_key, sealed_size

SEALED_HERE = "sealed"
S3_PLACE = "s3"
_MEDIA = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg", "opus": "audio/ogg"}


class Deleted(NotThere):
    """The sound was deleted; ``at`` is Unix seconds."""

    def __init__(self, one: Stored) -> None:
        super().__init__(f"{one.stem} was deleted: {one.deleted_by}")
        self.at = one.deleted_at


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound to be read: its bytes, their hash ("" where it is not known), and a part of them, from ``start`` up to
    ``end``. Reading raises StorageFault."""

    name: str
    size: int
    sha256: str
    read: Callable[[int, int], AsyncIterator[bytes]]

    @property
    def media_type(self) -> str:
        return _MEDIA.get(self.name.rpartition(".")[2], "application/octet-stream")


class Storage:
    """``files`` are those of the recordings folder, ``places`` the site's stores by name, ``to`` the one for what is
    new, ``sealing`` whether that is sealed."""

    def __init__(
        self, catalogue: Catalogue, files: Files, places: Mapping[str, Bucket], to: str, ring: Ring, *, sealing: bool
    ) -> None:
        self._catalogue = catalogue
        self.files = files
        self._places = places
        self._to = to
        self._ring = ring
        self._sealing = sealing

    async def put(self, stem: str, path: Path, now: float, of: str = "") -> Stored:
        """Takes a finished file over; it is removed once it is kept elsewhere. ``of`` is the recording that it is
        kept beside, where it is none itself. To put the same again changes nothing. Raises StorageFault, and then the
        file is where it was; OSError where it cannot be read."""
        there = await self._catalogue.of(stem)
        if there is not None:
            return await self._again(there, path)
        key, size = f"{stem}{path.suffix}", (await asyncio.to_thread(path.stat)).st_size
        hashed = hashlib.sha256()
        if self._to == HERE:
            async with aclosing(_pieces(path, size, hashed.update)) as pieces:
                async for _ in pieces:
                    pass
            one = Stored(stem=stem, key=key, place=HERE, size=size, sha256=hashed.hexdigest(), at=now)
            await self._catalogue.add(one, moved=False, of=of)
            return one
        master = wrapped = ""
        seal = None
        if self._sealing:
            own = new_key()
            master, wrapped = self._ring.wrap(own, stem)
            seal = Seal(own, stem, size)
        bucket = self._places[self._to]
        async with aclosing(_pieces(path, size, hashed.update)) as pieces:
            await bucket.put(key, pieces if seal is None else _sealed(seal, pieces))
        if await bucket.size(key) != (size if seal is None else sealed_size(size)):
            raise Away(f"{key} is not whole in its store: it is put there again")
        one = Stored(
            stem=stem, key=key, place=self._to, size=size, sha256=hashed.hexdigest(), at=now,
            master=master, wrapped=wrapped,
        )  # fmt: skip
        await self._catalogue.add(one, moved=True, of=of)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return one

    async def open(self, stem: str, file: str) -> Sound:
        """The sound of a recording; ``file`` is its name while it was not put away yet. Raises StorageFault, and
        NotARecording for a bad name."""
        one = await self._catalogue.of(stem)
        if one is None:
            path = self.files.path(file)
            try:
                size = (await asyncio.to_thread(path.stat)).st_size
            except OSError:
                raise NotThere(f"{file} is not in the recordings folder") from None
            return Sound(file, size, "", lambda start, end: self._bucket(HERE).read(file, start, end))
        if one.deleted_at is not None:
            raise Deleted(one)
        bucket = self._bucket(one.place)
        if not one.wrapped:
            return Sound(one.key, one.size, one.sha256, lambda start, end: bucket.read(one.key, start, end))
        seal = Seal(self._ring.unwrap(one.master, one.wrapped, stem), stem, one.size)
        return Sound(one.key, one.size, one.sha256, lambda start, end: _opened(seal, bucket, one.key, start, end))

    async def kept(self, stem: str) -> Sound | None:
        """As ``open``; None where it was never put away."""
        one = await self._catalogue.of(stem)
        return None if one is None else await self.open(stem, one.key)

    async def check(self, stem: str) -> None:
        """Reads all of a sound that was put away. Raises Tampered where it is not as it was written, and any other
        StorageFault."""
        one = await self._catalogue.of(stem)
        if one is None:
            raise NotThere(f"{stem} was not put away")
        sound, hashed = await self.open(stem, one.key), hashlib.sha256()
        if await self._bucket(one.place).size(one.key) != (sealed_size(one.size) if one.wrapped else one.size):
            raise Tampered(f"{stem} does not have its length any more where it is stored")
        async for some in sound.read(0, sound.size):
            hashed.update(some)
        if hashed.hexdigest() != one.sha256:
            raise Tampered(f"{stem} was altered where it is stored: its hash is another")

    async def faults(self, told: Callable[[int], None]) -> AsyncIterator[str]:
        """Reads every sound that is kept outside the recordings folder, and says what is wrong with it; ``told`` how
        many were read."""
        last, count = "", 0
        while some := await self._catalogue.elsewhere(last):
            for one in some:
                try:
                    await self.check(one.stem)
                except StorageFault as fault:
                    yield f"{one.key}: {fault}"
                count += 1
                told(count)
            last = some[-1].stem

    async def remove(self, one: Stored) -> None:
        """Removes a sound, and all that is left of it in the recordings folder. Raises StorageFault, OSError."""
        await self._bucket(one.place).delete(one.key)
        for path in await asyncio.to_thread(self.files.of, one.stem):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def discard(self, stem: str, key: str) -> None:
        """Leaves nothing of what is under this stem, whether it was put away whole, half or not at all; as if it never
        had been. Raises as ``remove``."""
        one = await self._catalogue.of(stem)
        await self.remove(one or Stored(stem=stem, key=key, place=self._to, size=0, sha256="", at=0.0))
        await self._catalogue.drop(stem)

    def list(self, under: str = "") -> AsyncIterator[Listed]:
        """The objects where new ones go, as ``Bucket.list``."""
        return self._places[self._to].list(under)

    async def rotate(self) -> int:
        """Keeps all own keys under the newest master key; says how many. Raises StorageFault: then some are
        still under another."""
        newest = list(self._ring.keys())[-1]
        count = 0
        while some := await self._catalogue.sealed_but(newest):
            again = [
                (one, *self._ring.wrap(self._ring.unwrap(one.master, one.wrapped, one.stem), one.stem)) for one in some
            ]
            await self._catalogue.rewrap(again)
            count += len(some)
        return count

    async def _again(self, there: Stored, path: Path) -> Stored:
        hashed = hashlib.sha256()
        size = (await asyncio.to_thread(path.stat)).st_size
        async for _ in _pieces(path, size, hashed.update):
            pass
        if hashed.hexdigest() != there.sha256 or there.deleted_at is not None:
            raise Refused(f"{there.stem} was put away before, and is another: {path} stays where it is")
        if there.place != HERE:
            await asyncio.to_thread(path.unlink)
        return there

    def _bucket(self, place: str) -> Bucket:
        if place not in self._places:
            raise Refused(f"the recording is in the store {place!r}, which site.yaml does not have any more")
        return self._places[place]


async def _pieces(path: Path, size: int, seen: Callable[[bytes], object]) -> AsyncGenerator[bytes, None]:
    """A file of this size, in blocks. Raises OSError, Away where it is changed meanwhile."""
    file: BinaryIO = await asyncio.to_thread(open, path, "rb")
    try:
        left = size
        while block := await asyncio.to_thread(file.read, READ):
            left -= len(block)
            seen(block)
            yield block
        if left:
            raise Away(f"{path.name} was written to while it was put away: it is put there again")
    finally:
        file.close()


async def _sealed(seal: Seal, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    number = 0
    async for block in blocks:
        pieces = [block[at : at + PIECE] for at in range(0, len(block), PIECE)]
        yield b"".join([seal.seal(number + at, piece) for at, piece in enumerate(pieces)])
        number += len(pieces)
    if not number:
        yield seal.seal(0, b"")


async def _opened(seal: Seal, bucket: Bucket, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
    opening = Opening(seal, start, end)
    async with aclosing(bucket.read(key, *seal.span(start, end))) as some:
        async for sealed in some:
            for piece in opening.take(sealed):
                yield piece
    opening.end()
