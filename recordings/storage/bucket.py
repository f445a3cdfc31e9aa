"""Objects by key, in a folder or at an S3 server, by obstore. An object is there whole or not at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, S3Store

from recordings.files import Files, checked
from recordings.storage.faults import Away, NotThere, Refused

if TYPE_CHECKING:  # it is a type alone
    from obstore.store import S3Config

READ = 1 << 20
"""Bytes that are read at once."""
_PART = 5 << 20
_PARTS = 2
"""Parts on their way at once: what a sound takes of memory at most, whatever its length, is so many parts."""
_CONNECT_S = 5
_PATIENCE_S = 60
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """An object: its key, its bytes, and when it was written (Unix seconds)."""

    key: str
    size: int
    at: float


@dataclass(frozen=True, slots=True)
class S3:
    """Where a bucket is, and as whom we come there. ``prefix`` is before each key."""

    bucket: str
    endpoint: str | None
    region: str
    prefix: str
    access_key: str
    secret_key: str = field(repr=False)


class Bucket:
    """Made by ``folder`` or ``s3``. Whatever is raised is a StorageFault, or NotARecording for a bad key."""

    def __init__(self, store: LocalStore | S3Store, where: str, files: Files | None, mend: str) -> None:
        self._store = store
        self._where = where
        self._files = files
        self._mend = mend

    @classmethod
    def folder(cls, folder: Path) -> Bucket:
        """Objects that are files. The folder is made where it is missing."""
        try:
            store = LocalStore(folder, mkdir=True, automatic_cleanup=True)
        except (BaseError, OSError) as error:
            raise Refused(f"the folder {folder} cannot be used: {_line(error)}") from None
        return cls(store, str(folder), Files(folder), f"give {folder} to the user Cordboard runs as")

    @classmethod
    def s3(cls, where: S3) -> Bucket:
        """Objects at an S3 server. It is not asked for anything yet."""
        config: S3Config = {
            "region": where.region,
            "access_key_id": where.access_key,
            "secret_access_key": where.secret_key,
        }
        if where.endpoint is not None:
            config["endpoint"] = where.endpoint
        store = S3Store(
            where.bucket,
            prefix=where.prefix or None,
            config=config,
            client_options={
                "allow_http": where.endpoint is not None and where.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=_CONNECT_S),
                "read_timeout": timedelta(seconds=_PATIENCE_S),
            },
            retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_PATIENCE_S)},
        )
        return cls(store, f"the bucket {where.bucket}", None, "see storage.s3 in site.yaml, and the file s3-key")

    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Writes an object, over what was there under this key. What the pieces raise is raised here, and then
        nothing is written."""
        self._check(key)
        with self._told(key):
            await obstore.put_async(self._store, key, pieces, chunk_size=_PART, max_concurrency=_PARTS)
            if self._files is not None:
                await asyncio.to_thread(_settled, self._files.path(key))

    async def size(self, key: str) -> int:
        self._check(key)
        with self._told(key):
            return (await obstore.head_async(self._store, key))["size"]

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes from ``start`` up to ``end``, or as many of them as there are."""
        self._check(key)
        if end <= start:
            return
        with self._told(key):
            found = await obstore.get_async(self._store, key, options={"range": (start, end)})
            async for some in found.stream(min_chunk_size=READ):
                yield bytes(some)

    async def delete(self, key: str) -> None:
        """Nothing is there under this key afterwards, whether there was or not."""
        self._check(key)
        with suppress(NotThere), self._told(key):
            await obstore.delete_async(self._store, key)

    async def list(self, under: str = "") -> AsyncIterator[Listed]:
        """The objects whose keys begin with the folder ``under``, in no order; all of them where it is empty."""
        if under:
            self._check(under)
        with self._told(under):
            async for some in obstore.list(self._store, prefix=under or None):
                for one in some:
                    yield Listed(one["path"], one["size"], one["last_modified"].timestamp())

    def _check(self, key: str) -> None:
        checked(key) if self._files is None else self._files.path(key)

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Says what obstore raises in words of ours."""
        try:
            yield
        except (BaseError, OSError) as error:
            text = str(error)
            if "NoSuchBucket" in text:
                raise Refused(f"{self._where} is not there: make it, or {self._mend}") from None
            if isinstance(error, FileNotFoundError):
                raise NotThere(f"{key} is not in {self._where}") from None
            if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
                raise Refused(f"{self._where} does not let us in: {self._mend}") from None
            raise Away(f"{self._where} cannot be used now: {_line(error)}") from None


def _line(error: Exception) -> str:
    """What an error says, without what it says for those who wrote the library."""
    return str(error).partition("\n")[0].partition(" Debug source")[0][:300]


def _settled(path: Path) -> None:
    """Returns when the file, and its place in the folder, outlast a loss of power."""
    for one, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(one, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
