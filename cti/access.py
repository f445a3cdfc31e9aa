"""Who may do what: people, their roles, and the check every API call goes through.

A token is a signed JWT (RFC 7519, HS256) naming the person and the role. Browsers carry it in
an HttpOnly cookie, programs as ``Authorization: Bearer``. Programs may carry a key instead, which
stays good until it is taken back, and is good for its scopes only.

What a route needs is the type of its parameter, one of those at the end of this module.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

import jwt
from fastapi import Depends, HTTPException
from fastapi.requests import HTTPConnection

COOKIE = "cordboard"
LIFETIME_S = 12 * 3600.0
KEY_PREFIX = "cb_"
"""What keys begin with, and tokens do not."""


class Role(StrEnum):
    """What somebody may do; each role may also do what the ones before it may."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


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
    for none; ``scopes`` are the key's, None for people, who may do all that their role may."""

    name: str
    role: Role
    phone: str = ""
    scopes: frozenset[Scope] | None = None


class Keys(Protocol):
    """Knows the keys of programs."""

    def holder(self, key: str) -> Person | None:
        """Whose key this is, with its scopes, or None."""

    def wait(self, holder: Person) -> float:
        """Counts a request. Seconds until the holder may make it, 0.0 for now."""


class Gate:
    """Issues and checks tokens for the people of one site, and has ``keys`` checked. ``secret`` is at
    least 32 bytes."""

    def __init__(self, secret: bytes, people: Mapping[str, Person], keys: Keys | None = None) -> None:
        if len(secret) < 32:
            raise ValueError("the token secret must have at least 32 bytes")
        self._secret = secret
        self._people = people
        self.keys = keys

    def token(self, person: Person, now: float | None = None) -> str:
        """A token for ``person``, good for LIFETIME_S seconds from ``now`` (Unix seconds)."""
        at = time.time() if now is None else now
        claims = {"sub": person.name, "role": person.role.value, "iat": int(at), "exp": int(at + LIFETIME_S)}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def person(self, token: str) -> Person | None:
        """Whose token this is, or None: forged, expired, or of somebody gone or changed in role."""
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], options={"require": ["exp", "sub"]})
        except jwt.InvalidTokenError:
            return None
        person = self._people.get(claims["sub"])
        return person if person is not None and person.role.value == claims.get("role") else None

    def who(self, connection: HTTPConnection) -> Person | None:
        """The person or program behind an HTTP request or a WebSocket."""
        scheme, _, shown = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self.person(connection.cookies.get(COOKIE, ""))
        bearer = shown.strip()
        if bearer.startswith(KEY_PREFIX):
            return self.keys.holder(bearer) if self.keys is not None else None
        return self.person(bearer)


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed to pass: a role, and for a key a scope; without one, no key passes."""

    role: Role
    scope: Scope | None = None

    def refusal(self, who: Person) -> str:
        """Why this person or program may not pass, empty where it may."""
        if who.scopes is not None and self.scope is None:
            return "this is for people, not for keys"
        if who.scopes is not None and self.scope not in who.scopes:
            return f"this needs the scope {self.scope}; {who.name} does not have it"
        if not who.role.covers(self.role):
            return f"this needs the role {self.role}; {who.name} has {who.role}"
        return ""

    async def __call__(self, connection: HTTPConnection) -> Person:
        """The FastAPI dependency: who asks, or 401, 403, 429. The app keeps its Gate in ``app.state.gate``."""
        gate: Gate = connection.app.state.gate
        who = gate.who(connection)
        if who is None:
            raise HTTPException(401, "log in first", headers={"WWW-Authenticate": "Bearer"})
        if refusal := self.refusal(who):
            raise HTTPException(403, refusal)
        if who.scopes is not None and gate.keys is not None and (wait := gate.keys.wait(who)):
            seconds = int(wait) + 1
            raise HTTPException(429, f"too many requests; wait {seconds} s", headers={"Retry-After": str(seconds)})
        return who


FEED = Need(Role.AGENT, Scope.EVENTS)

AnyAgent = Annotated[Person, Depends(Need(Role.AGENT))]
"""A person; keys are refused, here and with Supervisor."""

Supervisor = Annotated[Person, Depends(Need(Role.SUPERVISOR))]
"""A supervisor or an administrator."""

CallReader = Annotated[Person, Depends(Need(Role.AGENT, Scope.CALLS_READ))]
CallController = Annotated[Person, Depends(Need(Role.AGENT, Scope.CALLS_CONTROL))]
CallSupervisor = Annotated[Person, Depends(Need(Role.SUPERVISOR, Scope.CALLS_READ))]
CallDirector = Annotated[Person, Depends(Need(Role.SUPERVISOR, Scope.CALLS_CONTROL))]
AgentReader = Annotated[Person, Depends(Need(Role.AGENT, Scope.AGENTS_READ))]
AgentController = Annotated[Person, Depends(Need(Role.AGENT, Scope.AGENTS_CONTROL))]
RecordReader = Annotated[Person, Depends(Need(Role.AGENT, Scope.RECORDS_READ))]
RecordReviewer = Annotated[Person, Depends(Need(Role.SUPERVISOR, Scope.RECORDS_READ))]
RecordListener = Annotated[Person, Depends(Need(Role.AGENT, Scope.RECORDS_LISTEN))]
CustomerReader = Annotated[Person, Depends(Need(Role.AGENT, Scope.CUSTOMERS_READ))]
CustomerWriter = Annotated[Person, Depends(Need(Role.AGENT, Scope.CUSTOMERS_WRITE))]
CustomerExporter = Annotated[Person, Depends(Need(Role.SUPERVISOR, Scope.CUSTOMERS_READ))]
CustomerKeeper = Annotated[Person, Depends(Need(Role.SUPERVISOR, Scope.CUSTOMERS_WRITE))]
