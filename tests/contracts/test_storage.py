"""What every store must do: the recordings folder, a sealed folder, an S3 server, and a sealed one."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import obstore
import pytest
import pytest_asyncio
from obstore.store import LocalStore, S3Store
from sqlalchemy import select

from cti.calls.words import CallId
from recordings.files import Files, NotARecording
from recordings.ledger.ledger import Ledger
from recordings.records.record import Recording
from recordings.storage.bucket import Bucket
from recordings.storage.catalogue import HERE, Catalogue
from recordings.storage.faults import Away, KeyMissing, NotThere, Refused, StorageFault, Tampered
from recordings.storage.keys import VARIABLE, Ring
from recordings.storage.sealing import PIECE
from recordings.storage.storage import S3_PLACE, SEALED_HERE, Storage
from recordings.store import Store
from recordings.tables import ledger
from recordings.words import RecordingState
from tests.contracts.s3 import Server, line

pytestmark = pytest.mark.asyncio(loop_scope="module")
STEM = "2026-05-01/a-1"
SOUND = os.urandom(3 * PIECE + 77)
NOW = 1_700_000_000.0


@dataclass(slots=True)
class Site:
    """A store with all that is around it."""

    folder: Path
    records: Store
    storage: Storage
    catalogue: Catalogue
    ring: Ring
    raw: LocalStore | S3Store
    server: Server | None

    def finished(self, stem: str = STEM, sound: bytes = SOUND) -> Path:
        """A file as the pipeline leaves it."""
        path = self.folder / "recordings" / f"{stem}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound)
        return path

    async def heard(self, stem: str = STEM, start: int = 0, end: int | None = None) -> bytes:
        sound = await self.storage.open(stem, f"{stem}.mp3")
        return b"".join([some async for some in sound.read(start, sound.size if end is None else end)])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    made = Server(tmp_path_factory.mktemp("s3"))
    yield made
    await made.stop()


KINDS = [HERE, SEALED_HERE, *(pytest.param(kind, marks=pytest.mark.real) for kind in ("s3", "sealed s3"))]


@pytest_asyncio.fixture(loop_scope="module", params=KINDS)
async def site(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> AsyncIterator[Site]:
    if far := "s3" in request.param:
        await server.start()
    records = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db", Ledger(bytes(32), "test", tmp_path))
    recording = Recording(stem=STEM, call=CallId("c1"), agent="bob", started_at=1.0, state=RecordingState.WHOLE)
    await records.write([], [recording])
    yield made(tmp_path, records, request.param, server if far else None)
    await records.close()


def made(folder: Path, records: Store, kind: str, server: Server | None) -> Site:
    """The store as a server that starts has it."""
    here, sealed, catalogue = folder / "recordings", folder / "sealed", Catalogue(records)
    ring = Ring(folder / "storage-keys", {})
    ring.make()
    places = {HERE: Bucket.folder(here), SEALED_HERE: Bucket.folder(sealed)}
    raw: LocalStore | S3Store = LocalStore(sealed if kind == SEALED_HERE else here)
    if server is not None:
        where = server.other(prefix=folder.name)
        places[S3_PLACE] = Bucket.s3(where)
        raw = server.raw(where)
    to = S3_PLACE if server is not None else kind
    storage = Storage(catalogue, Files(here), places, to, ring, sealing="sealed" in kind)
    return Site(folder, records, storage, catalogue, ring, raw, server)


async def test_what_is_put_is_read_in_parts_and_removed(site: Site) -> None:
    path = site.finished()
    put = await site.storage.put(STEM, path, NOW)
    assert (put.size, put.sha256) == (len(SOUND), hashlib.sha256(SOUND).hexdigest())
    assert path.exists() is (put.place == HERE)
    assert put.wrapped not in repr(put) or not put.wrapped

    assert await site.heard() == SOUND
    borders = (0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, len(SOUND) - 1)
    for start in borders:
        for end in (start + 1, min(start + PIECE, len(SOUND)), len(SOUND)):
            assert await site.heard(STEM, start, end) == SOUND[start:end]
    sound = await site.storage.open(STEM, "")
    assert (sound.media_type, sound.size) == ("audio/mpeg", len(SOUND))
    await site.storage.check(STEM)
    assert [one.key async for one in site.storage.list("2026-05-01")] == [f"{STEM}.mp3"]
    assert [one.key async for one in site.storage.list("2026-05-02")] == []
    if put.wrapped:
        stored = bytes(await (await obstore.get_async(site.raw, put.key)).bytes_async())
        assert SOUND[:16] not in stored

    assert await site.storage.put(STEM, site.finished(), NOW + 1) == put  # as after a crash
    with pytest.raises(Refused, match="put away before, and is another"):
        await site.storage.put(STEM, site.finished("2026-05-01/x", b"another"), NOW)
    (site.folder / "recordings" / "2026-05-01" / "x.mp3").unlink()
    async with site.records.connect() as connection:
        (entry,) = (await connection.execute(select(ledger).where(ledger.c.what == "stored"))).all()
    assert (entry.stem, entry.call, entry.detail["sha256"]) == (STEM, "c1", put.sha256)

    near = site.finished("2026-05-01/a-10")
    await site.storage.remove(put)
    await site.storage.remove(put)
    assert near.exists()
    with pytest.raises(NotThere):
        await site.heard()


async def test_an_empty_sound_and_one_that_is_still_in_the_folder(site: Site) -> None:
    await site.storage.put("2026-05-01/empty", site.finished("2026-05-01/empty", b""), NOW)
    assert await site.heard("2026-05-01/empty") == b""
    await site.storage.check("2026-05-01/empty")
    site.finished("2026-05-01/new")
    assert await site.heard("2026-05-01/new", 5, 9) == SOUND[5:9]
    with pytest.raises(NotThere):
        await site.heard("2026-05-01/never")


async def test_memory_stays_flat(site: Site) -> None:
    path = site.folder / "recordings" / "2026-05-01" / "long.mp3"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for _ in range(96):
            file.write(os.urandom(1 << 20))
    before = peak_mib(anew=True)
    await site.storage.put("2026-05-01/long", path, NOW)
    sound, length = await site.storage.open("2026-05-01/long", ""), 0
    async for some in sound.read(0, sound.size):
        length += len(some)
    assert length == 96 << 20
    assert peak_mib() - before < 48


def peak_mib(*, anew: bool = False) -> float:
    """What this process took of memory at most, since it was asked ``anew``."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


