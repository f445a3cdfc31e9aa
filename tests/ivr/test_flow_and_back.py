"""A flow in the midst of a talk: the agent waits, and gets the caller back."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from cti.calls.commands import Hangup, Play, Transfer
from cti.calls.events import (
    Adopted,
    Answered,
    CameBack,
    Connected,
    Diverted,
    Left,
    Offered,
    Played,
    Queued,
)
from cti.calls.talk_events import Held
from cti.calls.words import OfferId, Party, Place
from ivr.verbs.leave import comes_back
from tests.ivr.flows import flow, told
from tests.ivr.test_handler import MAIN, A, Loop

PIN = flow(
    """
    start: code
    nodes:
      code: {menu: Code., keys: {"1": proven, "2": orders, "3": desk, "4": bye, "5": broken}, otherwise: bye}
      proven: {back: {PIN: right, from: "{caller}"}}
      broken: {say: Broken., next: bye}
      orders: {queue: orders}
      desk: {transfer: front-desk}
      bye: {hangup: true}
    """,
    "pin",
)
OFFER = OfferId("o1")
AWAY = [
    Answered(at=1, call=A),
    Queued(at=2, call=A, queue="orders"),
    Offered(at=3, call=A, offer=OFFER, agent="ann"),
    Connected(at=4, call=A, offer=OFFER, agent="ann"),
    Held(at=5, call=A, offer=OFFER),
    Diverted(at=6, call=A, flow="pin", why="", back=True),
]
AGENT_GONE = Left(at=7, call=A, place=Place.TALK, why="", by=Party.AGENT)


async def away() -> Loop:
    """A caller in a flow, whose agent waits for him."""
    loop = Loop({"*": "main"}, {"main": MAIN, "pin": PIN})
    await loop.arrives("a")
    for event in AWAY[:-1]:
        await loop.happens(event)
    [_, _, code] = await loop.happens(AWAY[-1])
    assert isinstance(code, Play)
    assert not await loop.happens(Played(at=6, call=A, play=code.play, whole=True))
    return loop


async def test_a_flow_gives_the_caller_back() -> None:
    loop = await away()
    assert (await loop.press("a", "1"))[-1] == CameBack(at=100.0, call=A, screen={"PIN": "right", "from": ""})
    assert (loop.calls[A].place, loop.part.next_time()) == (Place.TALK, None)


@pytest.mark.parametrize("key", ["2", "3", "4", "5"])
async def test_the_agent_is_let_go_before_the_flow_sends_the_caller_elsewhere(key: str) -> None:
    loop = await away()
    with capture_logs():
        out = await loop.press("a", key)
    assert sum(isinstance(o, Left) for o in out) == 1
    elsewhere = next(i for i, o in enumerate(out) if isinstance(o, Queued | Transfer | Hangup))
    assert next(i for i, o in enumerate(out) if isinstance(o, Left)) < elsewhere


async def test_the_caller_goes_on_in_the_flow_when_his_agent_goes() -> None:
    loop = await away()
    assert not await loop.happens(AGENT_GONE)
    out = await loop.press("a", "4")
    assert told(out) == ["chosen code=4", "at bye", "hangup"]


async def test_a_later_engine_goes_on_in_the_flow() -> None:
    loop = await away()
    found = Loop({"*": "main"}, {"main": MAIN, "pin": PIN})
    found.calls = loop.calls
    adopted = Adopted(at=9, call=A, place=Place.TALK, channel="PJSIP/x")
    assert told(await found.happens(adopted)) == ["at code", "play Code."]
    gone = Loop({"*": "main"}, {"main": MAIN, "pin": PIN})
    gone.calls = dict(loop.calls)
    assert told(await gone.happens(AGENT_GONE)) == ["at code", "play Code."]
    without = Loop({"*": "main"}, {"main": MAIN})
    without.calls = dict(loop.calls)
    with capture_logs():
        assert await without.happens(adopted) == [CameBack(at=100.0, call=A)]


def test_which_flows_can_give_a_caller_back() -> None:
    inner = flow(
        """
        start: pin
        nodes:
          pin: {subflow: pin, next: bye}
          bye: {hangup: true}
        """,
        "inner",
    )
    flows = {"main": MAIN, "pin": PIN, "inner": inner}
    assert [name for name in flows if comes_back(name, flows)] == ["pin", "inner"]
