"""A customer who asked for it is called back, through everything there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls.names import callback_id
from cti.calls.words import AgentState, CallId
from demo.debian import Program
from demo.phones import OnRing
from tests.real.hotline import PATIENCE_S, Hotline, hotline
from tests.real.test_callback_legs import CUSTOMER, NUMBER, OUTSIDE

FLOW = """
start: main
nodes:
  main: {callback: orders, say: "To be called back, press 1.", next: bye, otherwise: bye}
  bye: {hangup: true}
"""


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A running hotline that may call customers."""
    (site / "flows" / "main.yaml").write_text(FLOW)
    changes = {
        "web": {"port": 0},
        "folders": {"sounds": str(made_site / "sounds")},
        "callbacks": {"context": "outside", "allow": ["555*"]},
    }
    async with hotline(site, peers, changes=changes, includes=[OUTSIDE], phones=[CUSTOMER]) as running:
        yield running


async def wants_a_callback(line: Hotline, number: str = NUMBER) -> CallId:
    """Somebody calls, asks for it, and is gone."""
    caller = await (await line.caller(number)).dial("100")
    await caller.answered()
    await caller.press("1")
    wanted = await line.watch.wait(ev.CallbackWanted)
    await caller.ended(PATIENCE_S)
    await line.watch.wait(ev.Ended, lambda e: e.call == wanted.call)
    return callback_id(wanted.call, 1)


async def test_a_customer_is_called_back(line: Hotline) -> None:
    back = await wants_a_callback(line)
    alice = await line.person("alice")
    customer = await line.phones.add(CUSTOMER.name, CUSTOMER.password)
    await line.state("alice")
    await alice.called()
    rung = await customer.called()
    await line.watch.wait(ev.Connected, lambda e: e.call == back)
    await rung.listen(1.0)
    await rung.hang_up()
    over = await line.watch.wait(ev.CallbackOver)
    assert (over.reached, over.attempts) == (True, 1)
    record = await line.record(back, lambda found: found["recordings"][0]["state"] != "expected")
    assert (record["outcome"], record["caller"], record["agent"]) == ("answered", NUMBER, "alice")
    assert (record["ended_by"], record["estimated"]) == ("caller", False)
    assert [s["kind"] for s in record["segments"]] == ["wait", "ring", "talk"]
    assert "EnteredFlow" not in line.watch.words(back)


async def test_a_customer_who_is_busy_leaves_the_agent_free(line: Hotline) -> None:
    back = await wants_a_callback(line)
    alice = await line.person("alice")
    await line.phones.add(CUSTOMER.name, CUSTOMER.password, on_ring=OnRing.REFUSE)
    await line.state("alice")
    agent = await alice.called()
    ended = await line.watch.wait(ev.Ended, lambda e: e.call == back)
    assert ended.cause == 17
    await agent.ended()
    record = await line.record(back)
    assert (record["outcome"], record["cause"]) == ("not reached", 17)
    await line.watch.wait(ev.AgentChanged, lambda e: e.agent == "alice" and e.state is AgentState.READY, count=2)


async def test_the_agent_gives_up_and_nobody_is_rung_on(line: Hotline) -> None:
    back = await wants_a_callback(line)
    alice = await line.person("alice")
    customer = await line.phones.add(CUSTOMER.name, CUSTOMER.password, on_ring=OnRing.WAIT)
    await line.state("alice")
    agent = await alice.called()
    rung = await customer.called()
    await agent.hang_up()
    await rung.ended()
    await line.watch.wait(ev.Ended, lambda e: e.call == back)
    assert (await line.record(back))["outcome"] == "not reached"
