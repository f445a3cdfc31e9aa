"""What carries out commands over AMI stands on this: sending an action, and saying that one came to nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from cti.calls.commands import (
    Command,
    Connect,
    Consult,
    Meet,
    Offer,
    PauseRecording,
    ResumeRecording,
    StopRecording,
    Withdraw,
)
from cti.calls.events import CallEvent, Failed

Fields = Mapping[str, str | Sequence[str]]

Emit = Callable[[Callable[[float], CallEvent]], None]
"""Takes what makes an event, which is given the time."""

_OF_OFFERS = Offer | Connect | Withdraw | Consult | Meet | PauseRecording | ResumeRecording | StopRecording


class Sender(Protocol):
    """The part of the AMI client that is used here."""

    def post(
        self,
        name: str,
        fields: Fields = ...,
        *,
        on_done: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
        action_id: str = "",
    ) -> None: ...


def failed(command: Command, why: str, now: float) -> Failed:
    """The event that says that ``command`` came to nothing."""
    offer = command.offer if isinstance(command, _OF_OFFERS) else None
    return Failed(call=command.call, at=now, command=type(command).__name__, why=why, offer=offer)
