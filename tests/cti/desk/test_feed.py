from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.access import COOKIE, SESSION_S
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent, Event
from cti.calls.talk_events import Held, Resumed
from cti.calls.words import CallId
from cti.desk import feed as feed_module
from cti.desk.feed import Feed, Reader
from cti.desk.view import EVERYTHING, Audience, View
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1, any_event, arrives, ends, rings, talks, waits

AGES_S = 3600.0
"""Longer than any test: what is gathered is told when the test says so."""


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
        assert "gone" not in change  # c2 was never told
        assert [queue["waiting"] for queue in change["queues"]] == [0]
        assert change["today"]["answered"] == 2
        await desk.happens(*ends())
        last = await socket.hear()
        assert (last["prev"], last["gone"]) == (change["seq"], [C1])


async def test_what_a_snapshot_shows_is_known_to_all_supervisors() -> None:
    desk = Desk(gather_s=AGES_S)
    [first] = await drain(desk, EVERYTHING)
    await desk.happens(*arrives())
    [second] = await drain(desk, EVERYTHING)
    assert [call["id"] for call in second["calls"]] == [C1]
    [change] = await drain(desk, EVERYTHING, first["stream"], first["seq"])
    assert (change["calls"], change["seq"]) == (second["calls"], second["seq"])
    await desk.happens(*ends())
    desk.feed.tell_gathered()
    [last] = await drain(desk, EVERYTHING, second["stream"], second["seq"])
    assert (last["prev"], last["gone"]) == (second["seq"], [C1])


async def test_what_is_again_as_it_was_told_is_not_told() -> None:
    desk = Desk(gather_s=AGES_S)
    await desk.happens(*talks())
    [snapshot] = await drain(desk, EVERYTHING)
    await desk.happens(Held(at=NOW + 6, call=C1), Resumed(at=NOW + 6.05, call=C1))
    desk.feed.tell_gathered()
    assert await drain(desk, EVERYTHING, snapshot["stream"], snapshot["seq"]) == []


class Screen:
    """What one desktop shows, going by what it hears alone. It checks that it hears of everything."""

    def __init__(self, feed: Feed, audience: Audience) -> None:
        self.audience = audience
        self._feed = feed
        self._reader: Reader | None = None
        self._stream, self._seq = "", -1
        self.rows: dict[str, dict[str, Any]] = {}

    async def come(self) -> None:
        if self._reader is None:
            self._reader = self._feed.join(self.audience, self._stream, self._seq)

    async def go(self) -> None:
        if self._reader is not None:
            self._feed.leave(self._reader)
            self._reader = None

    async def hear(self) -> None:
        while self._reader is not None and self._reader.pending:
            for text in await self._feed.next(self._reader):
                self._show(json.loads(text))

    def _show(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.rows = {"agents": {}, "queues": {}, "calls": {}}
            self._stream = message["stream"]
            assert message["seq"] >= self._seq
        else:
            assert message["prev"] == self._seq
        self._seq = message["seq"]
        for kind, key in (("agents", "name"), ("queues", "name"), ("calls", "id")):
            for row in message.get(kind, ()):
                assert self.audience is not EVERYTHING or self.rows[kind].get(row[key]) != row
                self.rows[kind][row[key]] = row
        for id in message.get("gone", ()):
            del self.rows["calls"][id]


moves = st.tuples(st.integers(0, 3), st.sampled_from([Screen.come, Screen.hear, Screen.go]))


@given(st.lists(any_event | moves | st.just("tell"), max_size=60))
def test_a_desktop_that_comes_and_goes_shows_what_is(steps: list[Event | tuple[int, Any] | str]) -> None:
    async def run() -> None:
        feed = Feed(View(["ann", "bob"], ["sales"]), kept=4, kept_each=3, limit=2, gather_s=AGES_S)
        shown = [Screen(feed, audience) for audience in (EVERYTHING, EVERYTHING, "ann", "bob")]
        calls: dict[CallId, Call] = {}
        for step in steps:
            match step:
                case Event():
                    call = None
                    if isinstance(step, CallEvent):
                        call = calls[step.call] = apply(calls.get(step.call), step)
                    feed.happened(step, call)
                case (number, does):
                    await does(shown[number])
                case _:
                    feed.tell_gathered()
        for screen in shown:
            await screen.come()
            await screen.hear()
        feed.tell_gathered()
        for screen in shown:
            await screen.hear()
            seen = json.loads(json.dumps(feed.view.seen_by(screen.audience)))
            for kind, key in (("agents", "name"), ("queues", "name"), ("calls", "id")):
                assert screen.rows[kind] == {row[key]: row for row in seen[kind]}

    asyncio.run(run())


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


@pytest.mark.parametrize("bad", ["", "nonsense", GATE.token(PEOPLE["ann"], NOW - SESSION_S)])
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
