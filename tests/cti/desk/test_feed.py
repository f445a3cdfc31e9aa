from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from cti.access import COOKIE, LIFETIME_S
from cti.calls.events import CallId
from cti.desk import feed as feed_module
from cti.desk.view import EVERYTHING, Audience
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1, arrives, ends, rings, talks, waits


def token(name: str) -> str:
    return GATE.token(PEOPLE[name])


async def drain(desk: Desk, audience: Audience, stream: str = "", after: int | None = None) -> list[dict[str, Any]]:
    reader = desk.feed.join(audience, stream, after)
    texts = await desk.feed.next(reader) if reader.pending else []
    desk.feed.leave(reader)
    return [json.loads(text) for text in texts]


async def test_a_snapshot_then_numbered_changes() -> None:
    desk = Desk()
    await desk.happens(*arrives())
    async with connected(desk.app, token("sue")) as socket:
        snapshot = await socket.hear()
        assert snapshot["type"] == "snapshot"
        assert snapshot["now"] == NOW
        assert [call["id"] for call in snapshot["calls"]] == [C1]
        await desk.happens(*talks(call=CallId("c2")))
        last = snapshot["seq"]
        while (change := await socket.hear())["event"] != "Connected":
            assert change["type"] == "change"
            assert change["prev"] == last
            assert change["seq"] > last
            last = change["seq"]
        assert change["calls"][0]["agent"] == "ann"


async def test_an_agent_hears_only_of_his_own() -> None:
    desk = Desk()
    async with connected(desk.app, token("bob")) as socket:
        snapshot = await socket.hear()
        assert [agent["name"] for agent in snapshot["agents"]] == ["bob"]
        assert snapshot["queues"] == []
        await desk.happens(*talks("ann"), *ends(), *rings("bob", CallId("c2")))
        change = await socket.hear()
        assert change["prev"] == snapshot["seq"]
        assert change["event"] == "Offered"
        assert change["calls"][0]["id"] == "c2"


async def test_no_digit_is_ever_sent() -> None:
    desk = Desk()
    await desk.happens(*waits())
    [snapshot] = await drain(desk, EVERYTHING)
    reader = desk.feed.join(EVERYTHING, snapshot["stream"], snapshot["seq"])
    await desk.happens(*talks(call=CallId("c2")))
    texts = await desk.feed.next(reader)
    assert not any("digit" in text.lower() for text in texts)


@pytest.mark.parametrize("seen", range(1, 8))
async def test_coming_back_gives_just_what_was_missed(seen: int) -> None:
    desk = Desk()
    [snapshot] = await drain(desk, EVERYTHING)
    await desk.happens(*talks())
    whole = await drain(desk, EVERYTHING, snapshot["stream"], snapshot["seq"])
    assert await drain(desk, EVERYTHING, desk.feed.stream, whole[seen - 1]["seq"]) == whole[seen:]


async def test_a_desktop_that_comes_back_over_the_wire_has_no_gap() -> None:
    desk = Desk()
    async with connected(desk.app, token("ann")) as socket:
        snapshot = await socket.hear()
    await desk.happens(*rings("ann"))
    async with connected(desk.app, token("ann"), f"stream={snapshot['stream']}&after={snapshot['seq']}") as socket:
        change = await socket.hear()
        assert (change["prev"], change["event"]) == (snapshot["seq"], "Offered")


async def test_a_desktop_that_missed_nothing_is_told_so_at_once() -> None:
    desk = Desk()
    async with connected(desk.app, token("ann")) as socket:
        snapshot = await socket.hear()
    async with connected(desk.app, token("ann"), f"stream={snapshot['stream']}&after={snapshot['seq']}") as socket:
        assert await socket.hear() == {"type": "alive", "now": NOW}


async def test_too_old_a_gap_gives_a_snapshot() -> None:
    desk = Desk(kept=3)
    [snapshot] = await drain(desk, EVERYTHING)
    await desk.happens(*talks())
    [fresh] = await drain(desk, EVERYTHING, snapshot["stream"], snapshot["seq"])
    assert fresh["type"] == "snapshot"
    assert fresh["calls"][0]["offer"] == "connected"


@pytest.mark.parametrize(
    "query", ["stream=another&after=1", "after=99999999", "after=-1", "after=x", "after=" + "9" * 99]
)
async def test_a_place_that_is_not_known_gives_a_snapshot(query: str) -> None:
    desk = Desk()
    query = query if "stream" in query else f"stream={desk.feed.stream}&{query}"
    async with connected(desk.app, token("sue"), query) as socket:
        assert (await socket.hear())["type"] == "snapshot"


async def test_the_place_of_one_audience_is_not_that_of_another() -> None:
    desk = Desk()
    [anns] = await drain(desk, "ann")
    await drain(desk, "bob")
    [answer] = await drain(desk, "bob", anns["stream"], anns["seq"])
    assert answer["type"] == "snapshot"
    assert answer["agents"][0]["name"] == "bob"


