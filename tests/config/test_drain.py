"""`cordboard drain`: who may, what it asks of the server, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from config.cli import app as command_line
from config.doctor import Verdict, good
from config.drain import check, routes, turned_away
from config.running import findable
from cti.actions.door import Door, Draining
from cti.calls.part import Output, Work
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.stories import talks

KEY = {"Authorization": "Bearer opens"}


class Server:
    """A desk with a door, and no engine behind it."""

    def __init__(self) -> None:
        self.done: Sequence[Output] = ()
        self.door = Door(lambda: self.desk.calls)
        self.held: list[bool] = []
        self.desk = Desk([routes(self.door, self.hold, self.ask, ["next-door"], "opens")])

    async def hold(self, held: bool, now: float) -> Sequence[Output]:
        self.held.append(held)
        return ()

    async def ask(self, work: Work) -> None:
        self.done = await work(NOW)

    async def says(self, how: str, headers: dict[str, str] = KEY, **body: object) -> httpx.Response:
        transport = httpx.ASGITransport(self.desk.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
            return await client.request(how, "/api/drain", json=body or None)


async def test_the_server_is_emptied_and_opened_again() -> None:
    server = Server()
    await server.desk.happens(*talks())
    left = {"draining": True, "left_s": 0.0, "menu": 0, "queue": 0, "talk": 1}
    assert (await server.says("POST", within_s=60, to="next-door")).json() == left
    assert server.door.draining is not None
    assert (server.door.draining.until, server.door.draining.to) == (NOW + 60, "next-door")
    assert (await server.says("GET")).json() == left
    assert (await server.says("DELETE")).json()["draining"] is False
    assert (await server.says("GET")).json()["draining"] is False
    assert server.held == [True, False]


async def test_the_health_page_says_that_nobody_comes_in() -> None:
    server = Server()
    await server.desk.happens(*talks())
    look = check(server.door)
    assert await look() == good("door", "open")
    server.door.most = 1
    assert (await look()).seen == "full: 1 calls; who comes hears that nobody can take the call"
    for to, where in (("", "the fallback"), ("next-door", "the transfer next-door")):
        server.door.drain(Draining(until=NOW, to=to))
        found = await look()
        assert (found.verdict, found.seen) == (Verdict.DOUBTFUL, f"drained: 1 calls left; who comes is sent to {where}")


def test_how_many_were_turned_away_and_why() -> None:
    registry = CollectorRegistry()
    turned_away(registry)("full")
    counted = {
        why: registry.get_sample_value("cordboard_turned_away_total", {"why": why}) for why in ("full", "drained")
    }
    assert counted == {"full": 1.0, "drained": 0.0}


async def test_who_may_not_and_what_cannot_be() -> None:
    server = Server()
    assert (await server.says("POST", {}, within_s=1)).status_code == 401
    assert (await server.says("POST", {"Authorization": "Bearer wrong"}, within_s=1)).status_code == 401
    nowhere = await server.says("POST", within_s=1, to="nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]) == (409, "site.yaml has no transfer called 'nowhere'")
    for within_s in (-1, 1e9, "nan", None):
        assert (await server.says("POST", within_s=within_s)).status_code == 422
    assert server.door.draining is None


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[httpx.Response]]:
    """What the server will answer."""
    given: list[httpx.Response] = []
    real = httpx.Client

    def client(**options: object) -> httpx.Client:
        return real(base_url="http://desk", transport=httpx.MockTransport(lambda request: given.pop(0)))

    monkeypatch.setattr(httpx, "Client", client)
    monkeypatch.setattr("config.commands.drain.LOOK_S", 0.0)
    yield given
    assert not given


def so(left_s: float = 9.0, menu: int = 0, talk: int = 0, draining: bool = True) -> httpx.Response:
    return httpx.Response(200, json={"draining": draining, "left_s": left_s, "menu": menu, "queue": 0, "talk": talk})


def test_what_the_command_says(site: Path, answers: list[httpx.Response]) -> None:
    def run(*more: str) -> tuple[int, list[str]]:
        done = CliRunner().invoke(command_line, ["drain", "--site", str(site), *more])
        return done.exit_code, (done.stdout + done.stderr).splitlines()

    assert run() == (1, ["no server runs on this site"])
    with findable(site / "var" / "state", "http://desk", "key"):
        answers += [so(menu=2, talk=1), so(menu=2, talk=1), so(talk=1), so()]
        both = ["Calls left: 3 (menu 2, queue 0, talking 1)", "Calls left: 1 (menu 0, queue 0, talking 1)"]
        assert run() == (0, [*both, "No call is left."])
        answers += [so(talk=1, left_s=0.0)]
        assert run("--within", "0s") == (0, ["The time is over. Calls left: 1 (menu 0, queue 0, talking 1)"])
        answers += [so(talk=1), so(talk=1, draining=False)]
        assert run()[0] == 1
        answers += [httpx.Response(409, json={"error": "site.yaml has no transfer called 'x'"})]
        assert run("--to", "x") == (1, ["site.yaml has no transfer called 'x'"])
        answers += [so(draining=False)]
        assert run("--undo") == (0, ["Callers who come are served again."])
        assert run("--within", "soon")[0] == 1
