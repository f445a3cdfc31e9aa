"""A changed menu, loaded while a call is in the old one."""

from __future__ import annotations

from pathlib import Path

from cti.calls import events as ev
from tests.real.hotline import FLOW, Hotline

NEW = FLOW.replace('"1": orders', '"1": support, "7": orders')


async def test_a_call_finishes_on_the_menu_it_began_with(line: Hotline, site: Path) -> None:
    """Key 1 leads to orders in the old menu, and to support in the new one."""
    root = await line.desk("root")
    flow = site / "flows" / "main.yaml"
    old = await (await line.caller("5551")).dial("100")
    await old.answered()
    before = await line.watch.wait(ev.EnteredFlow)
    flow.write_text(NEW)
    done = await root.post("/api/reload")
    assert done.status_code == 200
    assert "main: at main, key 1 leads to support (was: orders)" in done.json()["changes"]

    fresh = await (await line.caller("5552")).dial("100")
    await fresh.answered()
    after = await line.watch.wait(ev.EnteredFlow, count=2)
    assert (before.version != after.version, after.version) == (True, done.json()["versions"]["main"])
    await old.press("1")
    assert (await line.watch.wait(ev.Queued, lambda e: e.call == before.call)).queue == "orders"
    await fresh.press("1")
    assert (await line.watch.wait(ev.Queued, lambda e: e.call == after.call)).queue == "support"
    await old.hang_up()
    await fresh.hang_up()


async def test_a_broken_menu_is_refused_whole(line: Hotline, site: Path) -> None:
    root, sue = await line.desk("root"), await line.desk("sue")
    assert (await sue.post("/api/reload")).status_code == 403
    running = (await sue.get("/api/flows")).json()
    (site / "flows" / "second.yaml").write_text(NEW)
    (site / "flows" / "main.yaml").write_text(FLOW.replace("otherwise: bye", "otherwise: gone", 1))
    refused = await root.post("/api/reload")
    assert refused.status_code == 409
    assert any("there is no node 'gone'" in problem["what"] for problem in refused.json()["problems"])
    assert (await sue.get("/api/flows")).json() == running
    picture = await sue.get("/api/flows/main.svg", params={"days": 7})
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    call = await (await line.caller()).dial("100")
    await call.answered()
    await call.press("1")
    assert (await line.watch.wait(ev.Queued)).queue == "orders"
    await call.hang_up()
