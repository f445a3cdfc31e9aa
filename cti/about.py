"""Which call is being worked on, so that each line of the log about a call has its id."""

from __future__ import annotations

from contextvars import ContextVar

ABOUT: ContextVar[str | None] = ContextVar("cordboard_call", default=None)
"""The id of the call, None for none. A task begun meanwhile has it to its end: one that is to outlive the call is
begun in a context of its own."""
