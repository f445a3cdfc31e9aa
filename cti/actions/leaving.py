"""Where callers go who leave us: extensions of the site's own dialplan, and the fallback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cti.calls.commands import FallBack, Transfer
from cti.calls.events import CallEvent, FellBack, Transferred
from cti.calls.legs import FALLBACK_CONTEXT
from cti.outbound import Outbound

LAST_MESSAGE = "sorry"
"""The label at which the fallback says its last message, and ends the call."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a transfer goes: an extension of a context of the site's own dialplan."""

    context: str
    exten: str
    priority: str = "1"


FALLBACK = Destination(FALLBACK_CONTEXT, "s")
TURNED_AWAY = Destination(FALLBACK_CONTEXT, "s", LAST_MESSAGE)


def leads(
    command: Transfer | FallBack, destinations: Mapping[str, Destination], outbound: Outbound
) -> tuple[Destination, Callable[[float], CallEvent]]:
    """Where the command sends the caller, and what is told of it once he is on his way. Raises ValueError: nowhere
    that a caller may be sent."""
    if isinstance(command, FallBack):
        return TURNED_AWAY if command.at_once else FALLBACK, lambda now: FellBack(call=command.call, at=now)
    if command.number and command.number not in outbound:
        raise ValueError("no caller may be sent to this number")
    to = Destination(outbound.context, command.number) if command.number else destinations.get(command.to)
    if to is None:
        raise ValueError("there is no destination of this name")
    return to, lambda now: Transferred(call=command.call, at=now, to=command.number or command.to)
