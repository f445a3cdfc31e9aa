from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from cti.ami.client import AmiDown, AmiError, AmiRefused, AmiTimeout, Message, WireError
from tests.cti.ami.desk import QUICK, Desk, running
from tests.cti.ami.peer import Answer, Peer, listed


async def test_log_in_names_the_user_and_asks_only_for_the_events_used() -> None:
    async with Peer() as peer, running(peer) as desk:
        login = await peer.seen("Login")
        assert (login["Username"], login["Events"]) == (Peer.user, "agi,call,dtmf,user")
        assert desk.client.connected
        assert (desk.client.trouble, desk.client.banner) == ("", "Asterisk Call Manager/11.0.0")


async def test_a_dropped_link_fails_all_that_waits_and_sends_nothing_again() -> None:
    answers: dict[str, Answer] = {"Setvar": None, "Redirect": None}
    answers["Status"] = [{"Response": "Success", "EventList": "start"}]
    async with Peer(answers) as peer, running(peer) as desk:
        refusals: list[str] = []
        waiting = [
            asyncio.create_task(desk.client.action("Setvar")),
            asyncio.create_task(desk.client.listing("Status")),
        ]
        await peer.seen("Status")
        desk.client.post("Redirect", on_refused=refusals.append)
        await peer.seen("Redirect")
        peer.drop()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(r) for r in results] == [AmiDown, AmiDown]
        await desk.until(lambda: desk.ups == 2)
        await desk.client.action("Hangup")
        assert len(refusals) == len(desk.downs) == 1
        assert [a["Action"] for a in peer.actions] == ["Login", "Setvar", "Status", "Redirect", "Login", "Hangup"]


async def test_without_a_link_actions_fail_at_once() -> None:
    async with Peer() as peer, running(peer) as desk:
        await peer.stop()
        await desk.until(lambda: not desk.client.connected)
        refusals: list[str] = []
        desk.client.post("Hangup", on_refused=refusals.append)
        assert refusals == []  # never from within the call
        with pytest.raises(WireError):
            desk.client.post("Hangup", {"Channel": "\n"})
        with pytest.raises(AmiDown):
            await desk.client.action("Hangup")
        await desk.until(lambda: len(refusals) == 1)
        await desk.until(lambda: "cannot connect" in desk.client.trouble)
        await peer.start()
        await desk.until(lambda: desk.ups == 2)
        assert "Hangup" not in [a["Action"] for a in peer.actions]


async def test_a_silent_link_is_dropped_and_made_anew() -> None:
    async with Peer() as peer, running(peer, silence_s=0.1, deadline_s=0.3) as desk:
        peer.deaf = True
        await desk.until(lambda: desk.downs[:1] == ["silent for 0.1 s"])
        peer.deaf = False
        await desk.until(lambda: desk.ups >= 2)


async def test_a_link_that_speaks_but_does_not_listen_is_dropped() -> None:
    async with Peer() as peer, running(peer, deadline_s=0.1) as desk:
        peer.deaf = True
        while not desk.downs:
            peer.emit("E")
            await asyncio.sleep(0.001)
        assert desk.downs == ["a Ping was not answered"]


async def test_pings_keep_a_quiet_link() -> None:
    async with Peer() as peer, running(peer, silence_s=0.5) as desk:
        await peer.pinged(30)  # 0.6 s at least
        assert desk.downs == []


async def test_a_wrong_secret_is_said_and_tried_again() -> None:
    async with Peer() as peer:
        with capture_logs() as logs:
            async with running(peer, secret="not the secret") as desk:
                await peer.seen("Login", times=2)
                assert desk.client.trouble == "log-in refused: Authentication failed"
                assert not desk.client.connected
                with pytest.raises(AmiDown, match="log-in refused"):
                    await desk.client.action("Hangup")
                await desk.until(lambda: peer.links == 0)
                peer.secret = "not the secret"
                await desk.until(lambda: desk.client.connected)
        assert desk.downs == ["stopped"]
        assert "not the secret" not in str(logs) + repr(QUICK)


async def test_work_after_log_in_may_use_the_link_and_events_come_meanwhile() -> None:
    async with Peer({"CoreShowChannels": listed("CoreShowChannel", [{"Channel": "C"}])}) as peer:
        desk = Desk(replace(QUICK, port=peer.port))
        found: list[Message] = []

        async def at_up() -> None:
            peer.emit("Newchannel", Channel="D")
            await desk.until(lambda: bool(desk.events))
            found.extend(await desk.client.listing("CoreShowChannels"))

        desk.at_up = at_up
        task = asyncio.create_task(desk.client.run())
        await desk.until(lambda: bool(found))
        task.cancel()
        await asyncio.wait({task})
        assert (desk.ups, desk.downs, desk.client.connected) == (1, ["stopped"], False)


async def test_work_after_log_in_that_raises_drops_the_link_and_is_tried_again() -> None:
    async with Peer() as peer:
        desk = Desk(replace(QUICK, port=peer.port))

        def at_up() -> None:
            if desk.ups == 1:
                raise KeyError("5551234")
            if desk.ups == 2:
                raise AmiRefused("Permission denied")

        desk.at_up = at_up
        task = asyncio.create_task(desk.client.run())
        await desk.until(lambda: desk.ups == 3)
        task.cancel()
        await asyncio.wait({task})
        failed = "the work after log-in failed: "
        assert desk.downs == [failed + "KeyError", failed + "AmiRefused: Permission denied", "stopped"]


async def test_work_after_log_in_ends_with_its_link() -> None:
    async with Peer() as peer:
        desk = Desk(replace(QUICK, port=peer.port))
        desk.at_up = lambda: asyncio.Event().wait() if desk.ups == 1 else None
        task = asyncio.create_task(desk.client.run())
        await desk.until(lambda: desk.ups == 1)
        peer.drop()
        await desk.until(lambda: desk.ups == 2)
        task.cancel()


async def test_a_port_that_is_not_asterisks() -> None:
    async with Peer(banner=b"220 mail.example ESMTP\r\n") as peer:
        desk = Desk(replace(QUICK, port=peer.port))
        task = asyncio.create_task(desk.client.run())
        await desk.until(lambda: "not an Asterisk manager port" in desk.client.trouble)
        task.cancel()


async def test_a_port_that_says_nothing() -> None:
    async with Peer(banner=b"") as peer:
        peer.deaf = True
        desk = Desk(replace(QUICK, port=peer.port, deadline_s=0.05))
        task = asyncio.create_task(desk.client.run())
        await desk.until(lambda: "not answered in time" in desk.client.trouble or "no answer" in desk.client.trouble)
        task.cancel()


async def test_a_host_that_cannot_be() -> None:
    desk = Desk(replace(QUICK, host="a..b"))
    task = asyncio.create_task(desk.client.run())
    await desk.until(lambda: "cannot connect" in desk.client.trouble)
    task.cancel()


@pytest.mark.parametrize(
    "change",
    [
        {"port": 0},
        {"port": 70000},
        {"ping_s": 0.0},
        {"silence_s": 0.01},
        {"deadline_s": -1.0},
        {"backoff_s": (2.0, 1.0)},
        {"user": "a\r\nb"},
        {"secret": "a\nb"},
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        replace(QUICK, **change)


def test_all_troubles_are_ami_errors() -> None:
    assert all(issubclass(kind, AmiError) for kind in (AmiDown, AmiRefused, AmiTimeout))
