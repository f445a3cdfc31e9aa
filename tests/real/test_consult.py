"""An agent asks a third party about his caller. Each phone sends a tone of its own; who hears whom is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest
import pytest_asyncio

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import AgentState, OfferId, Place, Refusal
from demo.phones import OnRing, PhoneCall
from demo.tones import RATE, present, tone
from tests.real.hotline import soon
from tests.real.shift import Caller, Plan, Shift

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = Plan(
    agents="""
        alice: {skills: {sales: 5}}
        bob: {skills: {faults: 5}}
        carol: {skills: {faults: 5}}
        """,
    queues="queues: {sales: {skills: {sales: 1}, ring: 3s, wrap_up: 1m}}",
    ways={"sales": "{queue: sales}"},
    flows={},
)
CALLER, ALICE, BOB, CAROL = 440.0, 880.0, 1320.0, 1760.0
TONES = {"alice": ALICE, "bob": BOB, "carol": CAROL}
ALL = (CALLER, ALICE, BOB, CAROL)
RINGBACK = {440.0, 480.0}


async def heard(phone: PhoneCall, tones: Collection[float] = ALL) -> set[float]:
    """What comes to the phone from now on, after what is under way."""
    await phone.listen(0.4)
    return present(await phone.listen(1), RATE, tones)


async def all_hear_all(phones: Mapping[float, PhoneCall]) -> None:
    """Each phone hears the tones of all others, and not its own."""
    told = await asyncio.gather(*map(heard, phones.values()))
    assert dict(zip(phones, told, strict=True)) == {own: phones.keys() - {own} for own in phones}


class Talk:
    """A caller talks with alice; bob is at his phone."""

    def __init__(self, shift: Shift, caller: Caller, alice: PhoneCall) -> None:
        self.shift, self.watch, self.caller, self.alice = shift, shift.watch, caller, alice
        self.call = caller.call

    async def asks(self, what: str, method: str = "POST", status: int = 202, **body: object) -> None:
        desk = await self.shift.line.desk("sue")
        answer = await desk.request(method, f"/api/calls/{self.call}/{what}", json=body or None)
        assert answer.status_code == status, answer.text

    async def hears(self, bob: PhoneCall | None, *, caller: set[float], alice: set[float], third: set[float]) -> None:
        """Who hears whom."""
        phones = (self.caller.phone, self.alice, *([bob] if bob else []))
        assert await asyncio.gather(*map(heard, phones)) == [caller, alice, *([third] if bob else [])]

    async def consults(self) -> tuple[PhoneCall, OfferId]:
        bob = await self.shift.phone("bob")
        await self.asks("consult", agent="bob")
        phone = await bob.called()
        return phone, (await self.watch.wait(talk_events.Consulting)).offer

    async def state(self, agent: str, state: AgentState) -> None:
        async def there() -> bool:
            states = self.watch.states(agent)
            return bool(states) and states[-1] is state

        await soon(there)


@pytest_asyncio.fixture(loop_scope="module")
async def talk(shift: Shift) -> Talk:
    for name, pitch in TONES.items():
        if name not in shift._phones:
            shift._phones[name] = await shift.line.person(name, microphone=tone(pitch, 1.0))
    await shift.come("alice", "bob")
    phone = await (await shift.line.caller("5550123", microphone=tone(CALLER, 1.0))).dial(PLAN.numbers["sales"])
    alice = await (await shift.phone("alice")).called()
    call = (await shift.watch.wait(ev.Connected)).call
    caller = shift._callers[call] = Caller(phone, call)
    return Talk(shift, caller, alice)


async def test_handed_over(talk: Talk) -> None:
    bob, offer = await talk.consults()
    await talk.hears(bob, caller=set(), alice={BOB}, third={ALICE})
    assert abs(talk.caller.phone.heard()[-RATE // 2 :]).max() > 0.01, "there is no music"
    assert talk.watch.states("bob")[-1] is AgentState.TALKING
    await talk.asks("consult/transfer")
    await talk.alice.ended()
    assert (await talk.watch.wait(ev.Connected, count=2)).offer == offer
    assert await heard(talk.caller.phone) == {BOB}
    assert await heard(bob) == {CALLER}
    await talk.state("alice", AgentState.WRAP_UP)
    await talk.caller.phone.hang_up()
    await bob.ended()
    await talk.state("bob", AgentState.WRAP_UP)
    record = await talk.shift.line.record(talk.call, lambda r: all(x["state"] != "expected" for x in r["recordings"]))
    assert [f"{s['kind']} {s['agent']}".strip() for s in record["segments"]] == [
        "menu", "wait", "ring alice", "talk alice", "consult bob", "hold alice", "talk bob",
    ]  # fmt: skip
    assert [r["state"] for r in record["recordings"]] == ["whole", "whole"]


async def test_let_go(talk: Talk) -> None:
    """Back to the caller; then the same once more, and the third goes by himself: the caller stays on hold."""
    bob, _ = await talk.consults()
    await talk.asks("consult", "DELETE")
    await bob.ended()
    await talk.watch.wait(talk_events.Resumed)
    await talk.hears(None, caller={ALICE}, alice={CALLER}, third=set())
    await talk.state("bob", AgentState.READY)
    await talk.asks("consult", agent="bob")
    again = await (await talk.shift.phone("bob")).called()
    await talk.watch.wait(talk_events.Consulting, count=2)
    await again.hang_up()
    await talk.state("bob", AgentState.READY)
    await talk.hears(None, caller=set(), alice=set(), third=set())
    await talk.asks("resume")
    await talk.watch.wait(talk_events.Resumed, count=2)
    await talk.hears(None, caller={ALICE}, alice={CALLER}, third=set())
    await talk.alice.hang_up()
    assert (await talk.watch.wait(ev.Ended)).call == talk.call


@pytest.mark.parametrize("leaves", ["third", "agent", "caller"])
async def test_all_three_talk_until_one_leaves(talk: Talk, leaves: str) -> None:
    bob, offer = await talk.consults()
    await talk.asks("consult/join")
    await talk.watch.wait(talk_events.Joined)
    await talk.hears(bob, caller={ALICE, BOB}, alice={CALLER, BOB}, third={CALLER, ALICE})
    await talk.asks("hold", status=409)
    match leaves:
        case "third":
            await bob.hang_up()
            await talk.watch.wait(talk_events.ConsultOver)
            await talk.hears(None, caller={ALICE}, alice={CALLER}, third=set())
            await talk.state("bob", AgentState.READY)
            await talk.asks("hold")
            await talk.watch.wait(talk_events.Held, count=2)
            await talk.asks("resume")
            await talk.watch.wait(talk_events.Resumed, count=2)
            await talk.alice.hang_up()
        case "agent":
            await talk.asks("consult/transfer")
            await talk.alice.ended()
            assert (await talk.watch.wait(ev.Connected, count=2)).offer == offer
            assert await heard(talk.caller.phone) == {BOB}
            await talk.state("alice", AgentState.WRAP_UP)
            await bob.hang_up()
        case "caller":
            await talk.caller.phone.hang_up()
            await talk.alice.ended()
            await bob.ended()
            await talk.state("bob", AgentState.READY)
    await talk.watch.wait(ev.Ended)
    await talk.state("alice", AgentState.WRAP_UP)
    record = await talk.shift.line.record(talk.call, lambda r: all(x["state"] != "expected" for x in r["recordings"]))
    assert [r["state"] for r in record["recordings"]] == ["whole", "whole"]


async def test_a_fourth_comes_in_and_who_hands_over_leaves_the_others(talk: Talk) -> None:
    await talk.shift.come("carol")
    bob, offer = await talk.consults()
    await talk.asks("consult/join")
    await talk.watch.wait(talk_events.Joined)
    await talk.asks("consult", agent="carol")
    carol = await (await talk.shift.phone("carol")).called()
    await talk.watch.wait(talk_events.Joined, count=2)
    phones = {CALLER: talk.caller.phone, ALICE: talk.alice, BOB: bob, CAROL: carol}
    await all_hear_all(phones)
    await talk.asks("consult/transfer")
    await talk.alice.ended()
    assert (await talk.watch.wait(ev.Connected, count=2)).offer == offer
    await talk.state("alice", AgentState.WRAP_UP)
    del phones[ALICE]
    await all_hear_all(phones)
    assert talk.watch.states("carol")[-1] is AgentState.TALKING
    await talk.asks("consult", "DELETE")
    await carol.ended()
    await talk.state("carol", AgentState.READY)
    del phones[CAROL]
    await all_hear_all(phones)
    await bob.hang_up()
    await talk.watch.wait(ev.Ended)
    record = await talk.shift.line.record(talk.call, lambda r: all(x["state"] != "expected" for x in r["recordings"]))
    assert [f"{s['kind']} {s['agent']}".strip() for s in record["segments"]] == [
        "menu", "wait", "ring alice", "talk alice", "consult bob", "hold alice", "consult carol", "talk bob",
    ]  # fmt: skip
    assert [r["state"] for r in record["recordings"]] == ["whole", "whole", "whole"]


@pytest.mark.parametrize("why", [Refusal.REFUSED, Refusal.NO_ANSWER])
async def test_who_does_not_come_changes_nothing(talk: Talk, why: Refusal) -> None:
    phone = await talk.shift.phone("bob")
    phone.on_ring = OnRing.WAIT
    await talk.asks("consult", agent="bob")
    rings = await phone.called()

    async def ringback() -> bool:
        return await heard(talk.alice, RINGBACK) == RINGBACK

    await soon(ringback)
    if why is Refusal.REFUSED:
        await rings.hang_up()
    assert (await talk.watch.wait(ev.Refused)).reason is why
    if why is Refusal.REFUSED:  # longer than the pause between two rings
        await talk.alice.listen(0.4)
        assert present(await talk.alice.listen(5), RATE, RINGBACK) == set()
    await talk.state("bob", AgentState.NOT_READY)
    await talk.asks("consult", agent="bob", status=409)
    await talk.asks("resume")
    await talk.watch.wait(talk_events.Resumed)
    await talk.hears(None, caller={ALICE}, alice={CALLER}, third=set())


async def test_the_agent_leaves_while_he_consults(talk: Talk) -> None:
    """The caller has his place in the queue again, and the third is let go."""
    bob, _ = await talk.consults()
    await talk.alice.hang_up()
    again = await talk.watch.wait(ev.Queued, count=2)
    assert again.since == (await talk.watch.wait(ev.Queued)).at
    await bob.ended()
    await talk.state("bob", AgentState.READY)
    await talk.state("alice", AgentState.WRAP_UP)


async def test_the_caller_leaves_while_he_is_talked_about(talk: Talk) -> None:
    bob, _ = await talk.consults()
    await talk.caller.phone.hang_up()
    await talk.watch.wait(ev.Ended)
    await talk.alice.ended()
    await bob.ended()
    await talk.state("bob", AgentState.READY)
    await talk.state("alice", AgentState.WRAP_UP)


async def test_a_number_outside(talk: Talk) -> None:
    """The echo outside picks up: alice hears herself, then the caller himself."""
    await talk.asks("consult", number="990001", status=409)
    await talk.asks("consult", number="770001")
    await talk.watch.wait(talk_events.Consulting)
    await talk.hears(None, caller=set(), alice={ALICE}, third=set())
    await talk.asks("consult/transfer")
    assert (await talk.watch.wait(ev.Transferred)).to == "770001"
    await talk.alice.ended()
    assert await heard(talk.caller.phone) == {CALLER}
    await talk.state("alice", AgentState.WRAP_UP)
    await talk.caller.phone.hang_up()
    record = await talk.shift.line.record(talk.call)
    assert [s["kind"] for s in record["segments"]] == ["menu", "wait", "ring", "talk", "consult", "hold", "transfer"]
    assert record["outcome"] == "transferred"
    assert record["transferred_to"] == "770001"
    assert Place.TALK not in {e.place for e in talk.watch.events if isinstance(e, ev.Left)}
