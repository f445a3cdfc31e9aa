"""`cordboard audit verify`, as somebody sees it who types."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from typer.testing import CliRunner, Result

from config import new_site, settings
from config.cli import app
from config.premises import audit_secret, make_folders
from config.settings import Site
from cti.audit import Entry
from cti.audit import Result as Came
from recordings.audit.log import AuditLog
from recordings.store import Store


async def note(site: Site, count: int) -> None:
    store = await Store.open(site.database)
    log = AuditLog(store, audit_secret(site), site.audit_head)
    await log.start()
    for number in range(count):
        log.put(Entry(float(number), "sue", "supervisor", "::1", "record.seen", f"call:{number}", Came.DONE))
    await log.stop()
    await store.close()


def verify(site: Site) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", "--site", str(site.folder)], env={"COLUMNS": "200"})


def test_a_log_from_first_to_last(tmp_path: Path) -> None:
    new_site.write(tmp_path / "site")
    site = settings.load(tmp_path / "site")
    assert "no server has kept an audit log" in verify(site).output
    make_folders(site)
    asyncio.run(note(site, 4))
    assert (verify(site).exit_code, verify(site).output) == (0, "4 entries, each as it was written.\n")
    assert site.audit_secret_file.stat().st_mode & 0o077 == site.audit_head.stat().st_mode & 0o077 == 0

    def tampered(statement: str) -> str:
        with sqlite3.connect(site.state / "cordboard.db") as database:
            database.execute(statement)
        found = verify(site)
        assert found.exit_code == 1
        return found.output

    assert tampered("DELETE FROM audit WHERE number = 2") == "entry 2 is missing\n"
    changed = tampered("UPDATE audit SET who = 'bob' WHERE number = 4")
    assert changed == "entry 2 is missing\nentry 4 is not as it was written\n"
    assert "an entry after 0 cannot be read" in tampered("UPDATE audit SET detail = '{' WHERE number = 3")