async def test_what_is_altered_where_it_is_stored_is_named(site: Site) -> None:
    put = await site.storage.put(STEM, site.finished(), NOW)
    other = await site.storage.put("2026-05-01/b", site.finished("2026-05-01/b", SOUND[::-1]), NOW)
    stored = bytes(await (await obstore.get_async(site.raw, put.key)).bytes_async())
    others = bytes(await (await obstore.get_async(site.raw, other.key)).bytes_async())
    flipped = bytearray(stored)
    flipped[2 * PIECE] ^= 1
    for altered in (bytes(flipped), stored[:-1], others, b""):
        await obstore.put_async(site.raw, put.key, altered)
        with pytest.raises(Tampered, match=STEM):
            await site.storage.check(STEM)
        if put.wrapped:
            with pytest.raises(StorageFault, match=f"{STEM} was|cannot be used"):
                await site.heard()
    await obstore.put_async(site.raw, put.key, stored)
    await site.storage.check(STEM)


async def test_a_put_that_is_cut_off_leaves_nothing_and_loses_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site.finished()
    really = site.catalogue.add

    async def killed(*_: object, **__: object) -> None:
        raise OSError("killed")

    monkeypatch.setattr(site.catalogue, "add", killed)
    with pytest.raises(OSError, match="killed"):  # all is stored, and nobody knows
        await site.storage.put(STEM, path, NOW)
    assert await site.heard() == SOUND
    monkeypatch.setattr(site.catalogue, "add", really)

    bucket = site.storage._places[site.storage._to]

    async def half() -> AsyncIterator[bytes]:
        yield b"x" * (6 << 20)
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        await bucket.put("2026-05-01/half.mp3", half())
    with pytest.raises(NotThere):
        await bucket.size("2026-05-01/half.mp3")
    await site.storage.put(STEM, path, NOW)
    await site.storage.check(STEM)


