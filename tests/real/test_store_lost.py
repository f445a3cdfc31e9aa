"""The live state's server dies, or is emptied, or is gone with the engine, while callers wait and talk."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal

import pytest

from cti.calls import events as ev
from cti.calls.words import AgentState
from demo.phones import Phones
from demo.stage import Stage
from routing.store import RedisStore, connect
from tests.real.hotline import Hotline, soon
from tests.real.test_crash import at, desk, eventually, lease, places, server, three_calls
from tests.real.test_order import wait_in_line

__all__ = ["at", "lease"]

TRUE_WITHIN_S = 10.0


@pytest.mark.parametrize("how", ["killed", "emptied"])
async def test_nobody_is_lost_and_nobody_is_called_twice(line: Hotline, how: str) -> None:
    alice, bob = await line.person("alice"), await line.person("bob")
    await line.state("alice")
    first, talk = await wait_in_line(line, "5551", "1", 1)
    await (await alice.called()).answered()
    await line.watch.wait(ev.Connected)
    second, before = await wait_in_line(line, "5552", "1", 2)
    third, after = await wait_in_line(line, "5553", "1", 3)
    async with connect(f"unix://{line.stage.site.state}/redis/redis.sock") as client:
        if how == "killed":
            os.kill((await client.info("server"))["process_id"], signal.SIGKILL)
        else:
            await client.flushall()
        store = RedisStore(client)

        async def true() -> bool:
            agents = await store.agents(["alice", "bob"])
            states = {name: (status.state, status.call) for name, status in agents.items()}
            waiting = {waiting.call for waiting in await store.waiting()}
            offline = (AgentState.OFFLINE, None)
            return states == {"alice": (AgentState.TALKING, talk), "bob": offline} and waiting == {before, after}

        async with asyncio.timeout(TRUE_WITHIN_S):
            await soon(true)
        await line.state("bob")
        await (await bob.called()).answered()
        assert (await line.watch.wait(ev.Connected, count=2)).call == before
        assert not first.over
        await first.hang_up()
        await (await alice.called()).answered()
        assert (await line.watch.wait(ev.Connected, count=3)).call == after
        for call in (second, third):
            assert not call.over
            await call.hang_up()
        await line.watch.wait(ev.Ended, count=3)
        offered = [(e.call, e.agent) for e in line.watch.events if isinstance(e, ev.Offered)]
        assert offered == [(talk, "alice"), (before, "bob"), (after, "alice")]


async def test_gone_with_the_engine(at: Stage) -> None:
    """Agents come back from the journal, calls from the journal and Asterisk."""
    async with Phones(at.asterisk.ports.sip) as phones:
        async with server(at) as before:
            async with desk(at, before, "bob") as his:
                lunch = {"state": "not ready", "reason": "lunch"}
                (await his.post("/api/agents/bob/state", json=lunch)).raise_for_status()
            calls = await three_calls(at, phones, before)
            async with desk(at, before, "sue") as hers:
                told = await eventually(hers, "/api/agents", bool)
            await before.kill()
        shutil.rmtree(at.site.state / "redis")
        async with server(at) as after, desk(at, after, "sue") as hers:
            here = await eventually(hers, "/api/calls", lambda c: len(places(c)) == 3)
            assert places(here) == {"5551": "talk", "5552": "queue", "5553": "menu"}
            async with asyncio.timeout(TRUE_WITHIN_S):
                again = await eventually(hers, "/api/agents", bool)
            kept = ("name", "state", "reason", "call")
            assert [[row[k] for k in kept] for row in again] == [[row[k] for k in kept] for row in told]
            assert {row["name"]: row["state"] for row in again} == {"alice": "talking", "bob": "not ready"}
            for call in calls.values():
                assert not call.over
                await call.hang_up()
            done = await eventually(hers, "/api/records", lambda r: len(r["records"]) == 3)
            outcomes = {r["caller"]: r["outcome"] for r in done["records"]}
            assert outcomes["5551"] == "answered"
