"""The system that is broken: Asterisk, Cordboard in a process of its own, its stores, the wire between, and a crowd."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from bench.cpu import children, resident_mb
from bench.manager import watching
from bench.processes import last_words
from demo.asterisk import HOST, Manager, Phone
from demo.debian import Program
from demo.stage import Stage, stage
from tests.faults import reading
from tests.faults.accounts import FALLBACK, Accounts
from tests.faults.crowd import Crowd, Kind
from tests.faults.site import ABSENT, AGENTS, BOSS, LAST, OUTSIDE, PASSWORD, write
from tests.faults.wire import Wire

OPERATOR = Manager("operator", "a secret of this run", "agi,call", "agi,call")
"""Somebody besides Cordboard who has a log-in at Asterisk, and uses it."""
PATIENCE_S = 40.0
LONG_S = 180.0
"""All callers of a run may take so long together."""
UP = "Cordboard is up: "


Stores = Callable[[Path], AbstractAsyncContextManager[Mapping[str, Any]]]
"""What the site whose folder is in this one keeps its things in: gives what site.yaml says of it. May raise Broken."""


@asynccontextmanager
async def as_shipped(folder: Path) -> AsyncIterator[Mapping[str, Any]]:
    """In its own folders, with a Valkey of its own."""
    yield {}


@dataclass(frozen=True, slots=True)
class Setting:
    """What is other than usual. ``quiet``: nobody says anything and no music plays, so that there may be more callers
    than this machine has voices for. ``environment`` is what Cordboard is started with besides; ``site`` goes into
    site.yaml."""

    quiet: bool = False
    environment: Callable[[World], Mapping[str, str]] = lambda world: {}
    site: Mapping[str, Any] = field(default_factory=dict)
    stores: Stores = as_shipped


USUAL = Setting()


class Broken(Exception):
    """The system did not come to where the fault was to find it; the message says how far it came."""


class World:
    """The running system. ``chance`` is all the randomness there is."""

    def __init__(self, at: Stage, crowd: Crowd, wire: Wire, folder: Path, seed: int) -> None:
        self.stage, self.crowd, self.wire = at, crowd, wire
        self.chance = random.Random(seed)
        self.engine: asyncio.subprocess.Process | None = None
        self._folder = folder
        self.back_at = 0.0
        """When Cordboard came back last; 0.0: it never was away."""
        self.url = ""
        """Cordboard's, of this run of it."""
        self.resting_mb = 0.0
        """Cordboard's memory before the first call."""
        self.environment: Mapping[str, str] = {}
        """What Cordboard is started with besides ours."""
        self._desk: httpx.AsyncClient | None = None

    @property
    def pid(self) -> int:
        """Cordboard's process."""
        assert self.engine is not None
        return self.engine.pid

    async def start(self) -> None:
        """Starts Cordboard, and waits until it says that it is up. Raises Broken."""
        log = self._folder / "cordboard.log"
        with log.open("ab") as output:
            self.engine = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "config", "run", "--site", str(self.stage.site.folder)),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=output,
                start_new_session=True, env={**os.environ, **self.environment},
            )  # fmt: skip
        assert self.engine.stdout is not None
        with suppress(TimeoutError):
            line = (await asyncio.wait_for(self.engine.stdout.readline(), PATIENCE_S)).decode()
            if line.startswith(UP):
                self.url = line.removeprefix(UP).strip()
                return
        raise Broken(f"Cordboard did not start: {last_words(log)}")

    async def start_again(self) -> None:
        """The same, after it was away. Raises Broken."""
        await self.start()
        self.back_at = time.time()

    async def kill(self) -> None:
        """kill -9."""
        assert self.engine is not None
        self.engine.kill()
        await self.engine.wait()

    async def stop(self) -> None:
        """Ends it, and what it may have left running."""
        if self._desk is not None:
            await self._desk.aclose()
        if self.engine is not None and self.engine.returncode is None:
            with suppress(ProcessLookupError):
                self.engine.send_signal(signal.SIGCONT)
            await self.end()

    async def end(self) -> None:
        """Ends it in order."""
        assert self.engine is not None
        with suppress(ProcessLookupError):
            self.engine.terminate()
        try:
            await asyncio.wait_for(self.engine.wait(), 20)
        except TimeoutError:
            await self.kill()

    def valkey(self) -> int:
        """The process of the live state's server. Raises Broken: there is none."""
        assert self.engine is not None
        for child in children(self.engine.pid):
            if "valkey" in child.name:
                return child.pid
        raise Broken("Cordboard runs no Valkey of its own")

    async def ask(self, path: str, how: str = "", **json: Any) -> Any:
        """What a supervisor is told by the API; with ``json`` it is a POST, or ``how``. Raises httpx.HTTPError."""
        desk = await self._at_desk()
        answer = await desk.request(how or ("POST" if json else "GET"), path, json=json or None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def text(self, path: str) -> str:
        """What stands there. Raises httpx.HTTPError."""
        return (await (await self._at_desk()).get(path)).raise_for_status().text

    async def clock(self) -> float:
        """What time it is for Cordboard, in Unix seconds. Raises httpx.HTTPError."""
        answer = (await (await self._at_desk()).get("/api/agents")).raise_for_status()
        return parsedate_to_datetime(answer.headers["date"]).timestamp()

    async def _at_desk(self) -> httpx.AsyncClient:
        if self._desk is None or str(self._desk.base_url).rstrip("/") != self.url:
            if self._desk is not None:
                await self._desk.aclose()
            self._desk = httpx.AsyncClient(base_url=self.url, timeout=10)
            (await self._desk.post("/api/login", json={"name": BOSS, "password": PASSWORD})).raise_for_status()
        return self._desk

    def written(self) -> list[Path]:
        """All files that Cordboard and Asterisk have written."""
        return [*self.stage.site.folder.rglob("*"), self._folder / "cordboard.log"]

    async def asterisk_does(self, *actions: Mapping[str, str]) -> list[Mapping[str, str]]:
        """Has Asterisk do all of this at once, by an AMI log-in of its own; its answers, in order. Raises Broken."""
        if not actions:
            return []
        answers: dict[str, Mapping[str, str]] = {}
        done = asyncio.Event()

        def feed(message: Mapping[str, str]) -> None:
            if "Event" not in message and (id := message.get("ActionID")):
                answers[id] = message
                if len(answers) == len(actions):
                    done.set()

        async with watching(self.stage.asterisk.ports.ami, OPERATOR, feed) as writer:
            lines = [{**action, "ActionID": str(number)} for number, action in enumerate(actions)]
            writer.write(
                b"".join(
                    "".join(f"{key}: {value}\r\n" for key, value in action.items()).encode() + b"\r\n"
                    for action in lines
                )
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), PATIENCE_S)
        if len(answers) < len(actions):
            raise Broken(f"Asterisk answered {len(answers)} of {len(actions)} actions")
        return [answers[action["ActionID"]] for action in lines]

    async def channels(self, phone: str = "caller") -> list[str]:
        """The channels of these phones, in full."""
        said = await self.stage.asterisk.command("core show channels concise")
        names = [line.partition("!")[0] for line in said.splitlines()]
        return [name for name in names if name.startswith(f"PJSIP/{phone}-")]

    async def until(self, what: str, look: Callable[[], Awaitable[bool]], patience_s: float = PATIENCE_S) -> None:
        """Returns when ``look`` finds it so; who cannot be asked meanwhile is asked again. Raises Broken."""
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    with suppress(httpx.HTTPError):
                        if await look():
                            return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Broken(f"not in {patience_s:g} s: {what}") from None

    async def in_place(self, kinds: Mapping[Kind, int]) -> None:
        """Returns when each caller of the crowd is where he wants to be. Raises Broken."""
        places = dict.fromkeys((Kind.MENU, Kind.LATE), "menu") | {Kind.TRANSFER: "transfer"}
        places |= dict.fromkeys((Kind.QUEUE, Kind.RINGING, Kind.VIP), "queue")
        wanted: dict[str, int] = {}
        for kind, count in kinds.items():
            place = places.get(kind, "talk")
            wanted[place] = wanted.get(place, 0) + count
        seen: dict[str, int] = {}

        async def look() -> bool:
            seen.clear()
            for call in await self.ask("/api/calls"):
                seen[call["place"]] = seen.get(call["place"], 0) + 1
            states = [agent["state"] for agent in await self.ask("/api/agents")]
            return seen == wanted and states.count("ringing") == kinds.get(Kind.RINGING, 0)

        try:
            await self.until("", look)
        except Broken:
            raise Broken(f"the crowd is not in place: wanted {wanted}, found {seen}") from None

    async def gone(self) -> None:
        """Returns when all callers have come, and gone. Raises Broken: somebody is still there after so long that
        nobody can be."""

        async def look() -> bool:
            return all(one.end is not None for one in self.crowd.lived().values())

        await self.until("the last caller has gone", look, patience_s=LONG_S)

    async def recovered(self, *, cut: bool = False) -> None:
        """Returns when Cordboard is well and knows each caller who is on the line, and no other: none where all
        were ``cut``. Raises Broken."""

        async def look() -> bool:
            (await self.ask("/healthz"))
            known = {call["caller"] for call in await self.ask("/api/calls")}
            lived = [] if cut else self.crowd.lived().values()
            return known == {one.number for one in lived if one.answered_at is not None and one.end is None}

        await self.until("Cordboard knows all callers again", look)

    async def at_rest(self) -> None:
        """Returns when nobody is on the line and everything is written. Raises Broken with what is left."""
        left: list[str] = []

        async def look() -> bool:
            left.clear()
            left.extend(f"call {call['id']} of {call['caller']}" for call in await self.ask("/api/calls"))
            busy = {"reserved", "ringing", "talking"}
            agents = await self.ask("/api/agents")
            left.extend(f"{one['name']} {one['state']}" for one in agents if one["state"] in busy)
            left.extend((await self.stage.asterisk.command("core show channels concise")).splitlines())
            left.extend(f"{one} is not written" for one in await reading.unfinished(self.stage.site.database))
            _, sounds = await reading.ours(self.stage.site.database, self.stage.site.recordings)
            left.extend(f"{one.stem} {one.state}" for one in sounds if one.state == "expected")
            return not left

        try:
            await self.until("", look)
        except Broken:
            raise Broken(f"after the last caller: {', '.join(left[:6])}") from None

    async def accounts(self) -> Accounts:
        """All four, as they stand."""
        rows, sounds = await reading.ours(self.stage.site.database, self.stage.site.recordings)
        return Accounts(
            self.crowd.lived(), reading.channels(self.stage.asterisk.log.parent), rows, sounds, self.back_at
        )


