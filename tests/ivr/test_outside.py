"""The world answers every question, or says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import fakeredis
import pytest
from structlog.testing import capture_logs

from cti.calls.standing import Standing
from cti.calls.words import CallId
from ivr.fetch import Fetcher
from ivr.outside import World
from ivr.pins import Pins, set_pin
from ivr.prompts import Prompts
from ivr.questions import (
    CheckSecret,
    Fetch,
    InQueue,
    KeyUsage,
    LastAgent,
    Question,
    RoomToRecord,
    SendCode,
    Spoken,
    SwitchState,
    Unanswered,
    Verdict,
    WhoCalls,
)
from ivr.speech import speakers
from tests.ivr.service import service


def _prompts(folder: Path) -> Prompts:
    return Prompts(folder, folder, speakers(("no-such-program",)))


QUESTIONS: tuple[Question, ...] = (
    Fetch("https://crm.example/4711", {}),
    CheckSecret("4711", "+4930", "2580", code=False),
    SendCode("4711", "+4930", "sms"),
    SwitchState("holiday"),
    KeyUsage("main", "menu"),
    InQueue(CallId("a")),
    LastAgent("+4930", first=True),
    WhoCalls("+4930"),
)


async def test_all_kinds_of_questions(tmp_path: Path) -> None:
    async def switch(name: str) -> str:
        return f"{name} open"

    async def usage(flow: str, node: str) -> Mapping[str, int]:
        return {flow: 1, node: 2}

    async def contact(caller: str, first: bool) -> str:
        return f"{'first' if first else 'last'} of {caller}"

    async def customer(caller: str) -> Mapping[str, str]:
        return {"name": caller}

    async with (
        service() as there,
        fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as redis,
        Fetcher([there.host], b"a secret") as fetcher,
    ):
        pins = Pins(redis, {"sms": there.url("204")}, fetcher.post)
        await set_pin(redis, "4711", "2580")
        world = World(
            _prompts(tmp_path),
            fetcher,
            pins,
            switch,
            usage,
            {CallId("a"): Standing(2, 61.0)}.get,
            contact,
            customer=customer,
            room=lambda: False,
        )
        assert await world.answer(Fetch(there.url("good"), {"vip": "customer.vip"})) == {"vip": True}
        assert await world.answer(QUESTIONS[1]) == Verdict(right=True)
        assert await world.answer(QUESTIONS[2]) is True
        assert await world.answer(QUESTIONS[3]) == "holiday open"
        assert await world.answer(QUESTIONS[4]) == {"main": 1, "menu": 2}
        assert await world.answer(QUESTIONS[5]) == Standing(2, 61.0)
        assert await world.answer(InQueue(CallId("b"))) is None
        assert await world.answer(QUESTIONS[6]) == "first of +4930"
        assert await world.answer(QUESTIONS[7]) == {"name": "+4930"}
        assert await world.answer(RoomToRecord()) is False
    assert there.seen[1][0] == "POST /204"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
async def test_nobody_there_to_answer(question: Question, tmp_path: Path) -> None:
    assert await World(_prompts(tmp_path)).answer(question) == Unanswered("nobody answers this")


async def test_what_breaks_is_no_answer_and_its_text_is_not_logged(tmp_path: Path) -> None:
    async def broken(*names: str) -> str:
        raise RuntimeError(f"2580 {names}")

    with capture_logs() as logs:
        world = World(_prompts(tmp_path), switch=broken)
        assert await world.answer(SwitchState("holiday")) == Unanswered("RuntimeError")
        assert isinstance(await world.answer(Spoken("en", "no-such-voice", "Your PIN is 2580.")), Unanswered)
    assert logs[0] == {
        "event": "a question of a flow came to nothing",
        "log_level": "warning",
        "question": "SwitchState",
        "error": "RuntimeError",
    }
    assert "2580" not in str(logs)
