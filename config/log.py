"""Logging: constant texts with facts beside them, for people on a terminal, as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


def set_up(to: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Logs to a stream: in colours for a terminal, as JSON lines elsewhere."""
    lines = not to.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if lines else structlog.dev.set_exc_info,
            structlog.processors.JSONRenderer() if lines else _console(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(to),
    )
    logging.basicConfig(stream=to, level=logging.WARNING)


def _console() -> structlog.dev.ConsoleRenderer:
    # Plain: other tracebacks show the values of variables, and these may be keys that a caller pressed.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