async def test_a_slow_desktop_gets_a_snapshot_and_holds_up_nobody() -> None:
    desk = Desk(limit=20)
    slow, quick = desk.feed.join(EVERYTHING), desk.feed.join(EVERYTHING)
    await desk.feed.next(slow)
    await desk.feed.next(quick)
    heard: list[dict[str, Any]] = []
    for number in range(20):
        await desk.happens(*waits(CallId(f"c{number}")))
        heard += [json.loads(text) for text in await desk.feed.next(quick)]
    assert all(message["type"] == "change" for message in heard)
    assert all(a["seq"] == b["prev"] for a, b in pairwise(heard))
    [snapshot] = [json.loads(text) for text in await desk.feed.next(slow)]
    assert snapshot["type"] == "snapshot"
    assert snapshot["seq"] == heard[-1]["seq"]
    await desk.happens(*ends(CallId("c0")))
    [change] = [json.loads(text) for text in await desk.feed.next(slow)]
    assert change["prev"] == snapshot["seq"]


async def test_all_supervisors_share_one_text() -> None:
    desk = Desk()
    readers = [desk.feed.join(EVERYTHING) for _ in range(2)]
    for reader in readers:
        await desk.feed.next(reader)
    await desk.happens(*arrives())
    [one], [other] = [(await desk.feed.next(reader))[:1] for reader in readers]
    assert one is other


async def test_supervisors_get_the_changes_of_a_moment_together() -> None:
    desk = Desk(gather_s=0.001)
    async with connected(desk.app, token("sue")) as socket:
        snapshot = await socket.hear()
        await desk.happens(*talks("ann"), *talks("bob", CallId("c2")), *ends(CallId("c2")))
        change = await socket.hear()
        assert change["prev"] == snapshot["seq"]
        assert [(call["id"], call["agent"]) for call in change["calls"]] == [(C1, "ann")]
        assert change["gone"] == ["c2"]
        assert [(queue["name"], queue["waiting"]) for queue in change["queues"]] == [("sales", 0)]
        await desk.happens(*ends())
        assert (await socket.hear())["prev"] == change["seq"]


async def test_nothing_is_kept_for_who_was_never_there() -> None:
    desk = Desk()
    await desk.happens(*talks("ann"))
    assert not desk.feed.wanted("ann")
    assert not desk.feed.wanted(EVERYTHING)
    await drain(desk, "ann")
    assert desk.feed.wanted("ann")


async def test_a_quiet_feed_says_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "ALIVE_S", 0.001)
    async with connected(Desk().app, token("sue")) as socket:
        assert (await socket.hear())["type"] == "snapshot"
        assert await socket.hear() == {"type": "alive", "now": NOW}


@pytest.mark.parametrize("bad", ["", "nonsense", GATE.token(PEOPLE["ann"], NOW - LIFETIME_S)])
async def test_without_a_good_token_the_feed_closes(bad: str) -> None:
    async with connected(Desk().app, bad) as socket:
        assert await socket.closed() == 4401


async def test_the_cookie_will_do() -> None:
    async with connected(Desk().app, cookie=f"{COOKIE}={token('ann')}") as socket:
        assert (await socket.hear())["type"] == "snapshot"


@pytest.mark.parametrize("origin", ["http://evil.example", "http://desk:81", "null", "http://[", "http://desk.evil"])
async def test_a_page_of_another_host_is_sent_away(origin: str) -> None:
    async with connected(Desk().app, token("ann"), origin=origin) as socket:
        assert await socket.closed() == 4403


async def test_a_program_says_no_origin() -> None:
    async with connected(Desk().app, token("ann"), origin=None) as socket:
        assert (await socket.hear())["type"] == "snapshot"


async def test_a_token_that_is_no_longer_good_ends_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    async with connected(desk.app, token("ann")) as socket:
        await socket.hear()
        monkeypatch.delitem(PEOPLE, "ann")
        desk.now += feed_module.ALIVE_S
        await desk.happens(*rings("ann"))
        assert await socket.closed() == 4401


async def test_a_desktop_that_speaks_is_shown_out() -> None:
    async with connected(Desk().app, token("ann")) as socket:
        await socket.hear()
        await socket.say("x" * 1000)
        assert await socket.closed() == 1008


async def test_a_desktop_that_goes_leaves_nothing_behind() -> None:
    desk = Desk()
    async with connected(desk.app, token("ann")) as socket:
        await socket.hear()
        assert desk.feed.desktops == 1
    assert desk.feed.desktops == 0


async def test_many_desktops_come_and_go_while_calls_run() -> None:
    desk = Desk(limit=5)

    async def one(name: str) -> None:
        async with connected(desk.app, token(name)) as socket:
            last = (await socket.hear())["seq"]
            for _ in range(3):
                change = await socket.hear()
                if change["type"] == "change":
                    assert change["prev"] == last
                last = change["seq"]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one("sue")) for _ in range(20)]
        number = 0
        while not all(task.done() for task in tasks):
            number += 1
            await desk.happens(*waits(CallId(f"c{number}")))
            await asyncio.sleep(0)
    assert desk.feed.desktops == 0
