"""The legs of a callback: the agent's phone rings first, then the customer's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from cti.calls import events as ev
from cti.calls.commands import CallOut, Connect, Hangup, Offer
from cti.calls.names import callback_id, new_offer
from cti.calls.part import Output
from cti.calls.words import CallId, Party, Place, Refusal
from demo.configuration import Phone as Line
from demo.debian import Program
from demo.phones import OnRing, Phone, Phones
from demo.stage import stage
from demo.tones import RATE, present, tone
from tests.real.bare import Bare

OUTSIDE = Path(__file__).parent / "outside.conf"
CUSTOMER = Line("customer", "of-the-customer")
NUMBER = "5550123"
CALL = callback_id(CallId("wanted"), 1)
OFFER = new_offer()
VOICE, OTHER = 440.0, 880.0


@pytest.fixture
async def bare(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Bare]:
    """No engine yet."""
    changes = {
        "folders": {"sounds": str(made_site / "sounds")},
        "callbacks": {"context": "outside", "allow": ["555*", "666"]},
    }
    async with stage(site, peers, phones=[CUSTOMER], changes=changes, includes=[OUTSIDE]) as at:
        yield Bare(at)


@pytest.fixture
async def phones(bare: Bare) -> AsyncIterator[Phones]:
    async with Phones(bare.stage.asterisk.ports.sip) as phones:
        yield phones


async def agent(bare: Bare, phones: Phones, on_ring: OnRing = OnRing.ANSWER) -> Phone:
    return await phones.add("alice", bare.stage.phone_password, on_ring=on_ring, microphone=tone(VOICE, 1.0))


async def customer(phones: Phones, on_ring: OnRing = OnRing.ANSWER) -> Phone:
    return await phones.add(CUSTOMER.name, CUSTOMER.password, on_ring=on_ring, microphone=tone(OTHER, 1.0))


def begins(now: float) -> Sequence[Output]:
    wanted = CallId("wanted")
    return [ev.CalledBack(call=CALL, at=now, number=NUMBER, queue="orders", wanted=wanted, attempt=1, since=now - 60)]


async def accepted(bare: Bare) -> None:
    """The callback begins, and the agent picks up."""
    offered = Offer(call=CALL, offer=OFFER, agent="alice", phone="PJSIP/alice", ring_s=10.0)
    await bare.does(lambda now: [*begins(now), ev.Offered(call=CALL, at=now, offer=OFFER, agent="alice"), offered])
    await bare.watch.wait(ev.Accepted)


async def call_out(bare: Bare, number: str = NUMBER, ring_s: float = 10.0) -> None:
    await bare.does(lambda now: [CallOut(call=CALL, number=number, ring_s=ring_s)])


async def test_a_customer_is_called_back(bare: Bare, phones: Phones) -> None:
    alice, bob = await agent(bare, phones), await customer(phones, OnRing.WAIT)
    async with bare.working():
        await accepted(bare)
        heard = await alice.called()
        await call_out(bare)
        await call_out(bare)  # asking twice is harmless
        rung = await bob.called()
        ringback = await heard.listen(2.0)
        assert present(ringback, RATE, (440.0, 480.0)) == {440.0, 480.0}
        await rung.answer()
        arrived = await bare.watch.wait(ev.Arrived)
        assert (arrived.call, arrived.caller, arrived.dialled) == (CALL, NUMBER, "")
        await bare.does(lambda now: [Connect(call=CALL, offer=OFFER)])
        await bare.watch.wait(ev.Connected)
        await heard.listen(1.0)
        assert present(await heard.listen(1.0), RATE, (VOICE, 480.0, OTHER)) == {OTHER}
        assert present(await rung.listen(1.0), RATE, (VOICE, 480.0, OTHER)) == {VOICE}
        await rung.hang_up()
        ended = await bare.watch.wait(ev.Ended)
        assert ended.by is Party.CALLER
        await heard.ended()
    assert bare.watch.words(CALL) == [
        "CalledBack", "Offered", "Ringing", "Accepted", "Arrived", "Answered", "Connected", "Left", "Ended",
    ]  # fmt: skip


NOT_REACHED: Mapping[str, tuple[OnRing | None, str, int]] = {
    "busy": (OnRing.REFUSE, NUMBER, 17),
    "no answer": (OnRing.WAIT, NUMBER, 19),
    "no phone": (None, NUMBER, 3),
    "no such number": (None, "5550199", 1),
    "no such extension": (None, "666", 0),
}


@pytest.mark.parametrize(("on_ring", "number", "cause"), NOT_REACHED.values(), ids=NOT_REACHED)
async def test_a_customer_is_not_reached(
    bare: Bare, phones: Phones, on_ring: OnRing | None, number: str, cause: int
) -> None:
    alice = await agent(bare, phones)
    if on_ring is not None:
        await customer(phones, on_ring)
    async with bare.working():
        await accepted(bare)
        heard = await alice.called()
        await heard.answered()
        await call_out(bare, number, ring_s=1.0)
        ended = await bare.watch.wait(ev.Ended)
        assert (ended.by, ended.cause, ended.estimated) == (Party.SYSTEM, cause, False)
        assert heard.live, "who lets go of the agent is routing"
        await heard.hang_up()


async def test_a_number_that_is_not_allowed(bare: Bare, phones: Phones) -> None:
    await agent(bare, phones)
    async with bare.working():
        await accepted(bare)
        await call_out(bare, "0900123")
        failed = await bare.watch.wait(ev.Failed)
        assert (failed.command, failed.why) == ("CallOut", "this number may not be called")
        await bare.does(lambda now: [Hangup(call=CALL)])
        ended = await bare.watch.wait(ev.Ended)
        assert ended.by is Party.SYSTEM


async def test_the_agent_gives_up_while_the_customer_is_rung(bare: Bare, phones: Phones) -> None:
    alice, bob = await agent(bare, phones), await customer(phones, OnRing.WAIT)
    async with bare.working():
        await accepted(bare)
        heard = await alice.called()
        await call_out(bare)
        rung = await bob.called()
        await heard.hang_up()
        refused = await bare.watch.wait(ev.Refused)
        assert refused.reason is Refusal.NO_ANSWER
        await bare.does(lambda now: [Hangup(call=CALL)])
        ended = await bare.watch.wait(ev.Ended)
        assert ended.by is Party.SYSTEM
        await rung.ended()


async def test_hanging_up_stops_both_phones(bare: Bare, phones: Phones) -> None:
    alice, bob = await agent(bare, phones), await customer(phones, OnRing.WAIT)
    async with bare.working():
        await accepted(bare)
        heard = await alice.called()
        await call_out(bare)
        rung = await bob.called()
        await bare.does(lambda now: [Hangup(call=CALL)])
        await rung.ended()
        await heard.ended()
        await bare.watch.wait(ev.Ended)


async def test_hanging_up_before_anybody_is_called(bare: Bare, phones: Phones) -> None:
    await agent(bare, phones, OnRing.WAIT)
    async with bare.working():
        await bare.does(lambda now: [*begins(now), Hangup(call=CALL)])
        await bare.watch.wait(ev.Ended)


async def test_after_a_crash_the_customer_who_picked_up_waits(bare: Bare, phones: Phones) -> None:
    await agent(bare, phones)
    bob = await customer(phones)
    async with bare.working():
        await accepted(bare)
        await call_out(bare)
        rung = await bob.called()
        await bare.watch.wait(ev.Answered)
    async with bare.working():
        adopted = await bare.watch.wait(ev.Adopted)
        assert (adopted.call, adopted.place) == (CALL, Place.QUEUE)
        await bare.does(lambda now: [Connect(call=CALL, offer=OFFER)])
        await bare.watch.wait(ev.Connected)
    async with bare.working():
        adopted = await bare.watch.wait(ev.Adopted, count=2)
        assert adopted.place is Place.TALK
        await rung.hang_up()
        ended = await bare.watch.wait(ev.Ended)
        assert (ended.by, ended.estimated) == (Party.CALLER, False)
    assert not any(isinstance(event, ev.EnteredFlow) for event in bare.watch.events)


async def test_after_a_crash_a_ringing_customer_is_let_alone(bare: Bare, phones: Phones) -> None:
    await agent(bare, phones)
    bob = await customer(phones, OnRing.WAIT)
    async with bare.working():
        await accepted(bare)
        await call_out(bare)
        rung = await bob.called()
    async with bare.working():
        ended = await bare.watch.wait(ev.Ended)
        assert (ended.by, ended.estimated) == (Party.SYSTEM, True)
        await rung.ended()


async def test_after_a_crash_one_who_picked_up_meanwhile_is_with_the_fallback(bare: Bare, phones: Phones) -> None:
    await agent(bare, phones)
    bob = await customer(phones, OnRing.WAIT)
    async with bare.working():
        await accepted(bare)
        await call_out(bare)
        rung = await bob.called()
    await rung.answer()
    async with bare.working():
        fell = await bare.watch.wait(ev.FellBack)
        assert fell.call == CALL
        await rung.hang_up()
        await bare.watch.wait(ev.Ended)


async def test_after_a_crash_a_callback_without_a_phone_is_over(bare: Bare, phones: Phones) -> None:
    async with bare.working():
        await bare.does(begins)
    async with bare.working():
        ended = await bare.watch.wait(ev.Ended)
        assert (ended.call, ended.estimated) == (CALL, True)
