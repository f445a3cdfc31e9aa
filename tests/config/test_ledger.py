"""`cordboard ledger verify`, as somebody sees it who types."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner, Result

from config import new_site, settings
from config.cli import app
from config.premises import ledger, make_folders
from config.settings import Site
from cti.calls.words import CallId
from recordings.ledger.ledger import Entry, What
from recordings.ledger.sides import look
from recordings.records.record import Recording
from recordings.store import Store
from recordings.words import RecordingState
from tests.recordings.sounds import tone


async def record(site: Site) -> None:
    store = await Store.open(site.database, ledger(site, "server"))
    stem, at = "2026/05/01/o1", 1_777_600_000.0
    file = tone(site.recordings / f"{stem}-caller.wav", 440, 1.0)
    one = Recording(stem=stem, call=CallId("c1"), agent="bob", started_at=at, state=RecordingState.SHORT)
    detail = {"state": "short", "files": {f"{stem}-caller.wav": look(file).sha256}}
    await store.write([], [one], [Entry(at, What.EXPECTED, stem, "c1"), Entry(at, What.MEASURED, stem, "c1", detail)])
    await store.close()


def verify(site: Site) -> Result:
    return CliRunner().invoke(app, ["ledger", "verify", "--site", str(site.folder)], env={"COLUMNS": "200"})


def test_a_ledger_is_verified(tmp_path: Path) -> None:
    new_site.write(tmp_path / "site")
    site = settings.load(tmp_path / "site")
    assert "no server has kept a ledger" in verify(site).output
    make_folders(site)
    asyncio.run(record(site))
    good = verify(site)
    assert (good.exit_code, good.output) == (
        0,
        "2 entries, 1 recordings (1 short), 1 files.\nAll as it was written.\n",
    )

    file = site.recordings / "2026/05/01/o1-caller.wav"
    file.write_bytes(file.read_bytes()[:-1])
    bad = verify(site)
    assert bad.exit_code == 1
    assert bad.output.splitlines()[1:] == [
        "2026/05/01/o1-caller.wav: is not the file that was measured (call c1)",
        "1 fault",
    ]
