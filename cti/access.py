"""Who may do what: people, their roles, and the check every API call goes through.

A token is a signed JWT (RFC 7519, HS256) naming the person, the role and the session, without which it is good
no more. Browsers carry it in an HttpOnly cookie and renew it, programs as ``Authorization: Bearer``. Programs may
carry a key instead, which stays good until it is taken back, and is good for its scopes only.

What each role may do is the table RIGHTS. What a route needs is the type of its parameter, one of
those at the end of this module.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Protocol

import jwt
from fastapi import Depends, HTTPException
from fastapi.requests import HTTPConnection

COOKIE = "cordboard"
ACCESS_S = 15 * 60.0
"""How long a page's token is good; its session goes on."""
SESSION_S = 12 * 3600.0
"""How long a session goes on, and the token of a program."""
WHO = "cordboard.who"
"""In the scope of a connection: the Person who asks, or None; put there as the gate is passed."""
KEY_PREFIX = "cb_"
"""What keys begin with, and tokens do not."""


class Role(StrEnum):
    """What somebody is; RIGHTS says what comes with it."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


class Right(StrEnum):
    """What somebody may do."""

    LOG_IN = "log in"
    DESK = "work at a desk"
    """To follow and control the calls that are one's own, with one's own state, day and follow-ups."""
    SUPERVISE = "supervise"
    """The same for everybody's, and to listen in, force states, announce, and set switches."""
    RECORDS = "read records"
    """Of the calls one talked on, with their recordings."""
    REVIEW = "review records"
    """Everybody's, with messages and decisions."""
    GRADE = "grade calls"
    """To score what agents said, by the site's forms, and to decide on their objections."""
    CUSTOMERS = "work with customers"
    KEEP_CUSTOMERS = "keep customers"
    """To export, import, merge and delete their cards."""
    AUDIT = "read the audit log"
    HEALTH = "see the health"
    KEEP = "hold and erase"
    """To put calls under a legal hold and lift it, and to erase customers."""
    SITE = "manage the site"
    """To see its people and its configuration, and to load it anew."""


_AGENT = frozenset({Right.LOG_IN, Right.DESK, Right.RECORDS, Right.CUSTOMERS})
_SUPERVISOR = _AGENT | {Right.SUPERVISE, Right.REVIEW, Right.GRADE, Right.KEEP_CUSTOMERS}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _SUPERVISOR,
    # Sees what was done, and takes no part in it.
    Role.AUDITOR: frozenset({Right.LOG_IN, Right.RECORDS, Right.REVIEW, Right.AUDIT}),
    Role.ADMIN: _SUPERVISOR | {Right.AUDIT, Right.HEALTH, Right.KEEP, Right.SITE},
    # Keeps the machines running, and sees nothing of what goes over them.
    Role.SYSTEM: frozenset({Right.LOG_IN, Right.HEALTH}),
}


