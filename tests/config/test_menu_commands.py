"""The commands about menus, as somebody sees them who types."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config import settings
from config.cli import app
from config.usage import branches
from cti.calls.events import Arrived, Ended, EnteredMenu
from cti.calls.words import CallId, Party
from recordings.store import JournalRow, Store

FLOW = """
start: main
nodes:
  main: {menu: Press 1 for orders., keys: {"1": customer}, otherwise: bye}
  customer: {lookup: "https://crm.example/{caller}", save: {name: name}, next: orders, otherwise: bye}
  orders: {queue: orders}
  bye: {hangup: true}
"""
SCENARIO = """
flow: main
caller: "5550123"
answers: {lookup: {name: Ann}}
steps:
  - hear: Press 1
  - press: "1"
  - data: {name: Ann}
  - queued: orders
"""


def invoke(*args: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], input=typed)


@pytest.fixture
def small(site: Path) -> Path:
    for path in (site / "flows").glob("*.yaml"):
        path.unlink()
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text("queues: {orders: {}}\n")
    (site / "site.yaml").write_text('numbers: {"*": main}\nlookups: {hosts: [crm.example]}\n')
    return site


def test_walk_asks_for_what_the_world_would_answer(small: Path) -> None:
    result = invoke("walk", "main", "--site", small, typed="1\nAnn\n")
    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "? customer asks for a lookup; fails and hangs are answers too" in lines
    assert "data: name=Ann" in lines
    assert lines[-1] == "After 1.3 s: it waits in the queue orders."


def test_walk_with_answers_from_a_file(small: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("customer: fails\n")
    result = invoke("walk", "main", "--site", small, "--answers", tmp_path / "answers.yaml", typed="1\n")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "After 1.3 s: it is over.")


def test_walk_with_nobody_to_answer(small: Path) -> None:
    result = invoke("walk", "main", "--site", small, typed="1\n")
    assert (result.exit_code, result.stderr) == (
        1,
        "the flow asks something, and there is nobody to answer; see --answers\n",
    )


def test_walk_by_a_script(small: Path, tmp_path: Path) -> None:
    script = tmp_path / "orders.yaml"
    script.write_text(SCENARIO)
    good = invoke("walk", "main", "--site", small, "--script", script)
    assert good.exit_code == 0
    assert good.stdout.splitlines()[-1] == "orders.yaml: all 4 steps as expected; it waits in the queue orders."
    script.write_text(SCENARIO.replace("name: Ann}\n  -", "name: Eve}\n  -"))
    bad = invoke("walk", "main", "--site", small, "--script", script)
    assert (bad.exit_code, bad.stderr) == (1, "orders.yaml:8: data: name is not so; the data are name=Ann\n")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("walk", "gone"), "there is no flow called 'gone'; the site has main"),
        (("walk", "main", "--at", "soon"), "'soon' must be a moment such as 2026-11-23T10:00:00+01:00"),
        (("graph", "gone"), "there is no flow called 'gone'; the site has main"),
        (("graph", "main", "--usage", "7"), "--usage must be a duration such as 500ms, 5s, 2m or 1h"),
        (("graph", "main", "--to", "/gone/x.svg"), "/gone/x.svg cannot be written: No such file or directory"),
        (("reload",), "no server runs on this site"),
    ],
)
def test_what_cannot_be_done_is_said(small: Path, args: tuple[str, ...], why: str) -> None:
    result = invoke(*args, "--site", small)
    assert (result.exit_code, result.stderr) == (1, why + "\n")


def test_graph(small: Path, tmp_path: Path) -> None:
    assert ET.fromstring(invoke("graph", "main", "--site", small).stdout).tag.endswith("svg")
    assert invoke("graph", "main", "--site", small, "--mermaid").stdout.startswith("flowchart LR\n")
    written = invoke("graph", "main", "--site", small, "--to", tmp_path / "main.svg")
    assert written.stdout == f"Written to {tmp_path / 'main.svg'}.\n"
    assert ET.parse(tmp_path / "main.svg").getroot().tag.endswith("svg")


async def _call(store: Store, number: int, *nodes: str) -> None:
    call, now = CallId(f"call-{number}"), time.time()
    events = [
        Arrived(at=now, call=call, channel="", uniqueid="", caller="", caller_name="", dialled="1"),
        *(EnteredMenu(at=now, call=call, flow="main", node=node, verb="menu") for node in nodes),
        Ended(at=now, call=call, by=Party.CALLER),
    ]
    await store.write([JournalRow(f"run{number}", i, event) for i, event in enumerate(events)])


def test_the_calls_of_each_way_are_counted(small: Path) -> None:
    async def write() -> None:
        store = await Store.open(settings.load(small).database)
        await _call(store, 1, "main", "customer", "orders")
        await _call(store, 2, "main", "customer", "bye")
        await _call(store, 3, "main", "bye")
        assert await branches(store, time.time() + 60) == {}
        await store.close()

    asyncio.run(write())
    shown = invoke("graph", "main", "--site", small, "--mermaid", "--usage", "1h").stdout
    assert '"1 (2 calls)"' in shown
    assert '"next (1 calls)"' in shown
    assert shown.count('"otherwise (1 calls)"') == 2


def test_schema(tmp_path: Path) -> None:
    assert json.loads(invoke("schema").stdout)["$schema"].endswith("2020-12/schema")


def test_diff_of_two_sites(small: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(small, tmp_path / "other"))
    assert invoke("diff", small, other).stdout == "Nothing differs for callers.\n"
    (other / "flows" / "main.yaml").write_text(FLOW.replace("otherwise: bye}", "otherwise: bye, timeout: 9s}", 1))
    said = invoke("diff", small, other).stdout.splitlines()
    assert said[0] == "main: at main, timeout is 9 (was: 5)"
    assert said[1].startswith("main: at the longest a caller needs ")
    assert len(said) == 2


def test_diff_of_two_files(small: Path, tmp_path: Path) -> None:
    other = tmp_path / "flows" / "new.yaml"
    other.parent.mkdir()
    other.write_text(FLOW.replace("Press 1", "Press one"))
    assert invoke("diff", small / "flows" / "main.yaml", other).stdout.splitlines() == [
        "main: at main, callers hear “Press one for orders.” (was: “Press 1 for orders.”)"
    ]
    mixed = invoke("diff", small, other)
    assert (mixed.exit_code, mixed.stderr) == (1, "both must be folders of sites, or both files of flows\n")
    other.write_text("start: [")
    broken = invoke("diff", small / "flows" / "main.yaml", other)
    assert broken.exit_code == 1
    assert "is no good flow" in broken.stderr
