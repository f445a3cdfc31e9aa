"""What is logged, and what must not be."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from config import log

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


def test_quieter() -> None:
    assert logged(StringIO(), logging.CRITICAL) == ""
