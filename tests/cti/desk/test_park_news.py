"""Agents hear that other callers of their queues are parked, and nobody else does."""

from __future__ import annotations

from cti.calls.call import apply
from cti.calls.events import Arrived, Ended, Offered, Queued, Ringing
from cti.calls.words import OfferId, Party
from cti.desk.park_news import ParkNews
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1
from tests.cti.desk.test_asyncapi import check

ARRIVED = Arrived(at=NOW, call=C1, channel="SIP/1", uniqueid="1", caller="5550", caller_name="", dialled="100")
PARKED = Queued(at=NOW, call=C1, queue="sales", prefer="ann", park_s=120.0)
RINGS = Offered(at=NOW, call=C1, offer=OfferId("o1"), agent="ann")
BACK = Queued(at=NOW, call=C1, queue="sales")


async def test_who_is_told() -> None:
    desk = Desk()
    news = ParkNews(desk.feed, {"sales": ["ann"]}.get)
    async with (
        connected(desk.app, GATE.token(PEOPLE["ann"])) as ann,
        connected(desk.app, GATE.token(PEOPLE["bob"])) as bob,
    ):
        for socket in (ann, bob):
            await socket.hear()
        call = None
        for event in (ARRIVED, PARKED, RINGS, Ringing(at=NOW, call=C1, offer=OfferId("o1")), BACK, PARKED):
            call = apply(call, event)
            assert not await news.on_event(event, call, NOW)
        ended = Ended(at=NOW, call=C1, by=Party.CALLER)
        assert not await news.on_event(ended, apply(call, ended), NOW)
        for name in ("Queued", "Offered", "Queued", "Queued", "Ended"):
            message = await ann.hear()
            check(message)
            assert (message["event"], message["parked"]) == (name, "sales")
        assert (ann.from_app.empty(), bob.from_app.empty()) == (True, True)
