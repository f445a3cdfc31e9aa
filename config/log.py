"""Logging: constant texts with facts beside them, for people as text, for programs as a JSON object a line.

Each line about a call has its id as ``call``; none has a customer's number: where one came into an error's text, it is
taken out here.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from io import StringIO
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import ExcInfo, Processor

from cti.about import ABOUT

Form = Literal["auto", "json", "text"]
"""``auto`` is text on a terminal and JSON elsewhere."""

_NUMBER = re.compile(r"(?<![0-9A-Za-z/._:-])\+?\d{6,}(?![0-9A-Za-z])")
_FREE = frozenset({"exception", "error", "why"})
"""Facts whose text is not ours alone."""


def set_up(to: TextIO = sys.stderr, level: int = logging.INFO, form: Form = "auto") -> None:
    """Logs to a stream, our lines and those of the libraries."""
    lines = form == "json" or (form == "auto" and not to.isatty())
    beside: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _about,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if lines else structlog.dev.set_exc_info,
        _without_numbers,
    ]
    render: Processor = structlog.processors.JSONRenderer() if lines else _console(to.isatty())
    structlog.configure(
        processors=[*beside, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(to),
    )
    others = logging.StreamHandler(to)
    others.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=beside, processor=render))
    logging.basicConfig(handlers=[others], level=logging.WARNING)


def _about(logger: Any, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Says which call a line is about, where the line itself does not."""
    if line.get("call") is None:
        line.pop("call", None)
        if (call := ABOUT.get()) is not None:
            line["call"] = call
    return line


def _without_numbers(logger: Any, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in _FREE & line.keys():
        if isinstance(line[key], str):
            line[key] = _NUMBER.sub("(number)", line[key])
    return line


def _console(colours: bool) -> structlog.dev.ConsoleRenderer:
    # Plain: other tracebacks show the values of variables, and these may be keys that a caller pressed.
    return structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_plain)


def _plain(to: TextIO, trouble: ExcInfo) -> None:
    told = StringIO()
    structlog.dev.plain_traceback(told, trouble)
    to.write(_NUMBER.sub("(number)", told.getvalue()))
