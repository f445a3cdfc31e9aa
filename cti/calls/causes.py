"""Why a phone was not reached: Q.850 causes of Hangup, reasons of OriginateResponse."""

from __future__ import annotations

from cti.calls.words import Refusal

_BUSY = {17, 21}
"""User busy, call rejected: the agent said no."""
_UNREACHABLE = {1, 3, 18, 20, 27, 31, 34, 38, 41, 42, 44, 58, 127}
"""Nobody there to ring: no route, no user responding, absent, out of order, no channel."""
_NO_ANSWER = 19
_UNKNOWN = (0, 16)
"""What a leg that never was answered has where nothing but its end is known."""

ORIGINATE_REFUSED = {"5": Refusal.REFUSED, "3": Refusal.NO_ANSWER}
"""``Reason`` of OriginateResponse: an AST_CONTROL code; 5 busy, 3 ringing when the time was up."""


def number(cause: str) -> int:
    """The header ``Cause`` as a number, 0 where it is none."""
    return int(cause) if cause.isdecimal() else 0


def refusal(cause: int) -> Refusal:
    """Why an agent's phone that ended with this cause did not take the call."""
    if cause in _BUSY:
        return Refusal.REFUSED
    return Refusal.UNREACHABLE if cause in _UNREACHABLE else Refusal.NO_ANSWER


def not_reached(cause: int, *, time_up: bool) -> int:
    """The cause for a customer who was called and not reached; ``time_up``: he did not answer in time."""
    return _NO_ANSWER if time_up and cause in _UNKNOWN else cause