class Scope(StrEnum):
    """What a key may be good for."""

    CALLS_READ = "calls:read"
    CALLS_CONTROL = "calls:control"
    AGENTS_READ = "agents:read"
    AGENTS_CONTROL = "agents:control"
    RECORDS_READ = "records:read"
    RECORDS_LISTEN = "records:listen"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in, or a program with a key. ``phone`` is an Asterisk dial string, empty
    for none; ``scopes`` are the key's, None for people, who may do all that their role may; ``password_mark``
    is another with each new password, empty for none."""

    name: str
    role: Role
    phone: str = ""
    scopes: frozenset[Scope] | None = None
    password_mark: str = ""

    def may(self, right: Right) -> bool:
        """Whether this comes with the role."""
        return right in RIGHTS[self.role]


class Keys(Protocol):
    """Knows the keys of programs."""

    def holder(self, key: str) -> Person | None:
        """Whose key this is, with its scopes, or None."""

    def wait(self, holder: Person) -> float:
        """Counts a request. Seconds until the holder may make it, 0.0 for now."""


class Sessions(Protocol):
    """Knows the sessions of people."""

    def good(self, id: str, person: Person) -> bool:
        """Whether this is a session of the person as he is, and goes on. Counts as a use of it."""

    def keep_only(self, people: Mapping[str, Person]) -> int:
        """Ends the sessions of who is not in ``people``, or is another there; how many."""


class Gate:
    """Issues and checks tokens for the people of one site, and has ``keys`` and ``sessions`` checked; without
    ``sessions`` tokens need none. ``secret`` is at least 32 bytes."""

    def __init__(
        self, secret: bytes, people: Mapping[str, Person], keys: Keys | None = None, sessions: Sessions | None = None
    ) -> None:
        if len(secret) < 32:
            raise ValueError("the token secret must have at least 32 bytes")
        self._secret = secret
        self._all = self._people = people
        self.keys = keys
        self.sessions = sessions

    def named(self, name: str) -> Person | None:
        """Who is called so and may log in."""
        return self._people.get(name)

    def keep_out(self, people: Mapping[str, Person]) -> None:
        """Lets in only who is in ``people`` in the role he was known in, and ends the sessions of the others and
        of earlier passwords. Raises OSError."""
        self._people = {
            name: replace(person, password_mark=people[name].password_mark)
            for name, person in self._all.items()
            if name in people and people[name].role is person.role
        }
        if self.sessions is not None:
            self.sessions.keep_only(self._people)

    def token(
        self,
        person: Person,
        now: float | None = None,
        *,
        purpose: str = "",
        lifetime_s: float = SESSION_S,
        session: str = "",
    ) -> str:
        """A token for ``person``, good for ``lifetime_s`` from ``now`` (Unix seconds); with a ``purpose``
        for that and nothing else."""
        at = time.time() if now is None else now
        role = purpose or person.role.value
        claims = {"sub": person.name, "role": role, "iat": int(at), "exp": int(at + lifetime_s)}
        return jwt.encode(claims | ({"sid": session} if session else {}), self._secret, algorithm="HS256")

    def person(self, token: str, purpose: str = "", *, over: bool = False) -> Person | None:
        """Whose token this is, or None: forged, expired, for another purpose, of a session that has ended, or
        of somebody gone or changed in role. ``over``: it may have expired while its session goes on."""
        bound = self.sessions is not None and not purpose
        claims = self._claims(token, over=over and bound)
        person = None if claims is None else self._people.get(claims["sub"])
        if claims is None or person is None or (purpose or person.role.value) != claims.get("role"):
            return None
        if bound and self.sessions is not None and not self.sessions.good(str(claims.get("sid", "")), person):
            return None
        return person

    def who(self, connection: HTTPConnection, *, over: bool = False) -> Person | None:
        """The person or program behind an HTTP request or a WebSocket; ``over`` as in ``person``."""
        shown, bearer = _shown(connection)
        if bearer and shown.startswith(KEY_PREFIX):
            return self.keys.holder(shown) if self.keys is not None else None
        return self.person(shown, over=over)

    def session(self, connection: HTTPConnection) -> str:
        """The id of the session behind a request, whether its token has expired or not; empty for none."""
        claims = self._claims(_shown(connection)[0], over=True)
        return "" if claims is None else str(claims.get("sid", ""))

    def _claims(self, token: str, *, over: bool) -> Mapping[str, Any] | None:
        # Whose clock is set back is not logged out: a token from the future is ours all the same.
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                options={"require": ["exp", "sub"], "verify_iat": False, "verify_exp": not over},
            )
        except jwt.InvalidTokenError:
            return None
        return claims


def _shown(connection: HTTPConnection) -> tuple[str, bool]:
    """The token or key that is shown, empty for none, and whether as a Bearer: else it is the cookie's."""
    scheme, _, shown = connection.headers.get("authorization", "").partition(" ")
    bearer = scheme.lower() == "bearer"
    return (shown.strip() if bearer else connection.cookies.get(COOKIE, "")), bearer


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed to pass: a right, and for a key a scope; without one, no key passes."""

    right: Right
    scope: Scope | None = None

    def refusal(self, who: Person) -> str:
        """Why this person or program may not pass, empty where it may."""
        if who.scopes is not None and self.scope is None:
            return "this is for people, not for keys"
        if who.scopes is not None and self.scope not in who.scopes:
            return f"this needs the scope {self.scope}; {who.name} does not have it"
        if not who.may(self.right):
            roles = ", ".join(role for role, rights in RIGHTS.items() if self.right in rights)
            return f"this is for {roles}; {who.name} is {who.role}"
        return ""

    async def __call__(self, connection: HTTPConnection) -> Person:
        """The FastAPI dependency: who asks, or 401, 403, 429. The app keeps its Gate in ``app.state.gate``."""
        gate: Gate = connection.app.state.gate
        who = gate.who(connection)
        connection.scope[WHO] = who
        if who is None:
            raise HTTPException(401, "log in first", headers={"WWW-Authenticate": "Bearer"})
        if refusal := self.refusal(who):
            raise HTTPException(403, refusal)
        if who.scopes is not None and gate.keys is not None and (wait := gate.keys.wait(who)):
            seconds = int(wait) + 1
            raise HTTPException(429, f"too many requests; wait {seconds} s", headers={"Retry-After": str(seconds)})
        return who


FEED = Need(Right.DESK, Scope.EVENTS)

Anybody = Annotated[Person, Depends(Need(Right.LOG_IN))]
"""A person of any role; keys are refused, here and where no scope is named."""

AnyAgent = Annotated[Person, Depends(Need(Right.DESK))]
Supervisor = Annotated[Person, Depends(Need(Right.SUPERVISE))]
Grader = Annotated[Person, Depends(Need(Right.GRADE))]
Auditor = Annotated[Person, Depends(Need(Right.AUDIT))]
Admin = Annotated[Person, Depends(Need(Right.SITE))]
Custodian = Annotated[Person, Depends(Need(Right.KEEP))]
Keeper = Annotated[Person, Depends(Need(Right.HEALTH))]

CallReader = Annotated[Person, Depends(Need(Right.DESK, Scope.CALLS_READ))]
CallController = Annotated[Person, Depends(Need(Right.DESK, Scope.CALLS_CONTROL))]
CallSupervisor = Annotated[Person, Depends(Need(Right.SUPERVISE, Scope.CALLS_READ))]
CallDirector = Annotated[Person, Depends(Need(Right.SUPERVISE, Scope.CALLS_CONTROL))]
AgentReader = Annotated[Person, Depends(Need(Right.DESK, Scope.AGENTS_READ))]
AgentController = Annotated[Person, Depends(Need(Right.DESK, Scope.AGENTS_CONTROL))]
RecordPerson = Annotated[Person, Depends(Need(Right.RECORDS))]
RecordReader = Annotated[Person, Depends(Need(Right.RECORDS, Scope.RECORDS_READ))]
RecordReviewer = Annotated[Person, Depends(Need(Right.REVIEW, Scope.RECORDS_READ))]
RecordListener = Annotated[Person, Depends(Need(Right.RECORDS, Scope.RECORDS_LISTEN))]
CustomerReader = Annotated[Person, Depends(Need(Right.CUSTOMERS, Scope.CUSTOMERS_READ))]
CustomerWriter = Annotated[Person, Depends(Need(Right.CUSTOMERS, Scope.CUSTOMERS_WRITE))]
CustomerExporter = Annotated[Person, Depends(Need(Right.KEEP_CUSTOMERS, Scope.CUSTOMERS_READ))]
CustomerKeeper = Annotated[Person, Depends(Need(Right.KEEP_CUSTOMERS, Scope.CUSTOMERS_WRITE))]
