"""Which of AMI's ``DTMFEnd`` events are keys pressed, and which say the same key again.

Asterisk puts a key off that comes while the one before is still passed on, or within 45 ms of its end: a
network that delays packets and then lets them go at once does that. Such a key is told of as it comes, and
again as it is read later (Asterisk's main/channel.c, ``__ast_read``); a ``DTMFBegin`` comes once only. Keys
by SIP INFO have no ``DTMFBegin`` and are told of once.
"""

from __future__ import annotations

from collections import deque

_AT_MOST = 32
"""Keys that Asterisk may have put off; they are typed faster than that by nobody."""


class Keypad:
    """The keys of one leg."""

    def __init__(self) -> None:
        self._begins = False
        self._down: deque[str] = deque(maxlen=_AT_MOST)
        self._up: deque[tuple[str, str]] = deque(maxlen=_AT_MOST)

    def down(self, digit: str) -> None:
        """A key's ``DTMFBegin``."""
        self._begins = True
        self._down.append(digit)

    def pressed(self, digit: str, ms: str) -> bool:
        """Whether a ``DTMFEnd`` is a key pressed; ``ms`` is its DurationMs, by which one told again is known."""
        began = digit in self._down
        if began:
            self._down.remove(digit)
        elif self._begins and (digit, ms) in self._up:
            self._up.remove((digit, ms))
            return False
        self._up.append((digit, ms))
        return True
