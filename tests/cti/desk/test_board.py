"""The board's API, and what of it is on the feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from prometheus_client import generate_latest

from cti.desk.alerts import Figure, Rule
from cti.desk.announcements import LONGEST, MOST, Announcements
from cti.desk.board_api import LONGEST_S, routes
from cti.desk.view import EVERYTHING, Audience
from tests.cti.desk.desktop import NOW, Desk, connected
from tests.cti.desk.stories import C1, C2, ends, talks, waits
from tests.cti.desk.test_feed import drain, token

RULE = Rule("sales", Figure.WAITING, above=True, limit=1.0, for_s=30.0)
URL = "/api/announcements"


class Board(Desk):
    """A desk with announcements and one rule; bob alone serves ``sales``."""

    def __init__(self, folder: Path) -> None:
        self.announcements = Announcements(folder / "announcements.json")
        super().__init__(rules=[RULE])

    def beside(self, audience: Audience, now: float) -> Mapping[str, Any]:
        return {"announcements": [one.row(audience) for one in self.announcements.current(now, audience)]}

    def own_routers(self) -> Sequence[APIRouter]:
        return [routes(self.feed, self.announcements, self.alerts, ["ann", "bob"], {"sales": ["bob"]}.get)]


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


async def said(board: Board, **body: Any) -> dict[str, Any]:
    async with board.client("sue") as sue:
        answer = await sue.post(URL, json={"text": "Fire drill at ten", **body})
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def shown(board: Board, audience: Audience) -> list[str]:
    [snapshot] = await drain(board, audience)
    return [row["text"] for row in snapshot["announcements"]]


async def test_all_hear_an_announcement_at_once_and_at_log_in(board: Board) -> None:
    async with connected(board.app, token("ann")) as socket:
        assert (await socket.hear())["announcements"] == []
        row = await said(board)
        change = await socket.hear()
        assert (change["event"], change["announcements"][0]["text"]) == ("Announcement", "Fire drill at ten")
        assert (row["by"], row["agents"]) == ("sue", None)
    assert await shown(board, "bob") == await shown(board, EVERYTHING) == ["Fire drill at ten"]


@pytest.mark.parametrize("to", [{"queue": "sales"}, {"agents": ["bob"]}])
async def test_only_those_it_is_for_hear_it(board: Board, to: dict[str, Any]) -> None:
    await said(board, **to)
    assert (await shown(board, "ann"), await shown(board, "bob")) == ([], ["Fire drill at ten"])
    async with board.client("ann") as ann, board.client("bob") as bob:
        assert (await ann.get(URL)).json() == []
        assert "agents" not in (await bob.get(URL)).json()[0]


async def test_it_ends_by_itself_and_by_hand(board: Board) -> None:
    await said(board, until=NOW + 60)
    other = await said(board, text="Lunch is served")
    board.now = NOW + 60
    assert await shown(board, "ann") == ["Lunch is served"]
    async with board.client("sue") as sue, connected(board.app, token("ann")) as socket:
        await socket.hear()
        assert (await sue.delete(f"{URL}/{other['id']}")).status_code == 204
        assert (await sue.delete(f"{URL}/{other['id']}")).status_code == 404
        assert (await socket.hear())["announcements"][0]["until"] == board.now
    assert await shown(board, "ann") == []


async def test_it_is_kept_over_a_restart(board: Board, tmp_path: Path) -> None:
    await said(board, agents=["bob"])
    again = Board(tmp_path)
    assert await shown(again, "bob") == ["Fire drill at ten"]
    assert await shown(again, "ann") == []


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', "[" * 100_000])
async def test_a_file_that_is_broken_counts_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "announcements.json").write_text(text)
    assert Announcements(tmp_path / "announcements.json").current(NOW) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": " \n "}, 422),
        ({"text": "x" * (LONGEST + 1)}, 422),
        ({"text": "evil \u202e txet"}, 422),
        ({"text": "x", "agents": []}, 422),
        ({"text": "x", "colour": "red"}, 422),
        ({"text": "x", "until": NOW}, 409),
        ({"text": "x", "until": NOW + LONGEST_S + 1}, 409),
        ({"text": "x", "queue": "sales", "agents": ["ann"]}, 409),
        ({"text": "x", "queue": "help"}, 404),
        ({"text": "x", "agents": ["eve"]}, 404),
    ],
)
async def test_what_is_not_announced(board: Board, body: dict[str, Any], status: int) -> None:
    async with board.client("sue") as sue:
        assert (await sue.post(URL, json=body)).status_code == status
    assert board.announcements.current(NOW) == []


async def test_too_many_and_not_an_agents_business(board: Board) -> None:
    for _ in range(MOST):
        await board.announcements.say("x", "sue", NOW, NOW + 1)
    async with board.client("sue") as sue, board.client("ann") as ann:
        assert (await sue.post(URL, json={"text": "x"})).status_code == 409
        assert (await ann.post(URL, json={"text": "x"})).status_code == 403
        assert (await ann.delete(f"{URL}/x")).status_code == 403
        assert (await ann.get("/api/board/day")).status_code == 403


async def test_the_day(board: Board) -> None:
    await board.happens(*talks("ann"), *waits(C2, NOW + 60))
    board.now = NOW + 120
    async with board.client("sue") as sue:
        day = (await sue.get("/api/board/day")).json()
        assert (await sue.get("/api/board/day?queue=help")).status_code == 404
        limited = (await sue.get("/api/board/day?queue=sales")).json()
    assert day["start"] <= NOW < day["end"]
    assert (day["all"]["offered"], day["all"]["answered"]) == (2, 1)
    assert day["queues"]["sales"] == day["all"]
    assert day["quarters"] == limited["quarters"]
    assert sum(quarter["offered"] for quarter in day["quarters"]) == 2
    assert day["quarters"][-1]["at"] <= board.now < day["quarters"][-1]["at"] + day["quarter_s"]


async def test_an_alert_is_raised_and_cleared_on_the_feed(board: Board) -> None:
    [snapshot] = await drain(board, EVERYTHING)
    await board.happens(*waits(C1), *waits(C2))
    assert board.part.next_time() == NOW + 31
    await board.part.on_time(NOW + 31)
    assert b'cordboard_alerts{figure="waiting",queue="sales"} 1.0' in generate_latest(board.registry)
    await board.happens(*ends(C2, NOW + 60))
    await board.part.on_time(NOW + 90)
    told = await drain(board, EVERYTHING, snapshot["stream"], snapshot["seq"])
    alerts = [row for change in told for row in change.get("alerts", ())]
    assert [(row["since"], row["cleared"], row["above"]) for row in alerts] == [
        (NOW + 1, None, 1.0),
        (NOW + 1, NOW + 90, 1.0),
    ]
    assert all("alerts" not in message for message in await drain(board, "ann"))


async def test_who_looks_after_an_alert_is_told(board: Board) -> None:
    await board.happens(*waits(C1), *waits(C2))
    await board.part.on_time(NOW + 31)
    [snapshot] = await drain(board, EVERYTHING)
    [alert] = board.alerts.raised
    async with board.client("sue") as sue, board.client("max") as max, board.client("ann") as ann:
        body = {"id": alert.id}
        assert (await sue.post("/api/alerts/seen", json=body)).json()["seen_by"] == "sue"
        assert (await max.post("/api/alerts/seen", json=body)).json()["seen_by"] == "sue"
        assert (await ann.post("/api/alerts/seen", json=body)).status_code == 403
        [told, _] = await drain(board, EVERYTHING, snapshot["stream"], snapshot["seq"])
        assert told["alerts"][0]["seen_by"] == "sue"
        await board.happens(*ends(C2, NOW + 60))
        await board.part.on_time(NOW + 90)
        assert (await sue.post("/api/alerts/seen", json=body)).status_code == 404


async def test_who_has_seen_an_announcement_is_told_and_kept(board: Board, tmp_path: Path) -> None:
    row = await said(board, agents=["bob"])
    seen = f"{URL}/{row['id']}/seen"
    async with board.client("ann") as ann, board.client("bob") as bob, board.client("sue") as sue:
        assert (await bob.get(URL)).json()[0]["seen"] is False
        assert (await ann.post(seen)).status_code == (await sue.post(seen)).status_code == 404
        async with connected(board.app, token("sue")) as socket:
            await socket.hear()
            assert (await bob.post(seen)).json()["seen"] is True
            assert (await bob.post(seen)).status_code == 200
            assert (await socket.hear())["announcements"][0]["seen"] == ["bob"]
    assert [one.seen for one in Board(tmp_path).announcements.current(NOW)] == [("bob",)]


async def test_midnight_is_told(board: Board) -> None:
    await board.happens(*talks("ann"), *ends())
    [anns], [everybodys] = await drain(board, "ann"), await drain(board, EVERYTHING)
    assert (anns["agents"][0]["calls_today"], anns["agents"][0]["talk_today_s"]) == (1, 55.0)
    midnight = board.view.today.end
    await board.part.on_time(midnight)
    [change] = await drain(board, "ann", anns["stream"], anns["seq"])
    assert change["agents"][0]["calls_today"] == 0
    [change] = await drain(board, EVERYTHING, everybodys["stream"], everybodys["seq"])
    assert (change["today"]["offered"], change["queues"][0]["today"]["answered"]) == (0, 0)
