"""What hangs on the wall: figures without persons, and a cookie that lasts."""

from __future__ import annotations

from typing import Any

import pytest

from cti.calls.events import AgentChanged
from cti.calls.words import AgentState
from cti.desk.alerts import Figure, Rule
from cti.desk.feed import LOG_IN_FIRST
from cti.desk.view import Audience
from cti.desk.wall import COOKIE, LIFETIME_S, WALL, Door, Wall, alert_row
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1, C2, talks, waits
from tests.cti.desk.test_asyncapi import check


class Hung(Desk):
    """A desk with a wall: bob alone serves ``sales``, both are of the team ``all``."""

    def __init__(self) -> None:
        super().__init__(rules=[Rule("sales", Figure.WAITING, above=True, limit=0.0, for_s=1.0)])

    def wall(self) -> Wall:
        return Wall(self.view, {"sales": ["bob"]}, {"all": ["ann", "bob"], "few": ["ann"]})

    def beside(self, audience: Audience, now: float) -> dict[str, Any]:
        assert audience == WALL
        assert self.hung is not None
        return {**self.hung.snapshot(), "alerts": [alert_row(alert) for alert in self.alerts.raised]}


@pytest.fixture
def desk() -> Hung:
    return Hung()


TOKEN = f"{COOKIE}={Door(GATE).token(PEOPLE['sue'])}"


async def test_figures_without_persons(desk: Hung) -> None:
    async with connected(desk.app, cookie=TOKEN, path="/ws/wall") as socket:
        snapshot = await socket.hear()
        check(snapshot)
        assert snapshot["teams"][0] == {"name": "all", "queues": ["sales"], "agents": {"offline": 2}}
        assert snapshot["teams"][1]["queues"] == []
        await desk.happens(*waits(C2))
        told = [await socket.hear()]
        while told[-1]["queues"][0]["waiting"] == 0:
            told.append(await socket.hear())
        assert told[-1]["queues"][0]["agents"] == {"offline": 1}
        await desk.part.on_time(NOW + 30)
        told.append(await socket.hear())
        assert told[-1]["alerts"][0]["queue"] == "sales"
        await desk.happens(AgentChanged(at=NOW, agent="bob", state=AgentState.READY, reason="Ann's birthday"))
        told.append(await socket.hear())
        assert told[-1]["queues"][0]["agents"] == {"ready": 1}
        assert told[-1]["teams"] == [{"name": "all", "queues": ["sales"], "agents": {"offline": 1, "ready": 1}}]
    for message in told:
        check(message)
    everything = str([snapshot | {"stream": "of chance"}, *told])
    assert not [name for name in ("ann", "bob", "sue", C1, C2, "5550") if name in everything]


async def test_a_screen_is_put_up_by_a_supervisor_and_stays(desk: Hung) -> None:
    async with desk.client() as nobody, desk.client("ann") as ann, desk.client("sue") as sue:
        assert (await nobody.post("/api/wall")).status_code == 401
        assert (await ann.post("/api/wall")).status_code == 403
        put_up = await sue.post("/api/wall")
        assert put_up.status_code == 204
        assert f"Max-Age={int(LIFETIME_S)}" in put_up.headers["set-cookie"]
    async with desk.client() as screen:
        screen.cookies.set(COOKIE, put_up.cookies[COOKIE])
        assert (await screen.post("/api/wall")).status_code == 204
        assert (await screen.get("/api/me")).status_code == 401, "it is good for the wall alone"
    for cookie in ("", TOKEN[:-3] + "abc", f"{COOKIE}={GATE.token(PEOPLE['sue'])}"):
        async with connected(desk.app, cookie=cookie, path="/ws/wall") as socket:
            assert await socket.closed() == LOG_IN_FIRST
    async with connected(desk.app, cookie=f"cordboard={TOKEN.partition('=')[2]}") as socket:
        assert await socket.closed() == LOG_IN_FIRST, "and for no desk"


async def test_counts_hold_whatever_was_told_before(desk: Hung) -> None:
    await desk.happens(*talks("ann"))
    assert desk.hung is not None
    before = desk.hung.snapshot()
    for state in (AgentState.READY, AgentState.NOT_READY, AgentState.READY):
        await desk.happens(AgentChanged(at=NOW, agent="ann", state=state))
    async with connected(desk.app, cookie=TOKEN, path="/ws/wall") as socket:
        teams = (await socket.hear())["teams"]
    assert teams != before["teams"]
    assert teams[1]["agents"] == {"ready": 1}
