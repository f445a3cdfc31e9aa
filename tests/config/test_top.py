"""The live state in a terminal."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from rich.console import Console
from typer.testing import CliRunner

from config import new_site, settings
from config.cli import app
from config.doctor import Verdict
from config.health import Part
from config.premises import make_folders
from config.top import Look, read, screen
from config.vitals import Vitals
from cti.calls.part import Work
from cti.desk.alerts import Figure, Rule
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.stories import waits


class Server(Desk):
    """A desk whose figures have the server's own."""

    def __init__(self) -> None:
        super().__init__(rules=[Rule("sales", Figure.WAITING, above=True, limit=0.0, for_s=0.0)])
        self.linked = True
        self.parts = {
            name: Part(name, state, NOW, "", "")
            for name, state in (("Asterisk", Verdict.GOOD), ("live state", Verdict.BAD), ("clock", Verdict.BAD))
        }
        self.vitals = Vitals(self.registry, self._ask, lambda: self.linked, lambda: 12, lambda: self.parts)

    def text(self) -> str:
        return generate_latest(self.registry).decode()

    def look(self, ticks: float) -> Look:
        return read(self.text(), "http://server:8080", self.now, ticks)


def shown(now: Look, before: Look | None, width: int = 80, height: int | None = 24) -> list[str]:
    console = Console(width=width, height=height, color_system=None)
    with console.capture() as captured:
        console.print(screen(now, before, width, height))
    return [line.rstrip() for line in captured.get().splitlines()]


async def test_all_is_on_a_small_screen() -> None:
    server = Server()
    before = server.look(10.0)
    await server.happens(*waits())
    server.now = NOW + 75.0
    lines = shown(server.look(12.0), before)
    assert len(lines) <= 24
    assert lines[0].startswith("Cordboard  http://server:8080")
    assert lines[1].split() == ["Calls", "1", "menu", "0", "queue", "1", "talk", "0", "transfer", "0", "fallback", "0"]
    assert "0.5  calls/s" in lines[3]
    assert "engine lag over 2 s" in lines[3]
    assert lines[4] == "Server  Asterisk up  live state DOWN  12 rows wait  BAD: clock"
    assert lines[-1].split() == ["sales", "1", "1:14", "-"]
    server.linked = False
    assert "Asterisk DOWN" in shown(server.look(13.0), None)[4]


async def test_the_lag_of_the_engine_is_looked_at() -> None:
    server, done = Server(), asyncio.Event()

    async def ask(work: Work) -> None:
        assert await work(NOW) == ()
        done.set()

    server.vitals._ask = ask
    looking = asyncio.create_task(server.vitals.run())
    await done.wait()
    await asyncio.sleep(0)
    before = server.look(1.0)
    assert before.one("cordboard_engine_lag_seconds_count") == 1
    server.vitals._lag.observe(0.5)
    looking.cancel()
    assert "engine lag 500.0 ms" in shown(server.look(2.0), before)[3]


def test_more_queues_than_there_are_lines() -> None:
    names = [f"q{n}" for n in range(40)]
    text = 'cordboard_calls{place="queue"} 40\n' + "".join(
        f'cordboard_queue_waiting{{queue="{name}"}} 1\n'
        f'cordboard_queue_longest_wait_seconds{{queue="{name}"}} {place}\n'
        f'cordboard_queue_service_level{{queue="{name}"}} 0.5\n'
        for place, name in enumerate(names)
    )
    lines = shown(read(text, "http://" + "long." * 40, 0.0, 0.0), None)
    assert len(lines) == 24
    assert lines[-2].split() == ["q25", "1", "0:25", "50%"]
    assert lines[-1] == "and 25 more queues"
    assert max(map(len, lines)) <= 80


@contextmanager
def serving(texts: list[str]) -> Iterator[str]:
    """Answers each request for /metrics with the next of these, the last again and again."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write((texts.pop(0) if len(texts) > 1 else texts[0]).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_once_for_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.commands.top.EVERY_S", 0.01)
    new_site.write(tmp_path / "site")
    site = settings.load(tmp_path / "site")
    make_folders(site)

    def top(*options: str, fails: bool = False) -> str:
        done = CliRunner().invoke(app, ["top", "--once", "--site", str(site.folder), *options], env={"COLUMNS": "80"})
        assert done.exit_code == fails, done.output
        return done.output

    assert "no server runs on this site" in top(fails=True)
    with serving([Server().text()]) as url:
        (site.state / "running.json").write_text(json.dumps({"url": url, "key": "k"}))
        assert f"Cordboard  {url}" in top()
        assert "\x1b" not in top("--url", url)
    assert "does not answer" in top(fails=True)
    with serving(["something else\n"]) as url:
        assert f"{url} answers, but is no server of Cordboard" in top("--url", url, fails=True)
