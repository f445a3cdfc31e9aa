"""Sessions: each log-in of a person, as a file that is there for as long as the session is good.

So it outlives a restart, it ends when its file is removed, whoever removes it, and what a request costs
is one look whether the file is there. Nothing secret is in it: the refresh token is made of the
session's id, the number of times that it was renewed, and a signature of both.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

import structlog

from cti.access import SESSION_S, Person, Role

GRACE_S = 30.0
"""For how long the refresh token before the last is good too: two tabs asked at once, or an answer was lost."""
MOST = 20
"""Sessions of a person at a time; one more ends the one that was unused for longest."""
USED_EVERY_S = 60.0
"""How exactly the last use is known."""

log = structlog.get_logger(__name__)

_ID = re.compile(r"[0-9a-f]{32}")
_PRODUCT = re.compile(r"[A-Za-z][\w.-]{0,39}", re.ASCII)
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that goes on. Times are Unix seconds; ``browser`` is its kind; ``password_mark`` is that of the
    person as he logged in; ``renewals`` says how often the refresh token was renewed, and ``renewed_at`` when it
    was last."""

    id: str
    name: str
    role: Role
    begun_at: float
    used_at: float
    address: str
    browser: str
    password_mark: str = ""
    renewals: int = 0
    renewed_at: float = 0.0

    @property
    def ends_at(self) -> float:
        """When it ends, however much it is used."""
        return self.begun_at + SESSION_S

    def of(self, person: Person) -> bool:
        """Whether it is this person's, who has the same role and password still."""
        return (self.name, self.role, self.password_mark) == (person.name, person.role, person.password_mark)


class Shown(Enum):
    """What a refresh token that is ours is worth."""

    GOOD = auto()
    AGAIN = auto()
    OLD = auto()
    """It was renewed a while ago: two hold it, and one of them is not who logged in."""
    UNKNOWN = auto()
    """It is of a time that was taken back: of a backup."""


def judged(session: Session, renewals: int, now: float) -> Shown:
    """What the session's refresh token of so many renewals is worth now."""
    if renewals == session.renewals:
        return Shown.GOOD
    if renewals > session.renewals:
        return Shown.UNKNOWN
    just_now = abs(now - session.renewed_at) <= GRACE_S
    return Shown.AGAIN if renewals == session.renewals - 1 and just_now else Shown.OLD


