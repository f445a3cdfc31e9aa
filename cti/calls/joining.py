"""Two legs on their way into one bridge. One of them stands by in a bridge of its own, from which the other takes it.

Until both are there, the leg that stands by carries the wish for which it does (``Leg.joining``). When it is there,
the wish is carried out again, and the other leg goes for it. A leg that is with us again instead was not fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cti.calls.commands import Joins, StartMusic, failed
from cti.calls.legs import Leg
from cti.calls.part import Output

WAITING = "BridgeWait"
"""The BridgeCreator of a bridge in which nobody hears another, and the application that puts a leg into it."""


def is_waiting(bridge: Mapping[str, str]) -> bool:
    """Whether an event of a bridge is of one in which a leg stands by."""
    return bridge.get("BridgeCreator") == WAITING


def begin(leg: Leg, command: Joins) -> None:
    """The leg is being sent to where it stands by."""
    leg.joining = command


def there(leg: Leg, channel: str) -> Sequence[Output]:
    """The leg stands by: what it does so for goes on."""
    leg.channel, leg.in_agi, leg.stands_by = channel, False, True
    return [leg.joining] if leg.joining is not None else []


def elsewhere(leg: Leg) -> None:
    """The leg does not stand by any more."""
    leg.stands_by = False


def over(leg: Leg) -> None:
    """The leg is on its way no more: its talk is over, or could not begin."""
    leg.joining = None


def back(leg: Leg, now: float) -> Sequence[Output]:
    """The leg is with us, in AsyncAGI. Where it was to be joined, it was not: what it heard goes on."""
    elsewhere(leg)
    wish, leg.joining = leg.joining, None
    if wish is None or leg.bridge:
        return []
    music = [StartMusic(call=leg.call, music=leg.music)] if leg.music else []
    return [*music, failed(wish, "the other leg did not come for it", now)]


def stands_alone(row: Mapping[str, str], listed: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a channel of Asterisk's list stands by: who was taken from there still has its application."""
    return row.get("Application") == WAITING and not any(
        other is not row and other.get("BridgeId") == row.get("BridgeId") for other in listed.values()
    )
