"""Commands about records, as somebody sees them who types."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from typer.testing import CliRunner

from config import new_site, settings
from config.cli import app
from config.premises import make_folders
from config.settings import Site
from recordings.store import Store
from tests.recordings.scenarios import events, rows


async def write(site: Site) -> None:
    store = await Store.open(site.database)
    for call in ("c1", "c2", "c3"):
        await store.write(rows(events("0 Arrived\n5 Ended by=caller", call), run=call))
    await store.close()


def test_records_are_rebuilt(tmp_path: Path) -> None:
    new_site.write(tmp_path / "site")
    site = settings.load(tmp_path / "site")
    make_folders(site)
    asyncio.run(write(site))
    with sqlite3.connect(site.state / "cordboard.db") as database:
        database.execute("UPDATE calls SET outcome = 'answered' WHERE id = 'c1'")
        database.execute("DELETE FROM journal WHERE call = 'c3'")

    def rebuild() -> str:
        done = CliRunner().invoke(app, ["rebuild", "--site", str(site.folder)], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    kept = "1 records of calls that the journal has no more stay as they were."
    assert f"2 calls and 4 rows of the journal looked at: 1 were not as it has them. {kept}" in rebuild()
    assert f"2 calls and 4 rows of the journal looked at: 0 were not as it has them. {kept}" in rebuild()
    site.state.joinpath("cordboard.db").write_bytes(b"no database at all")
    done = CliRunner().invoke(app, ["rebuild", "--site", str(site.folder)], env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "the records cannot be rebuilt: " in done.output


def test_records_are_exported(tmp_path: Path) -> None:
    new_site.write(tmp_path / "site")
    site = settings.load(tmp_path / "site")
    make_folders(site)
    asyncio.run(write(site))

    def export(name: str, *options: str) -> str:
        args = ["export", str(tmp_path / name), "--site", str(site.folder), *options]
        return CliRunner().invoke(app, args, env={"COLUMNS": "200"}).output

    assert f"3 calls are in {tmp_path}/calls.jsonl" in export("calls.jsonl")
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == 3
    assert (tmp_path / "calls.jsonl").stat().st_mode & 0o077 == 0
    assert "0 calls are in" in export("calls.csv", "--from", "2026-05-01", "--number", "030*")
    assert "0 calls are in" in export("calls.csv", "--outcome", "answered", "--min-length", "3")
    assert "3 calls are in" in export(
        "calls.csv", "--outcome", "abandoned in menu", "--max-wait", "0", "--direction", "in"
    )
    assert "--min-wait: Input should be greater than or equal to 0" in export("calls.csv", "--min-wait", "-1")
    assert "the file's suffix says what it is to be" in export("calls.doc")
    assert "--from: Value error, neither Unix seconds nor ISO 8601" in export("calls.csv", "--from", "yesterday")
    assert "the records cannot be exported" in export("nowhere/calls.csv")
    assert not list(tmp_path.glob(".*.part"))
