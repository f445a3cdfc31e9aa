"""The keys of programs, as files: one each, with the key's hash and its scopes.

Two programs write here: the command line, which makes keys and takes them back, and the server,
which says when a key was last used. Each has files of its own, so neither can spoil the other's;
a key counts, and no longer counts, at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from cti.access import KEY_PREFIX, Person, Role, Scope

RATE = 20.0
"""Requests a second that a key may make for long."""
BURST = 100.0
"""Requests it may make at once."""
USED_EVERY_S = 60.0
"""How exactly the last use is known."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is good. Times are Unix seconds; ``used_at`` is None for never."""

    name: str
    scopes: frozenset[Scope]
    made_at: float
    used_at: float | None


class Pace:
    """A token bucket (RATE, BURST) for each name. Pure: ``now`` is given, of a clock that goes on."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, name: str, now: float) -> float:
        """Counts a request. Seconds until there may be one, 0.0 for now."""
        left, at = self._left.get(name, (BURST, now))
        left = min(BURST, left + max(0.0, now - at) * RATE)
        allowed = left >= 1.0
        self._left[name] = (left - 1.0 if allowed else left, now)
        return 0.0 if allowed else (1.0 - left) / RATE


class KeyFolder:
    """The keys in ``folder``, which is made when the first key is. ``clock`` gives Unix seconds."""

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._steady = steady
        self._pace = Pace()
        self._used: dict[str, float] = {}

    def add(self, name: str, scopes: Collection[Scope]) -> str:
        """Makes a key and returns it: only its hash is kept. Raises ValueError for a name that cannot
        be or is taken, or no scopes; OSError."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a key's name: small letters, digits, '-', '.', at most 40")
        if not scopes:
            raise ValueError("a key without scopes is good for nothing; give one --scope at least")
        key = f"{KEY_PREFIX}{name}_{secrets.token_hex(32)}"
        kept = {"hash": _hash(key), "scopes": sorted(scopes), "made_at": self._clock()}
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Under its name only when it is whole, for the server may look at any time.
        fresh = self._folder / f".{name}.{secrets.token_hex(4)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(kept, file)
            os.link(fresh, self._path(name))
        except FileExistsError:
            raise ValueError(f"there is a key called {name} already; revoke it first") from None
        finally:
            fresh.unlink()
        return key

    def revoke(self, name: str) -> bool:
        """Takes a key back. Whether there was one. Raises OSError."""
        if not _NAME.fullmatch(name) or not self._path(name).exists():
            return False
        self._path(name).unlink()
        self._mark(name).unlink(missing_ok=True)
        return True

    def all(self) -> Sequence[Key]:
        """The keys by name; a file that is none is passed over."""
        names = sorted(path.stem for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem))
        return [found[0] for name in names if (found := self._read(name)) is not None]

    def holder(self, key: str) -> Person | None:
        """Who shows this key, as a supervisor bound to the key's scopes; None for a key that is not good."""
        name, _, secret = key.removeprefix(KEY_PREFIX).rpartition("_")
        if not secret or not _NAME.fullmatch(name):
            return None
        found = self._read(name)
        if found is None or not hmac.compare_digest(found[1], _hash(key)):
            return None
        self._note_use(name)
        return Person(f"key:{name}", Role.SUPERVISOR, scopes=found[0].scopes)

    def wait(self, holder: Person) -> float:
        """Seconds until the holder may make the request that this counts, 0.0 for now."""
        return self._pace.wait(holder.name, self._steady())

    def _read(self, name: str) -> tuple[Key, str] | None:
        try:
            kept = json.loads(self._path(name).read_text(encoding="ascii"))
            scopes = frozenset(map(Scope, kept["scopes"]))
            return Key(name, scopes, float(kept["made_at"]), self._used_at(name)), str(kept["hash"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _used_at(self, name: str) -> float | None:
        try:
            return self._mark(name).stat().st_mtime
        except OSError:
            return None

    def _note_use(self, name: str) -> None:
        now = self._clock()
        if abs(now - self._used.get(name, 0.0)) < USED_EVERY_S:
            return
        self._used[name] = now
        try:
            self._mark(name).touch(mode=0o600)
            os.utime(self._mark(name), (now, now))
        except OSError:
            return  # A full disk keeps nobody out.

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _mark(self, name: str) -> Path:
        return self._folder / f"{name}.used"


def _hash(key: str) -> str:
    """A key is 256 bits of chance: a quick hash of it tells nothing."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
