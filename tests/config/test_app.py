"""The server comes up: nobody is told of calls before Asterisk has been looked at."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from config.line import caught_up
from tests.cti.ami.desk import QUICK, Desk
from tests.cti.ami.peer import Peer
from tests.cti.engine_room import ARRIVED, working


async def test_it_waits_until_the_calls_of_an_earlier_run_have_been_compared() -> None:
    async with Peer() as peer, working(history=[ARRIVED]) as room:
        room.ami.slow = asyncio.Event()
        desk = Desk(replace(QUICK, port=peer.port))
        desk.at_up = room.engine.on_up
        link = asyncio.create_task(desk.client.run())
        waits = asyncio.create_task(caught_up(desk.client, room.engine))
        await desk.until(lambda: desk.client.tried.is_set() and bool(room.ami.listings))
        assert not waits.done()
        room.ami.slow.set()
        await waits
        assert room.engine.calls == {}
        link.cancel()
        await asyncio.wait({link})


async def test_it_comes_up_without_an_asterisk_too() -> None:
    async with Peer() as peer, working(history=[ARRIVED]) as room:
        desk = Desk(replace(QUICK, port=peer.port, secret="not the secret"))
        link = asyncio.create_task(desk.client.run())
        await caught_up(desk.client, room.engine)
        assert list(room.engine.calls) == [ARRIVED.call]
        assert "refused" in desk.client.trouble
        link.cancel()
        await asyncio.wait({link})
