"""What the engine expects of its parts (menus, routing, records, desks)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from cti.calls.call import Call
from cti.calls.commands import Command
from cti.calls.events import Event

Output = Event | Command
"""What a part answers: events it decided on, and commands to carry out, in order."""


class Part(Protocol):
    """One pillar's share in the loop. ``now`` is Unix seconds and never goes back."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        """An event has happened. ``call`` is the call with the event applied (None for events
        that belong to no call). A part also sees its own events."""
        ...

    async def on_time(self, now: float) -> Sequence[Output]:
        """The time that ``next_time`` named has come."""
        ...

    def next_time(self) -> float | None:
        """When this part wants ``on_time`` called, or None. It changes only in the part's turn."""
        ...


Work = Callable[[float], Awaitable[Sequence[Output]]]
"""Something to do in the loop's turn, given ``now``: the way in for a request from outside."""

Ask = Callable[[Work], Awaitable[None]]
"""Runs the work in the loop's turn and carries out what it returns; its exceptions come back."""
