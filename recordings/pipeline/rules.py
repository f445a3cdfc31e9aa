"""What becomes of a recording whose work went wrong: pure."""

from __future__ import annotations

import errno
from dataclasses import dataclass

MOST_TRIES = 5
FIRST_PAUSE_S = 5.0
NO_ROOM_PAUSE_S = 30.0
LEASE_S = 60.0
"""So long a recording is a worker's that says nothing more; it says so three times as often."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


class Unfit(Exception):
    """The files are such that no other try helps; the message says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Again:
    """To be tried again after ``pause_s`` seconds; ``counted`` as one of MOST_TRIES."""

    pause_s: float
    counted: bool = True


def no_room(error: BaseException) -> bool:
    """Whether the disk takes nothing more: not the recording's fault, and not for ever."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def after(error: BaseException, tries: int) -> Again | None:
    """What to do after so many ``tries``, the last of which ended with ``error``; None to give up."""
    if no_room(error):
        return Again(NO_ROOM_PAUSE_S, counted=False)
    if isinstance(error, Unfit) or tries >= MOST_TRIES:
        return None
    return Again(FIRST_PAUSE_S * 4.0 ** (tries - 1))


def reason(error: BaseException) -> str:
    """What went wrong, for people."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__
