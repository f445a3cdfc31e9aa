"""What carries out commands over AMI stands on this: sending an action, and saying what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from cti.calls.events import CallEvent

Fields = Mapping[str, str | Sequence[str]]

Emit = Callable[[Callable[[float], CallEvent]], None]
"""Takes what makes an event, which is given the time."""


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
