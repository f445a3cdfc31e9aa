"""The command that tells a call's story, as somebody sees it who types."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from config import new_site, settings
from config.cli import app
from config.premises import make_folders
from config.settings import Site
from recordings.store import Store
from tests.recordings.scenarios import events, rows

DAY = 1_777_600_000  # 2026-05-01, 03:46:40 in Berlin
CALL = f"""
{DAY} Arrived caller=13800001234 dialled=100
{DAY + 2} Queued queue=sales priority=5
"""


async def write(site: Site) -> None:
    store = await Store.open(site.database)
    await store.write(rows(events(CALL, "c1"), run="c1"))
    await store.write(rows(events(f"{CALL}\n{DAY + 90_000.25} Ended by=caller cause=16", "c2"), run="c2"))
    await store.close()


def test_a_call_is_told(tmp_path: Path) -> None:
    new_site.write(tmp_path / "site")
    file = tmp_path / "site" / "site.yaml"
    file.write_text(f"{file.read_text()}\nzone: Europe/Berlin\n")
    site = settings.load(tmp_path / "site")
    make_folders(site)
    asyncio.run(write(site))

    def trace(*options: str, fails: bool = False) -> str:
        done = CliRunner().invoke(app, ["trace", *options, "--site", str(site.folder)], env={"COLUMNS": "60"})
        assert done.exit_code == fails, done.output
        return done.output

    assert trace("c1").splitlines() == [
        "Call c1, 2026-05-01 (Europe/Berlin)",
        "  03:46:40.000     0.000 s  line       138****1234 calls 100",
        "  03:46:42.000     2.000 s  router     waits in sales, priority 5",
        "It goes on, or its end is not written yet.",
    ]
    assert trace("c2").splitlines()[3:] == [
        "2026-05-02",
        "  04:46:40.250 90000.250 s  line       over: the caller hung up, cause 16",
        "  04:46:40.250 90000.250 s  record     abandoned in queue: sales, waited 89998.2 s, talked 0.0 s, 0 offers",
    ]
    told = json.loads(trace("c2", "--json"))
    assert (told["call"], [step["facts"]["kind"] for step in told["steps"]]) == (
        "c2",
        ["Arrived", "Queued", "Ended", "record"],
    )
    assert (told["steps"][0]["facts"]["caller"], told["steps"][1]["after_s"]) == ("138****1234", 2.0)
    assert "13800001234 calls 100" in trace("c1", "--numbers")
    assert "no call is called 'c3' in cordboard.db. An id has 32 letters and digits" in trace("c3", fails=True)
    site.state.joinpath("cordboard.db").write_bytes(b"no database at all")
    assert "the journal cannot be read: " in trace("c1", fails=True)
