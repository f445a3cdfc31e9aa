"""``make run``: a private Asterisk, Cordboard on it, and one call from the first ring to the record."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from config import log
from config.commands.shared import until_told
from config.premises import CannotStart
from cti.calls.call import Call
from cti.calls.events import Ended, Event
from cti.calls.words import CallId
from cti.site.files import SiteError
from demo import robots
from demo.asterisk import HOST, AsteriskFailed
from demo.debian import Missing, Program, programs
from demo.phones import Phones
from demo.stage import Stage, make_site, serving, stage
from demo.story import Story

FOLDER = Path(".cordboard")
NOW = FOLDER / "running.json"
"""Where ``make call`` finds the demo that is running."""

PORT = 8080
CALLER = "5550123"
console = Console(highlight=False)

INTERNAL = """; The demo's own dialplan: the front desk is an echo.
[internal]
exten => 0,1,Answer()
 same => n,Echo()
"""


class Teller(Story):
    """Tells each call with the seconds since it came, and lets one wait for a call's end."""

    def __init__(self) -> None:
        super().__init__(self._tell)
        self._began: dict[CallId, float] = {}
        self.ended: asyncio.Future[CallId] = asyncio.Future()

    async def on_event(self, event: Event, call: Call | None, now: float) -> list[Any]:
        if call is not None and call.id not in self._began:
            self._began = {call.id: event.at}
        if self._began:  # what comes before the first call is an earlier run's
            await super().on_event(event, call, now)
        if isinstance(event, Ended) and not self.ended.done():
            self.ended.set_result(event.call)
        return []

    def _tell(self, at: float, text: str) -> None:
        since = next(iter(self._began.values()), at)
        console.print(f"  [dim]{at - since:6.2f} s[/]  {text}", soft_wrap=True)


async def main() -> None:
    """The demo, until cancelled."""
    found = await asyncio.to_thread(programs, ("asterisk", "espeak-ng"), console.print)
    folder, internal = await asyncio.to_thread(_prepare)
    teller = Teller()
    async with AsyncExitStack() as stack:
        log.set_up(stack.enter_context((FOLDER / "cordboard.log").open("a", encoding="utf-8")))
        changes = {"web": {"host": HOST, "port": _port()}}
        at = await stack.enter_async_context(stage(folder, found, changes=changes, includes=[internal]))
        console.print(f"Asterisk {found['asterisk'].version} is up, on loopback, after {at.asterisk.start_s:.1f} s.")
        url = await stack.enter_async_context(serving(at.site, teller))
        console.print(f"Cordboard is up: {url}\n\nA call, as it happens:")
        await _show(at, url, found, teller, stack)
        await asyncio.Event().wait()


async def _show(at: Stage, url: str, found: dict[str, Program] | Any, teller: Teller, stack: AsyncExitStack) -> None:
    """Makes the demonstration call, and tells what one can do then."""
    spoken = await robots.words(found)
    phones = await stack.enter_async_context(Phones(at.asterisk.ports.sip))
    alice = await phones.add("alice", at.phone_password)
    await phones.add("sue", at.phone_password)
    working = asyncio.create_task(robots.serve(alice, spoken.agent))
    stack.push_async_callback(_cancelled, working)
    async with httpx.AsyncClient(base_url=url) as desk:
        login = {"name": "alice", "password": at.passwords["alice"]}
        (await desk.post("/api/login", json=login)).raise_for_status()
        (await desk.post("/api/agents/alice/state", json={"state": "ready"})).raise_for_status()
    await robots.call(await phones.add(CALLER), spoken)
    await _tell_record(at, url, await asyncio.wait_for(teller.ended, 10))
    _tell_what_next(at, url)
    NOW.write_text(json.dumps({"sip": at.asterisk.ports.sip}), encoding="utf-8")
    stack.callback(NOW.unlink, missing_ok=True)


async def _tell_record(at: Stage, url: str, call: CallId) -> None:
    """Shows what remains of the call: its record and its recording, once they are there."""
    async with httpx.AsyncClient(base_url=url) as desk, asyncio.timeout(15):
        login = {"name": "sue", "password": at.passwords["sue"]}
        (await desk.post("/api/login", json=login)).raise_for_status()
        while True:
            answer = await desk.get(f"/api/records/{call}")
            if answer.status_code == 200 and any(r["state"] != "expected" for r in answer.json()["recordings"]):
                break
            await asyncio.sleep(0.1)
    found = answer.json()
    record, recording = found["record"], found["recordings"][0]
    console.print("\nWhat remains:")
    console.print(
        f"  record     {record['caller']} · {' → '.join(record['path'])} · waited {record['wait_s']:.1f} s"
        f" · {record['agent']} talked {record['talk_s']:.1f} s · {record['ended_by']} hung up",
        soft_wrap=True,
    )
    kind = at.site.settings.recordings.format
    file = (at.site.recordings / f"{recording['stem']}.{kind}").relative_to(Path.cwd())
    console.print(f"  recording  {recording['state']}, {recording['length_s']:.1f} s: {file}", soft_wrap=True)


def _tell_what_next(at: Stage, url: str) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_row("agent's desk", url, f"alice / {at.passwords['alice']}")
    table.add_row("supervisor's desk", url, f"sue / {at.passwords['sue']}")
    table.add_row("a phone of yours", f"sip:bob@{HOST}:{at.asterisk.ports.sip}", f"bob / {at.phone_password}")
    table.add_row("", "dial 100 to be a caller", "")
    table.add_row("another call", "make call", "in another terminal")
    table.add_row("log", str(FOLDER / "cordboard.log"), "")
    console.print("\nTo go on:")
    console.print(table)
    console.print("\nCtrl-C stops everything.")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _prepare() -> tuple[Path, Path]:
    """The demo's site and dialplan, made at the first run."""
    FOLDER.mkdir(exist_ok=True)
    folder, internal = FOLDER / "site", FOLDER / "internal.conf"
    if not (folder / "site.yaml").exists():
        make_site(folder)
    internal.write_text(INTERNAL, encoding="utf-8")
    return folder.resolve(), internal.resolve()


def _port() -> int:
    """The usual port for the desks, or, where that is taken, a free one."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, PORT))
        except OSError:
            console.print(f"Port {PORT} is taken; the desks get another one.")
            return 0
    return PORT


if __name__ == "__main__":
    try:
        asyncio.run(until_told(main()))
    except (Missing, AsteriskFailed, SiteError, CannotStart) as error:
        console.print(f"[bold red]{type(error).__name__}[/]", end=" ")
        console.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)
    console.print("\nStopped: Cordboard, Asterisk and the robots.")
