"""A changed site in a running server: checked, refused whole, for new calls only."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from ruamel.yaml import YAML
from typer.testing import CliRunner

from config import reload as reloading
from config import settings
from config.cli import app as command_line
from config.premises import make_prompts
from config.reload import Reload, on_hangup, routes
from config.running import FILE, NotRunning, findable
from config.settings import Site
from cti.access import Gate
from cti.calls.part import Work
from cti.desk.guard import add_guard
from cti.site.files import SiteError
from ivr.handler import MenuPart
from ivr.prompts import Prompts
from ivr.questions import Question, Unanswered

SPEAKER = [sys.executable, str(Path(__file__).parents[1] / "ivr" / "speaker.py")]
FLOW = """
start: main
nodes:
  main: {menu: Press 1., keys: {"1": orders}, otherwise: bye}
  orders: {queue: orders}
  bye: {hangup: true}
"""
SECRET = b"0123456789abcdef0123456789abcdef"


class Nobody:
    async def answer(self, question: Question) -> object:
        return Unanswered("nobody")


async def no_turn(work: Work) -> None:
    raise AssertionError


def change(site: Path, **changes: Any) -> None:
    """Changes keys of site.yaml."""
    yaml = YAML()
    text = yaml.load(site / "site.yaml")
    text.update(changes)
    yaml.dump(text, site / "site.yaml")


@pytest.fixture
def small(site: Path) -> Path:
    """A site with one short flow, and a speaker that is quick."""
    for path in (site / "flows").glob("*.yaml"):
        path.unlink()
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text("queues: {orders: {}, support: {}}\n")
    change(site, speech={"espeak": SPEAKER})
    return site


@pytest.fixture
def site_now(small: Path) -> Site:
    return settings.load(small)


@pytest.fixture
async def menus(site_now: Site) -> MenuPart:
    prompts = make_prompts(site_now)
    await prompts.load(site_now.flows)
    return MenuPart(site_now.flows, prompts, site_now.settings.numbers, Nobody(), no_turn)


@pytest.fixture
def reload(site_now: Site, menus: MenuPart) -> Reload:
    return Reload(site_now, menus, make_prompts)


async def test_a_changed_flow_is_for_new_calls(small: Path, reload: Reload, menus: MenuPart) -> None:
    before = menus.flows
    (small / "flows" / "main.yaml").write_text(FLOW.replace("Press 1.", "Press one."))
    done = await reload.now()
    assert done.changes == ["main: at main, callers hear “Press one.” (was: “Press 1.”)"]
    assert (done.restart, done.versions) == ([], {"main": menus.flows["main"].version})
    assert menus.flows["main"].version != before["main"].version
    assert (await reload.now()).changes == []


async def test_numbers(small: Path, reload: Reload) -> None:
    (small / "flows" / "second.yaml").write_text(FLOW)
    change(small, numbers={"*": "main", "77": "second"})
    changes = (await reload.now()).changes
    assert changes == ["second: the flow is new, with 3 nodes", "the number 77 leads to second (was: no flow)"]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("flows/main.yaml", FLOW.replace("otherwise: bye", "otherwise: gone"), "there is no node 'gone'"),
        ("people.yaml", "people: {}\n", "must not be empty"),
        ("flows/main.yaml", "start: [", "main.yaml:"),
    ],
)
async def test_a_wrong_site_is_refused_whole(
    small: Path, reload: Reload, menus: MenuPart, file: str, text: str, message: str
) -> None:
    before = menus.flows
    (small / "flows" / "second.yaml").write_text(FLOW)
    (small / file).write_text(text)
    with pytest.raises(SiteError, match=message):
        await reload.now()
    assert menus.flows is before


async def test_a_prompt_that_cannot_be_made_refuses_it(small: Path, site_now: Site, menus: MenuPart) -> None:
    class Mute(Prompts):
        async def load(self, flows: object) -> None:
            raise SiteError([])

    def mute(site: Site) -> Prompts:
        made = make_prompts(site)
        made.__class__ = Mute
        return made

    before = menus.flows
    (small / "flows" / "main.yaml").write_text(FLOW.replace("Press 1.", "Press one."))
    with pytest.raises(SiteError):
        await Reload(site_now, menus, mute).now()
    assert menus.flows is before


async def test_what_only_a_restart_applies_is_told(small: Path, reload: Reload) -> None:
    (small / "queues.yaml").write_text("queues: {orders: {priority: 5}, support: {}}\n")
    change(small, lease="12s")
    done = await reload.now()
    assert (done.changes, done.restart) == ([], ["queues.yaml", "site.yaml: lease"])


async def test_who_is_gone_or_changed_in_role_is_logged_out(small: Path, site_now: Site, menus: MenuPart) -> None:
    out: list[Site] = []
    people = small / "people.yaml"
    people.write_text(people.read_text().replace("role: supervisor", "role: admin").replace("  root:", "  ruth:"))
    done = await Reload(site_now, menus, make_prompts, log_ins=out.append).now()
    assert done.changes == [
        "root may not log in any more",
        "sue is admin and no longer supervisor: logged out until the restart",
    ]
    assert [sorted(loaded.access) for loaded in out] == [["alice", "bob", "ruth", "sue"]]


async def test_a_new_password_needs_no_restart(small: Path, reload: Reload) -> None:
    people = small / "people.yaml"
    people.write_text(re.sub(r"(\$argon2id\$[^\s\"']+)", r"\1A", people.read_text(), count=1))
    done = await reload.now()
    assert (done.changes, done.restart) == (["alice has a new password: logged out"], [])


async def test_a_flow_may_not_name_what_the_running_server_lacks(small: Path, reload: Reload) -> None:
    (small / "queues.yaml").write_text("queues: {orders: {}, support: {}, fresh: {}}\n")
    (small / "flows" / "main.yaml").write_text(FLOW.replace("queue: orders", "queue: fresh"))
    with pytest.raises(SiteError, match="the queue 'fresh' is new, and the running server does not have it"):
        await reload.now()


@pytest.fixture
def web(site_now: Site, reload: Reload) -> FastAPI:
    app = FastAPI()
    app.state.gate = Gate(SECRET, site_now.access)
    add_guard(app)
    app.include_router(routes(reload))
    return app


async def post(web: FastAPI, bearer: str) -> httpx.Response:
    headers = {b"Authorization": f"Bearer {bearer}".encode("latin-1")} if bearer else {}
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        return await client.post("/api/reload", headers=headers)


async def test_only_an_administrator_or_the_owner_of_the_folder(web: FastAPI, site_now: Site, reload: Reload) -> None:
    gate = Gate(SECRET, site_now.access)
    people = site_now.access
    codes = [(await post(web, bearer)).status_code for bearer in ("", "x", "ä", reload.key[:-1])]
    assert codes == [401, 401, 401, 401]
    assert (await post(web, gate.token(people["alice"]))).status_code == 403
    assert (await post(web, gate.token(people["sue"]))).status_code == 403
    assert (await post(web, gate.token(people["root"]))).status_code == 200
    assert (await post(web, reload.key)).status_code == 200


async def test_what_is_wrong_is_in_the_answer(small: Path, web: FastAPI, reload: Reload) -> None:
    (small / "flows" / "main.yaml").write_text(FLOW.replace("otherwise: bye", "otherwise: by"))
    answer = await post(web, reload.key)
    assert answer.status_code == 409
    problem = {"where": "flows/main.yaml:4 nodes.main.otherwise", "what": "there is no node 'by' (did you mean bye?)"}
    assert problem in answer.json()["problems"]


async def test_a_signal(small: Path, reload: Reload, menus: MenuPart, monkeypatch: pytest.MonkeyPatch) -> None:
    done = asyncio.Event()
    now = reload.told

    async def told() -> None:
        await now()
        done.set()

    monkeypatch.setattr(reload, "told", told)
    before = menus.flows
    with on_hangup(reload):
        (small / "flows" / "main.yaml").write_text("start: [")
        os.kill(os.getpid(), signal.SIGHUP)
        await done.wait()
        assert menus.flows is before
        done.clear()
        (small / "flows" / "main.yaml").write_text(FLOW.replace("Press 1.", "Press one."))
        os.kill(os.getpid(), signal.SIGHUP)
        await done.wait()
    assert menus.flows is not before


def test_only_the_owner_can_read_how_to_reach_the_server(tmp_path: Path) -> None:
    with findable(tmp_path, "http://127.0.0.1:1", "key"):
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert not (tmp_path / FILE).exists()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[httpx.Response]]:
    """What the server will answer `cordboard reload`."""
    given: list[httpx.Response] = []
    real = httpx.Client

    def client(**options: object) -> httpx.Client:
        return real(base_url="http://desk", transport=httpx.MockTransport(lambda request: given.pop(0)))

    monkeypatch.setattr(httpx, "Client", client)
    yield given
    assert not given


def test_the_command(small: Path, answers: list[httpx.Response]) -> None:
    state = small / "var" / "state"
    refused = {"problems": [{"where": "flows/main.yaml:4 nodes.main", "what": "is no node"}]}
    done = {"changes": ["main: at main, key 2 is new and leads to bye"], "restart": ["people.yaml"], "versions": {}}
    with findable(state, "http://desk", "key"):
        answers += [httpx.Response(409, json=refused), httpx.Response(200, json=done), httpx.Response(500)]
        first, second, third = (CliRunner().invoke(command_line, ["reload", "--site", str(small)]) for _ in range(3))
    assert first.exit_code == 1
    assert first.stderr.splitlines() == [
        "flows/main.yaml:4 nodes.main: is no node",
        "The server refused the site; nothing was changed.",
    ]
    assert second.stdout.splitlines() == [
        "main: at main, key 2 is new and leads to bye",
        "Loaded for new calls.",
        "Only a restart applies what has changed in people.yaml.",
    ]
    assert (third.exit_code, third.stderr) == (1, "the server answers 500\n")


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no server runs on this site"):
        reloading.ask(tmp_path)
    with findable(tmp_path, "http://127.0.0.1:9", "key"), pytest.raises(NotRunning, match="does not answer"):
        reloading.ask(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(NotRunning, match="cannot be read"):
        reloading.ask(tmp_path)