async def test_keys_that_lead_elsewhere_are_refused(site: Site) -> None:
    bucket = site.storage._places[site.storage._to]

    async def nothing() -> AsyncIterator[bytes]:
        yield b"x"

    for key in ("../x", "a/../../x", "/etc/passwd", "", ".", "a//b", "a\0b", "a\nb", "x" * 300, ".keys/a"):
        for work in (bucket.put(key, nothing()), bucket.size(key), bucket.delete(key)):
            with pytest.raises(NotARecording):
                await work
    with pytest.raises(NotARecording):
        await site.storage.open("2026-05-01/a", "../storage-keys")


async def test_master_keys_rotate_and_each_that_lacks_is_named(site: Site) -> None:
    put = await site.storage.put(STEM, site.finished(), NOW)
    if not put.wrapped:
        assert await site.storage.rotate() == 0
        return
    keys = site.folder / "storage-keys"
    first = keys.read_text().split()[0]
    newest = site.ring.add()
    later = await site.storage.put("2026-05-01/b", site.finished("2026-05-01/b"), NOW)
    assert (later.master, put.master != newest) == (newest, True)
    assert await site.storage.rotate() == 1
    assert await site.catalogue.sealed_under() == {newest: 2}
    assert await site.heard() == SOUND

    whole = keys.read_text()
    keys.write_text(f"{first}\n")
    with pytest.raises(KeyMissing, match=f"{STEM} is sealed under the key {newest}, which is not in .*storage-keys"):
        await site.heard()
    keys.write_text("not a key\n")
    with pytest.raises(KeyMissing, match=r"key 1 in .*: 64 hexadecimal digits are wanted"):
        await site.heard()
    keys.write_text(whole)
    keys.chmod(0o640)
    with pytest.raises(KeyMissing, match="others may read it: chmod 600"):
        await site.heard()
    keys.unlink()
    with pytest.raises(KeyMissing, match="is not there"):
        await site.storage.put("2026-05-01/c", site.finished("2026-05-01/c"), NOW)
    site.storage._ring = Ring(keys, {VARIABLE: " ".join(whole.split())})
    assert await site.heard() == SOUND


@pytest.mark.real
async def test_an_s3_server_that_is_away_or_refuses(server: Server, tmp_path: Path) -> None:
    records = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db", Ledger(bytes(32), "test", tmp_path))
    await server.start()
    site = made(tmp_path, records, "sealed s3", server)
    path = site.finished()
    for changes, message in (
        ({"secret_key": "another"}, "the bucket calls does not let us in: see storage.s3"),
        ({"access_key": "nobody"}, "the bucket calls does not let us in"),
        ({"bucket": "vanished"}, "the bucket vanished is not there: make it"),
    ):
        site.storage._places = {**site.storage._places, S3_PLACE: Bucket.s3(server.other(**changes))}
        with pytest.raises(Refused, match=message):
            await site.storage.put(STEM, path, NOW)
        assert server.where.secret_key not in repr(server.where)
    async with line(server.port) as port:
        way = server.other(endpoint=f"http://127.0.0.1:{port}", prefix=tmp_path.name)
        site.storage._places = {**site.storage._places, S3_PLACE: Bucket.s3(way)}
        await site.storage.put("2026-05-01/b", site.finished("2026-05-01/b"), NOW)
    with pytest.raises(Away, match="the bucket calls cannot be used now"):
        await site.storage.put(STEM, path, NOW)
    with pytest.raises(Away):
        await site.heard("2026-05-01/b")
    assert await site.heard() == SOUND  # it waits in the folder, and can be heard
    site.storage._places = {**site.storage._places, S3_PLACE: Bucket.s3(server.other(prefix=tmp_path.name))}
    await site.storage.put(STEM, path, NOW)
    assert (await site.heard(), await site.heard("2026-05-01/b"), path.exists()) == (SOUND, SOUND, False)
    await records.close()
