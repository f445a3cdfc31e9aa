"""An agent sends his caller through a flow in the midst of their talk: a PIN check, of which he hears nothing."""

from __future__ import annotations

import asyncio
import json

import pytest
import pytest_asyncio

from config import pins
from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState, Party
from demo.phones import PhoneCall
from demo.tones import RATE, present, tone
from tests.real.hotline import Hotline, soon
from tests.real.shift import Caller, Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT, PIN = "204815", "4711"
CHECK = """
start: account
nodes:
  account: {collect: Your account., digits: 6, name: account, retries: 0, next: pin, otherwise: elsewhere}
  pin:
    verify: pin
    account: account
    say: And your secret number.
    digits: 4
    next: proven
    locked: elsewhere
    otherwise: elsewhere
  proven: {back: {Account: "{account}", PIN: right}}
  elsewhere: {queue: faults}
"""
PLAN = Plan(
    agents="""
        alice: {skills: {sales: 5}}
        bob: {skills: {faults: 5}}
        """,
    queues="""
        queues:
          sales: {skills: {sales: 1}, ring: 3s, wrap_up: 1m}
          faults: {skills: {faults: 1}, ring: 3s, wrap_up: 1s}
        """,
    ways={"sales": "{queue: sales}"},
    flows={"check": CHECK},
)
CALLER, ALICE = 440.0, 880.0
KEYS = (697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0)
"""The tones of which those of the keys are made."""
ALL = (CALLER, ALICE, *KEYS)


async def heard(phone: PhoneCall) -> set[float]:
    """What comes to the phone from now on, after what is under way."""
    await phone.listen(0.4)
    return present(await phone.listen(1), RATE, ALL)


class Talk:
    """A caller who talks with alice, and is sent into the flow."""

    def __init__(self, shift: Shift, caller: Caller, alice: PhoneCall) -> None:
        self.shift, self.watch, self.caller, self.alice = shift, shift.watch, caller, alice

    async def asks(self, what: str, status: int = 202, **body: object) -> None:
        hers = await self.shift.line.desk("sue")
        answer = await hers.post(f"/api/calls/{self.caller.call}/{what}", json=body or None)
        assert answer.status_code == status, answer.text

    async def at(self, node: str) -> None:
        await self.watch.wait(ev.EnteredMenu, lambda e: e.call == self.caller.call and e.node == node)

    async def wraps_up(self) -> None:
        async def there() -> bool:
            return self.watch.states("alice")[-1] is AgentState.WRAP_UP

        await soon(there)


@pytest_asyncio.fixture(loop_scope="module")
async def talk(shift: Shift) -> Talk:
    line: Hotline = shift.line
    await pins.keep(line.stage.site, ACCOUNT, PIN)
    if "alice" not in shift._phones:
        shift._phones["alice"] = await line.person("alice", microphone=tone(ALICE, 1.0))
    await shift.come("alice")
    phone = await (await line.caller("5550123", microphone=tone(CALLER, 1.0))).dial(PLAN.numbers["sales"])
    alice = await (await shift.phone("alice")).called()
    call = (await shift.watch.wait(ev.Connected)).call
    caller = shift._callers[call] = Caller(phone, call)
    talk = Talk(shift, caller, alice)
    await talk.asks("transfer", status=409, flow="sales", back=True)  # it gives nobody back
    await talk.asks("transfer", flow="check", back=True)
    await talk.at("account")
    return talk


async def test_a_pin_check_and_back(talk: Talk) -> None:
    """The agent hears nothing of it, and has the caller again with what came of it; nothing has the PIN."""
    for what in ("hold", "resume", "fetch"):
        await talk.asks(what, status=409)
    meanwhile, _ = await asyncio.gather(heard(talk.alice), talk.caller.phone.press(ACCOUNT))
    await talk.at("pin")
    await talk.caller.phone.press(PIN)
    await talk.watch.wait(talk_events.Resumed)
    assert (meanwhile, talk.alice.digits) == (set(), "")
    assert await heard(talk.caller.phone) == {ALICE}
    assert await heard(talk.alice) == {CALLER}
    sues = await talk.shift.line.desk("sue")
    card = (await sues.get(f"/api/calls/{talk.caller.call}")).json()
    assert {field["label"]: field["value"] for field in card["screen"]} == {"Account": ACCOUNT, "PIN": "right"}
    assert (card["place"], card["detour"], card["held"]) == ("talk", None, False)
    await talk.caller.phone.hang_up()
    await talk.alice.ended()
    await talk.wraps_up()
    record = await talk.shift.line.record(talk.caller.call, lambda r: r["recordings"][0]["state"] != "expected")
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring", "talk", "hold", "menu"]
    recording = record["recordings"][0]
    assert recording["state"] == "whole"
    samples, rate = await talk.shift.line.sound(recording)
    lengths = {s["kind"]: s["ended_at"] - s["started_at"] for s in record["segments"]}
    assert abs(len(samples) / rate - (lengths["talk"] - lengths["hold"])) < 0.5
    decisions = await sues.get(f"/api/records/{talk.caller.call}/decisions")
    assert PIN not in json.dumps([card["choices"], card["screen"], card["path"], record["choices"], decisions.text])


async def test_the_caller_leaves_from_the_flow(talk: Talk) -> None:
    await talk.caller.phone.hang_up()
    assert (await talk.watch.wait(ev.Ended)).by is Party.CALLER
    await talk.alice.ended()
    await talk.wraps_up()


async def test_the_agent_leaves_meanwhile(talk: Talk) -> None:
    """The caller goes on, and has his place in the queue again, with what the flow found out."""
    first = await talk.shift.queued(talk.caller)
    await talk.alice.hang_up()
    await talk.wraps_up()
    await talk.caller.phone.press(ACCOUNT)
    await talk.at("pin")
    await talk.caller.phone.press(PIN)
    again = await talk.shift.queued(talk.caller, 2)
    assert (again.queue, again.since, again.screen) == ("sales", first.at, {"Account": ACCOUNT, "PIN": "right"})


async def test_the_flow_sends_the_caller_elsewhere(talk: Talk) -> None:
    """To another queue: the agent is let go, and bob has the caller."""
    await talk.shift.come("bob")
    await talk.caller.phone.press("1#")
    await talk.alice.ended()
    await talk.wraps_up()
    second = await talk.watch.wait(ev.Connected, count=2)
    assert (second.call, second.agent) == (talk.caller.call, "bob")
