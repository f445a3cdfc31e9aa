"""What goes wrong while a caller is in a menu: the flow's error path is taken, and the caller hears it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cti.calls import events as ev
from demo.debian import Program
from tests.ivr.service import service
from tests.real.conftest import INTERNAL
from tests.real.hotline import hotline

LOUD = 0.01
"""Above this (of 1.0) a sample is no silence."""

FLOW = """
start: ask
nodes:
  ask: {lookup: "http://HOST/WHAT", timeout: 2s, save: {name: customer.name}, next: found, otherwise: sorry}
  found: {say: "Good day {name}.", next: account}
  sorry: {say: We cannot look that up just now., next: account}
  account: {collect: "Your account, please.", digits: 4-8, timeout: 3s, retries: 0, next: orders, otherwise: orders}
  orders: {queue: orders}
"""


@pytest.mark.parametrize("what", ["hang", "500", "big", "deep", "silent"])
async def test_a_lookup_that_fails(site: Path, made_site: Path, peers: Mapping[str, Program], what: str) -> None:
    async with service() as bad:
        (site / "flows" / "main.yaml").write_text(FLOW.replace("HOST", bad.host).replace("WHAT", what))
        changes = {
            "web": {"port": 0},
            "folders": {"sounds": str(made_site / "sounds")},
            "lookups": {"hosts": [bad.host]},
        }
        async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as line:
            caller = await (await line.caller()).dial("100")
            await caller.answered()
            await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "sorry")
            assert abs(await caller.listen(1)).max() > LOUD
            await caller.press("12345678" * 5)  # 40 digits at once: the first eight are the account
            queued = await line.watch.wait(ev.Queued)
            assert queued.queue == "orders"
            chosen = await line.watch.wait(ev.Chosen)
            assert chosen.value == "12345678"
            await caller.hang_up()
