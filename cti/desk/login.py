"""Names and passwords: checked in equal time, off the loop, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pwdlib import PasswordHash

from cti.limits import RateLimit

WINDOW_S = 300.0
PER_NAME = 10
PER_ADDRESS = 50
"""Failures in WINDOW_S seconds. People behind one router share an address."""
CHECKS_AT_ONCE = 2
"""Argon2 is slow by intent (0.1 s of a core); more at once would starve the telephone side."""


class FailureLimit(RateLimit):
    """Lets ``tries`` failures of a key pass in ``window_s`` seconds. A try counts as failed until it is forgiven,
    so that many at once do not slip through."""

    def __init__(self, tries: int, window_s: float = WINDOW_S) -> None:
        super().__init__(tries, window_s)

    def forgive(self, key: str) -> None:
        """The key's last try was good."""
        self.forget(key)


class Passwords:
    """Checks passwords against argon2 hashes by name. Raises ValueError for what is not such a hash."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hasher = PasswordHash.recommended()
        self._at_once = asyncio.Semaphore(CHECKS_AT_ONCE)
        self.use(hashes)

    def use(self, hashes: Mapping[str, str]) -> None:
        """Checks against these from now on. Raises ValueError."""
        wrong = sorted(name for name, hashed in hashes.items() if not hashed.startswith("$argon2"))
        if wrong:
            raise ValueError(f"no argon2 password hash for: {', '.join(wrong)}")
        self._hashes = dict(hashes)
        # Checked for names that are not there, so that they take as long as those that are.
        self._stand_in = next(iter(hashes.values()), None)

    @property
    def any(self) -> bool:
        """Whether anybody has one."""
        return bool(self._hashes)

    async def good(self, name: str, password: str) -> bool:
        """Whether this is the password of ``name``."""
        hashed = self._hashes.get(name, self._stand_in)
        if hashed is None:
            return False
        async with self._at_once:
            same = await asyncio.to_thread(self._hasher.verify, password, hashed)
        return same and name in self._hashes
