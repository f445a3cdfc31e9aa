"""Agents hear that callbacks of their queues are other than before, and nobody else does."""

from __future__ import annotations

from cti.calls.events import CallbackOver, CallbackWanted, CalledBack
from cti.calls.words import CallId
from cti.desk.callback_news import CallbackNews
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1
from tests.cti.desk.test_asyncapi import check

WANTED = CallbackWanted(at=NOW, call=C1, number="5550", queue="sales")
BACK = CalledBack(at=NOW, call=CallId("b1"), number="5550", queue="sales", wanted=C1, attempt=1, since=NOW)
OVER = CallbackOver(at=NOW, call=C1, reached=True, attempts=1)


async def test_who_is_told() -> None:
    desk = Desk()
    news = CallbackNews(desk.feed, {"sales": ["ann"]}.get)
    async with (
        connected(desk.app, GATE.token(PEOPLE["ann"])) as ann,
        connected(desk.app, GATE.token(PEOPLE["bob"])) as bob,
    ):
        for socket in (ann, bob):
            await socket.hear()
        for event in (WANTED, BACK, OVER, OVER):
            assert not await news.on_event(event, None, NOW)
        for event in (WANTED, BACK, OVER):
            message = await ann.hear()
            check(message)
            assert (message["event"], message["callbacks"]) == (type(event).__name__, "sales")
        assert (ann.from_app.empty(), bob.from_app.empty()) == (True, True)