def kind_of(user_agent: str) -> str:
    """What asks, from its User-Agent, as in "Firefox, Windows"; the name of a program; empty if it does not say."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    if browser:
        system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
        return f"{browser}, {system}" if system else browser
    product = _PRODUCT.match(user_agent)
    return product[0] if product else ""


class Reused(Exception):
    """A refresh token was shown that had been renewed before: its session was ended."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class SessionFolder:
    """The sessions in ``folder``, which is made with the first. ``secret`` signs refresh tokens; ``clock`` gives
    Unix seconds."""

    def __init__(self, folder: Path, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._secret = secret
        self._clock = clock
        self._known: dict[str, tuple[tuple[int, int], Session]] = {}
        self._unkept: dict[str, Session] = {}
        """Those that could not be written: a full disk keeps nobody out, and no restart outlives it."""

    def begin(self, person: Person, address: str, browser: str) -> Session:
        """A new session of this person."""
        now = self._clock()
        mine = sorted(self._known_of(person.name), key=lambda one: one.used_at)
        for one in mine[: max(0, len(mine) - MOST + 1)]:
            self.end(one.id)
        id, mark = secrets.token_hex(16), person.password_mark
        session = Session(id, person.name, person.role, now, now, address, browser, mark)
        self._keep(session)
        self._find(id)
        return session

    def token(self, session: Session) -> str:
        """The session's refresh token."""
        return f"{session.id}.{session.renewals}.{self._signature(session.id, session.renewals)}"

    def renew(self, token: str) -> Session | None:
        """Renews the session of this refresh token, which from now on is good for GRACE_S at most. None for a
        token that is not ours, or whose session is over. Raises Reused."""
        id, _, rest = token.partition(".")
        number, _, signature = rest.partition(".")
        if not (number.isascii() and number.isdigit() and len(number) <= 9):
            return None
        renewals = int(number)
        if not hmac.compare_digest(self._signature(id, renewals).encode(), signature.encode("utf-8", "replace")):
            return None
        session = self._find(id)
        if session is None:
            return None
        now = self._clock()
        match judged(session, renewals, now):
            case Shown.OLD:
                self.end(id)
                raise Reused(session.name)
            case Shown.AGAIN:
                return session
            case Shown.GOOD:
                renewed = replace(session, renewals=renewals + 1, renewed_at=now, used_at=now)
                self._keep(renewed)
                return renewed
        return None

    def good(self, id: str, person: Person) -> bool:
        """Whether this is a session of the person as he is, and goes on. Counts as a use of it."""
        session = self._find(id)
        if session is None or not session.of(person):
            return False
        now = self._clock()
        if abs(now - session.used_at) >= USED_EVERY_S:
            with suppress(OSError):  # A full disk keeps nobody out.
                os.utime(self._path(id), (now, now))
        return True

    def all(self) -> Sequence[Session]:
        """The sessions that go on, the first begun first; the files of others are removed."""
        found = []
        for id in {*self._unkept, *(path.stem for path in self._folder.glob("*.json"))}:
            session = self._find(id)
            if session is not None:
                found.append(session)
            else:
                self._remove(id)
        there = {one.id for one in found}
        self._known = {id: known for id, known in self._known.items() if id in there}
        return sorted(found, key=lambda one: (one.begun_at, one.id))

    def end(self, id: str, name: str = "") -> bool:
        """Ends a session, with a ``name`` only if it is this person's. Whether there was one. Raises OSError."""
        session = self._find(id)
        if session is None or (name and session.name != name):
            return False
        self._remove(id)
        return True

    def end_all(self, name: str, but: str = "") -> int:
        """Ends this person's sessions, all ``but`` one; how many. Raises OSError."""
        return sum(self.end(one.id) for one in self.all() if one.name == name and one.id != but)

    def keep_only(self, people: Mapping[str, Person]) -> int:
        """Ends the sessions of who is not in ``people``, or has another role or password there; how many.
        Raises OSError."""
        return sum(self.end(one.id) for one in self.all() if one.name not in people or not one.of(people[one.name]))

    def _known_of(self, name: str) -> Sequence[Session]:
        """The person's sessions, without a look at those of thousands of others in the folder."""
        ids = [id for id, (_, one) in self._known.items() if one.name == name]
        ids += [id for id, one in self._unkept.items() if one.name == name]
        return [one for id in ids if (one := self._find(id)) is not None]

    def _find(self, id: str) -> Session | None:
        if not _ID.fullmatch(id):
            return None
        path = self._path(id)
        if (unkept := self._unkept.get(id)) is not None:
            return unkept if self._clock() < unkept.ends_at else None
        try:
            stat = path.stat()
            stamp, known = (stat.st_ino, stat.st_mtime_ns), self._known.get(id)
            if known is None or known[0] != stamp:
                known = self._known[id] = (stamp, _read(id, path.read_text(encoding="utf-8"), stat.st_mtime))
        except (OSError, ValueError, KeyError, TypeError):
            self._known.pop(id, None)
            return None
        return known[1] if self._clock() < known[1].ends_at else None

    def _keep(self, session: Session) -> None:
        self._known.pop(session.id, None)
        try:
            self._write(session)
        except OSError as error:
            log.warning("a session could not be written", error=error.strerror)
            self._unkept[session.id] = session
        else:
            self._unkept.pop(session.id, None)

    def _write(self, session: Session) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._folder / f".{session.id}.{secrets.token_hex(4)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                kept = {name: getattr(session, name) for name in Session.__slots__ if name not in ("id", "used_at")}
                json.dump(kept, file)
            os.utime(fresh, (session.used_at, session.used_at))
            fresh.replace(self._path(session.id))
        finally:
            fresh.unlink(missing_ok=True)

    def _remove(self, id: str) -> None:
        self._path(id).unlink(missing_ok=True)
        self._known.pop(id, None)
        self._unkept.pop(id, None)

    def _signature(self, id: str, renewals: int) -> str:
        return hmac.digest(self._secret, f"refresh {id} {renewals}".encode("utf-8", "replace"), "sha256").hex()

    def _path(self, id: str) -> Path:
        return self._folder / f"{id}.json"


def _read(id: str, text: str, used_at: float) -> Session:
    kept = json.loads(text)
    return Session(
        id=id,
        name=str(kept["name"]),
        role=Role(kept["role"]),
        begun_at=float(kept["begun_at"]),
        used_at=used_at,
        address=str(kept["address"]),
        browser=str(kept["browser"]),
        password_mark=str(kept["password_mark"]),
        renewals=int(kept["renewals"]),
        renewed_at=float(kept["renewed_at"]),
    )
