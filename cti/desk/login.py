"""Names and passwords: checked in equal time, off the loop, and not too often."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping

from pwdlib import PasswordHash

WINDOW_S = 300.0
PER_NAME = 10
PER_ADDRESS = 50
"""Failures in WINDOW_S seconds. People behind one router share an address."""
KEYS_KEPT = 10_000
CHECKS_AT_ONCE = 2
"""Argon2 is slow by intent (0.1 s of a core); more at once would starve the telephone side."""


class FailureLimit:
    """Lets ``tries`` failures of a key pass in ``window_s`` seconds. Pure: ``now`` is given.

    A try counts as failed until it is forgiven, so that many at once do not slip through.
    """

    def __init__(self, tries: int, window_s: float = WINDOW_S) -> None:
        self._tries = tries
        self._window_s = window_s
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until the key may try again, 0.0 for at once."""
        failures = self._failures.get(key)
        while failures and failures[0] <= now - self._window_s:
            failures.popleft()
        return failures[0] + self._window_s - now if failures and len(failures) >= self._tries else 0.0

    def count(self, key: str, now: float) -> None:
        """A try begins. The keys longest unused are forgotten above KEYS_KEPT."""
        self._failures.setdefault(key, deque(maxlen=self._tries)).append(now)
        self._failures.move_to_end(key)
        if len(self._failures) > KEYS_KEPT:
            self._failures.popitem(last=False)

    def forgive(self, key: str) -> None:
        """The key's last try was good."""
        failures = self._failures.get(key)
        if failures:
            failures.pop()
        if not failures:
            self._failures.pop(key, None)


class Passwords:
    """Checks passwords against argon2 hashes by name. Raises ValueError for what is not such a hash."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        wrong = sorted(name for name, hashed in hashes.items() if not hashed.startswith("$argon2"))
        if wrong:
            raise ValueError(f"no argon2 password hash for: {', '.join(wrong)}")
        self._hashes = dict(hashes)
        self._hasher = PasswordHash.recommended()
        # Checked for names that are not there, so that they take as long as those that are.
        self._stand_in = next(iter(hashes.values()), None)
        self._at_once = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def good(self, name: str, password: str) -> bool:
        """Whether this is the password of ``name``."""
        hashed = self._hashes.get(name, self._stand_in)
        if hashed is None:
            return False
        async with self._at_once:
            same = await asyncio.to_thread(self._hasher.verify, password, hashed)
        return same and name in self._hashes
