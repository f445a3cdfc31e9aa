"""Logging: constant texts with facts beside them, for people on a terminal, as JSON elsewhere."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up(*, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Logs to standard error. JSON lines where nobody looks on (``as_json`` None: if no terminal)."""
    lines = not sys.stderr.isatty() if as_json is None else as_json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if lines else structlog.dev.set_exc_info,
            structlog.processors.JSONRenderer() if lines else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
