"""Waiting callers in the menus' part of the loop, and in a rehearsal."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.commands import Play, StartMusic
from cti.calls.events import Accepted, Adopted, Answered, Connected, Diverted, Offered, Played, Queued
from cti.calls.standing import Standing
from cti.calls.words import CallId, OfferId, Place
from cti.site.files import parse
from ivr.loader import check_flow
from ivr.questions import InQueue
from ivr.rehearsal import Guessed, Rehearsal
from ivr.session import JOIN_S, SOUND_S
from ivr.states import Hearing
from tests.ivr.flows import told
from tests.ivr.test_handler import Loop
from tests.ivr.test_leaving import one
from tests.ivr.test_waiting import OFFER, SITE, WAIT, accepted, flow, refused, said, waits

# In the loop


LOOP = {
    "main": check_flow(
        parse("start: wait\nnodes:\n  wait: {queue: orders, waiting: [{every: 30s, say: Soon.}]}\n", "main.yaml"),
        "main",
        SITE,
    ),
    "night": check_flow(parse("start: closed\nnodes:\n  closed: {hangup: true}\n", "night.yaml"), "night", SITE),
}


async def waiting_loop() -> tuple[Loop, CallId]:
    loop = Loop({"*": "main"}, LOOP)
    await loop.arrives("a")
    await loop.happens(Answered(at=1, call=CallId("a")))
    return loop, CallId("a")


async def test_the_walk_goes_on_in_the_queue_until_an_agent_is_there() -> None:
    loop, call = await waiting_loop()
    assert said(await loop.time()) == ["Soon."]
    await loop.happens(Offered(at=1, call=call, offer=OFFER, agent="alice"))
    await loop.happens(Accepted(at=1, call=call, offer=OfferId("older")))
    assert loop.part.next_time() == loop.now + 2.0 + SOUND_S, "picked up too late: nothing changes"
    await loop.happens(Accepted(at=1, call=call, offer=OFFER))
    assert loop.part.next_time() == loop.now + JOIN_S
    await loop.happens(Connected(at=1, call=call, offer=OFFER, agent="alice"))
    assert loop.part.next_time() is None


async def test_a_call_that_waited_is_taken_up_where_it_waits() -> None:
    loop, call = await waiting_loop()
    after = Loop({"*": "main"}, LOOP)
    after.calls = loop.calls
    assert await after.happens(Adopted(at=1, call=call, place=Place.QUEUE, channel="PJSIP/x")) == []
    assert said(await after.time()) == ["Soon."]
    due = after.part.next_time()
    assert await after.happens(Adopted(at=1, call=call, place=Place.QUEUE, channel="PJSIP/x")) == []
    assert after.part.next_time() == due, "it goes on as it was"


@pytest.mark.parametrize("change", [{"flow": "gone"}, {"node": "gone"}, {"flow": "night", "node": "closed"}])
async def test_a_call_whose_queue_node_is_gone_waits_on_in_silence(change: dict[str, str]) -> None:
    loop, call = await waiting_loop()
    after = Loop({"*": "main"}, LOOP)
    after.calls = {call: replace(loop.calls[call], flow=change.get("flow", "main"), node=change.get("node", "wait"))}
    assert await after.happens(Adopted(at=1, call=call, place=Place.QUEUE, channel="PJSIP/x")) == []
    assert after.part.next_time() is None


async def test_a_queue_gives_the_call_to_a_flow() -> None:
    loop, call = await waiting_loop()
    out = await loop.happens(Diverted(at=1, call=call, flow="night", why="closed"))
    assert told(out) == ["at closed", "hangup"]
    loop, call = await waiting_loop()
    assert told(await loop.happens(Diverted(at=1, call=call, flow="gone", why="closed"))) == ["hangup"]


async def test_the_music_is_that_of_the_queue_where_the_call_waits_now() -> None:
    loop, call = Loop({"*": "main"}, LOOP, {"orders": "bells", "support": "harps"}), CallId("a")
    await loop.arrives("a")
    await loop.happens(Answered(at=1, call=call))
    for queue, music in (("orders", "bells"), ("support", "harps"), ("unknown", "default")):
        if queue != "orders":
            await loop.happens(Queued(at=1, call=call, queue=queue))
        play = one(await loop.time(), Play)
        assert said(await loop.happens(Played(at=1, call=call, play=play.play, whole=True))) == [f"music {music}"]


# Whatever happens, in whatever order


HAPPENS = st.lists(
    st.sampled_from(["wait", "early", "whole", "cut", "lost", "9", "1", "2", "*", "accepted", "refused", "answer"]),
    max_size=60,
)


@given(happens=HAPPENS)
def test_whatever_happens_who_waits_hears_music_or_a_message(happens: list[str]) -> None:
    at = waits(WAIT.replace("say: Thank you for waiting.", "say: 'Number {position}.'"))
    hears = "music"  # which routing starts when a call is queued
    for what in happens:
        if at.session.deadline is None or (what == "wait" and at.session.deadline == inf):
            continue
        match what:
            case "accepted":
                out = accepted(at)
            case "refused":
                out = refused(at)
            case "answer":
                out = at.answer(Standing(1)) if at.asked and isinstance(at.question, InQueue) else []
            case _:
                out = at.does(what)
        for output in out:
            if isinstance(output, Play):
                hears = "message"
            elif isinstance(output, StartMusic | Queued):
                hears = "music"
        if at.session.waiting and isinstance(at.session._state, Hearing):
            assert hears == "music"


def rehearse(nodes: str = WAIT, answers: object = None) -> Rehearsal:
    made = flow(nodes)
    return Rehearsal(made, {"main": made}, Guessed(), lambda question, node: answers, caller="5550123")


def test_a_rehearsal_of_waiting() -> None:
    call = rehearse()
    assert call.waiting
    call.advance(40.0)
    assert not call.over
    call.press("1")
    assert (call.node, call.waiting) == ("call_me", False)
    call = rehearse()
    call.advance(5.1)
    assert not call.listening
    assert call.talk(10.0)
    assert (call.node, call.over) == ("bye", True)


def test_nothing_happens_by_itself_where_there_are_only_keys() -> None:
    call = rehearse('first: {queue: orders, keys: {"1": bye}}\nbye: {hangup: true}')
    before = call.now
    call.step()
    call.advance(before + 100.0)
    assert (call.moment, call.now) == (inf, before + 100.0)