@asynccontextmanager
async def world(
    folder: Path,
    found: Mapping[str, Program],
    sound: Path,
    seed: int,
    setting: Setting = USUAL,
) -> AsyncIterator[World]:
    """The whole system, all agents ready. ``sound`` is a folder of prompts that runs may share. Raises Broken."""
    write(folder / "site")
    async with AsyncExitStack() as exits:
        crowd = Crowd(found["sipp"], folder, setting.quiet)
        ports = (
            dict.fromkeys((*AGENTS, LAST, BOSS), crowd.answers)
            | dict.fromkeys(ABSENT, crowd.rings)
            | {FALLBACK: crowd.answers}
        )
        phones = [Phone(name, contact=f"sip:{name}@{HOST}:{port}") for name, port in ports.items()]
        changes = {
            "web": {"host": HOST, "port": 0},
            "lease": "10s",
            "numbers_shown": {"supervisor": "always"},  # by them each caller is known again
            "folders": {"sounds": str(sound)},
            "fallback": {"phones": [f"PJSIP/{FALLBACK}"], "say": "One moment please."},
            "transfers": {"outside": {"context": "internal", "exten": "0"}},
            **setting.site,
            **await exits.enter_async_context(setting.stores(folder)),
        }
        files = reading.CEL | ({"musiconhold.conf": ""} if setting.quiet else {})
        outside = folder / "outside.conf"
        outside.write_text(OUTSIDE)
        (folder / "site" / "var" / "asterisk" / "log" / "cel-custom").mkdir(parents=True)
        at = await exits.enter_async_context(
            stage(
                folder / "site",
                found,
                phones=phones,
                changes=changes,
                includes=[outside],
                managers=[OPERATOR],
                files=files,
                calls=600 if setting.quiet else 250,
            )
        )
        wire = await exits.enter_async_context(Wire.to(at.asterisk.ports.ami))
        yaml = YAML()
        text = yaml.load(folder / "site" / "site.yaml")
        text["asterisk"]["port"] = wire.port
        yaml.dump(text, folder / "site" / "site.yaml")
        await exits.enter_async_context(crowd.phones())
        one = World(at, crowd, wire, folder, seed)
        one.environment = setting.environment(one)
        try:
            await one.start()
            await one.until("Cordboard has its link to Asterisk", lambda: _healthy(one))
            for name in (*AGENTS, *ABSENT):
                await one.ask(f"/api/agents/{name}/state", state="ready")
            one.resting_mb = resident_mb(one.pid)
            yield one
        finally:
            await one.stop()


async def _healthy(one: World) -> bool:
    await one.ask("/healthz")
    return True
