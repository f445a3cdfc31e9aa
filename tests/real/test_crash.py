"""The engine is killed with callers in the menu, in the queue and talking."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.debian import Program
from demo.phones import PhoneCall, Phones
from demo.stage import Stage, stage
from demo.tones import RATE, present, tone
from tests.real.conftest import INTERNAL
from tests.real.hotline import PATIENCE_S

CALLER, AGENT = 440.0, 880.0


class Server:
    """Cordboard in a process of its own, to be killed."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    async def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def server(at: Stage) -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "config", "run", "--site", str(at.site.folder),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode()
        assert "Cordboard is up: " in line
        yield Server(process, line.split()[-1])
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def desk(at: Stage, running: Server, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url) as client:
        login = {"name": name, "password": at.passwords[name]}
        (await client.post("/api/login", json=login)).raise_for_status()
        yield client


async def eventually(client: httpx.AsyncClient, path: str, ready: Any) -> Any:
    """What the API answers as soon as it is ``ready``."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = (await client.get(path)).json()
            if ready(answer):
                return answer
            await asyncio.sleep(0.05)


def places(calls: Any) -> dict[str, str]:
    """Where each caller is, by number."""
    rows = calls["calls"] if isinstance(calls, dict) else calls
    return {row["caller"]: row["place"] for row in rows}


@pytest.fixture
def lease() -> str:
    """Half of it is sure, and in it an engine starts on any machine."""
    return "40s"


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program], lease: str) -> AsyncIterator[Stage]:
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "lease": lease,
        "fallback": {"phones": ["PJSIP/bob"], "say": "The system is restarting."},
    }
    async with stage(site, peers, changes=changes, includes=[INTERNAL]) as found:
        yield found


async def three_calls(at: Stage, phones: Phones, running: Server) -> dict[str, PhoneCall]:
    """One caller in the menu, one in the queue, one talking to alice."""
    alice = await phones.add("alice", at.phone_password, microphone=tone(AGENT, 1.0))
    calls = {}
    async with desk(at, running, "alice") as mine, desk(at, running, "sue") as hers:
        (await mine.post("/api/agents/alice/state", json={"state": "ready"})).raise_for_status()
        for place, keys in (("talk", "1"), ("queue", "2"), ("menu", "")):
            number = {"talk": "5551", "queue": "5552", "menu": "5553"}[place]
            calls[place] = await (await phones.add(number, microphone=tone(CALLER, 1.0))).dial("100")
            await calls[place].answered()
            if keys:
                await calls[place].press(keys)
            await eventually(hers, "/api/calls", lambda c, n=number, p=place: places(c).get(n) == p)
        await (await alice.called()).answered()
    return calls


async def talk(at: Stage, phones: Phones, mine: httpx.AsyncClient) -> tuple[PhoneCall, PhoneCall, str]:
    """A caller and alice, whose desk is ``mine``, talk: his leg, hers, and the call's id."""
    alice = await phones.add("alice", at.phone_password, microphone=tone(AGENT, 1.0))
    (await mine.post("/api/agents/alice/state", json={"state": "ready"})).raise_for_status()
    caller = await (await phones.add("5551", microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    agent = await alice.called()
    calls = await eventually(mine, "/api/calls", lambda c: c and c[0]["place"] == "talk")
    return caller, agent, calls[0]["id"]


async def test_kill_and_start_again(at: Stage) -> None:
    """The talk goes on; the callers in menu and queue are taken up; every record is complete."""
    async with Phones(at.asterisk.ports.sip) as phones:
        async with server(at) as first:
            calls = await three_calls(at, phones, first)
            await first.kill()
        async with server(at) as second, desk(at, second, "sue") as hers:
            here = await eventually(hers, "/api/calls", lambda c: len(places(c)) == 3)
            assert places(here) == {"5551": "talk", "5552": "queue", "5553": "menu"}
            heard = await calls["talk"].listen(1)
            assert AGENT in present(heard, RATE, [CALLER, AGENT])
            await calls["menu"].press("2")
            await eventually(hers, "/api/calls", lambda c: places(c).get("5553") == "queue")
            for call in calls.values():
                assert not call.over
                await call.hang_up()
            done = await eventually(hers, "/api/records", lambda r: len(r["records"]) == 3)
            outcomes = {r["caller"]: r["outcome"] for r in done["records"]}
            assert outcomes == {"5551": "answered", "5552": "abandoned in queue", "5553": "abandoned in queue"}
            talk = next(r for r in done["records"] if r["caller"] == "5551")
            assert (talk["agent"], talk["ended_by"]) == ("alice", "caller")
            details = await eventually(
                hers, f"/api/records/{talk['id']}", lambda d: d["recordings"][0]["state"] != "expected"
            )
            assert details["recordings"][0]["state"] == "whole"


@pytest.mark.parametrize("lease", ["6s"])
async def test_kill_and_stay_dead(at: Stage) -> None:
    """The talk goes on; the others hear the fallback and are given to the hunt group."""
    async with Phones(at.asterisk.ports.sip) as phones:
        async with server(at) as first:
            calls = await three_calls(at, phones, first)
            await first.kill()
        bob = await phones.add("bob", at.phone_password, microphone=tone(AGENT, 1.0))
        await (await bob.called(within=30)).answered()
        for place in ("talk", "menu", "queue"):
            assert not calls[place].over, place
        assert AGENT in present(await calls["talk"].listen(1), RATE, [CALLER, AGENT])
        for call in calls.values():
            await call.hang_up()
        async with server(at) as second, desk(at, second, "sue") as hers:
            done = await eventually(hers, "/api/records", lambda r: len(r["records"]) == 3)
            assert all(r["estimated"] for r in done["records"])


async def test_a_caller_who_comes_while_the_engine_is_away(at: Stage) -> None:
    async with Phones(at.asterisk.ports.sip) as phones:
        bob = await phones.add("bob", at.phone_password, microphone=tone(AGENT, 1.0))
        call = await (await phones.add("5559")).dial("100")
        await call.answered()
        await (await bob.called()).answered()
        assert AGENT in present(await call.listen(1), RATE, [CALLER, AGENT])
