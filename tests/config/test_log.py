"""What is logged, and what must not be."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from io import StringIO

import pytest
import structlog

from config import log
from cti.calls.call import Call
from cti.calls.commands import Hangup
from cti.calls.events import AgentChanged, Answered, Event
from cti.calls.part import Output
from cti.calls.words import AgentState, CallId
from cti.switchboard import Switchboard
from tests.recordings.scenarios import events

KEYS = "4711"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def fail() -> None:
    pressed = KEYS
    assert pressed
    raise ValueError("no such key")


def logged(to: StringIO, level: int = logging.INFO) -> str:
    log.set_up(to, level)
    logger = structlog.get_logger()
    logger.debug("too much")
    try:
        fail()
    except ValueError:
        logger.exception("a step failed", call="c1")
    return to.getvalue()


def test_json_where_nobody_looks_on() -> None:
    (line,) = logged(StringIO()).splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["call"]) == ("a step failed", "error", "c1")
    assert told["timestamp"].endswith("Z")
    assert "ValueError: no such key" in told["exception"]


@pytest.mark.parametrize("to", [StringIO(), Terminal()], ids=["file", "terminal"])
def test_a_traceback_shows_no_values_of_variables(to: StringIO) -> None:
    told = logged(to)
    assert "ValueError" in told
    assert KEYS not in told


@pytest.mark.parametrize(
    ("to", "form", "is_json"),
    [(StringIO(), "text", False), (Terminal(), "json", True), (StringIO(), "auto", True), (Terminal(), "auto", False)],
)
def test_the_site_says_how_it_is_written(to: StringIO, form: log.Form, is_json: bool) -> None:
    logging.getLogger().handlers.clear()
    log.set_up(to, form=form)
    structlog.get_logger().info("all is well", queue="sales")
    logging.getLogger("library").warning("of a library")
    ours, others = to.getvalue().splitlines()
    assert [line.startswith("{") for line in (ours, others)] == [is_json, is_json]
    assert "all is well" in ours
    assert "of a library" in others
    assert ("\x1b" in ours) == (isinstance(to, Terminal) and not is_json)


@pytest.mark.parametrize("to", [StringIO(), Terminal()], ids=["file", "terminal"])
def test_a_number_in_the_text_of_an_error_is_taken_out(to: StringIO) -> None:
    log.set_up(to)
    logger = structlog.get_logger()
    try:
        raise KeyError("+4930123456")
    except KeyError as error:
        logger.exception("a step failed")
        logger.error("a lookup failed", error=repr(error), why="13800001234 is busy", seconds=1234567)
    told = to.getvalue()
    assert "4930123456" not in told
    assert "13800001234" not in told
    assert told.count("(number)") >= 3
    assert "1234567" in told


async def test_each_line_about_a_call_has_its_id() -> None:
    to = StringIO()
    log.set_up(to)
    logger, beside = structlog.get_logger(), list[asyncio.Task[None]]()

    async def ask() -> None:
        await asyncio.sleep(0)
        logger.warning("asked beside")

    class Careless:
        async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
            logger.info("seen", on=type(event).__name__)
            beside.append(asyncio.create_task(ask()))
            if isinstance(event, Answered):
                raise ValueError("of caller 13800001234")
            return ()

        async def on_time(self, now: float) -> Sequence[Output]:
            return ()

        def next_time(self) -> float | None:
            return None

    board = Switchboard([Careless()], lambda command, call: logger.info("sent"))
    await board.work_off(events("0 Arrived caller=13800001234\n1 Answered", "c1"), 1.0)
    await board.work_off([Hangup(call=CallId("c2")), AgentChanged(at=1.0, agent="ann", state=AgentState.READY)], 1.0)
    logger.info("of no call")
    await asyncio.gather(*beside)
    lines = [json.loads(line) for line in to.getvalue().splitlines()]
    assert [(line["event"], line.get("call")) for line in lines] == [
        ("seen", "c1"),
        ("seen", "c1"),
        ("a part failed", "c1"),
        ("sent", "c2"),
        ("seen", None),
        ("of no call", None),
        ("asked beside", "c1"),
        ("asked beside", "c1"),
        ("asked beside", None),
    ]
    assert "13800001234" not in to.getvalue()


def test_quieter() -> None:
    assert logged(StringIO(), logging.CRITICAL) == ""
