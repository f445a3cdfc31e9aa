"""Who may do what: people, their roles, and the check every API call goes through.

A token is a signed JWT (RFC 7519, HS256) naming the person and the role. Browsers carry it in
an HttpOnly cookie, programs as ``Authorization: Bearer``.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.requests import HTTPConnection

COOKIE = "cordboard"
LIFETIME_S = 12 * 3600.0


class Role(StrEnum):
    """What somebody may do; each role may also do what the ones before it may."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in. ``phone`` is an Asterisk dial string, empty for none."""

    name: str
    role: Role
    phone: str = ""


class Gate:
    """Issues and checks tokens for the people of one site. ``secret`` is at least 32 bytes."""

    def __init__(self, secret: bytes, people: Mapping[str, Person]) -> None:
        if len(secret) < 32:
            raise ValueError("the token secret must have at least 32 bytes")
        self._secret = secret
        self._people = people

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
        """The person behind an HTTP request or a WebSocket."""
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        token = bearer.strip() if scheme.lower() == "bearer" else connection.cookies.get(COOKIE, "")
        return self.person(token) if token else None


def _check(role: Role) -> Callable[[HTTPConnection], Awaitable[Person]]:
    async def check(connection: HTTPConnection) -> Person:
        gate: Gate = connection.app.state.gate
        person = gate.who(connection)
        if person is None:
            raise HTTPException(401, "log in first", headers={"WWW-Authenticate": "Bearer"})
        if not person.role.covers(role):
            raise HTTPException(403, f"this needs the role {role.value}; {person.name} has {person.role.value}")
        return person

    return check


AnyAgent = Annotated[Person, Depends(_check(Role.AGENT))]
"""A FastAPI parameter type: the Person who asks, or 401. The app keeps its Gate in ``app.state.gate``."""

Supervisor = Annotated[Person, Depends(_check(Role.SUPERVISOR))]
"""The same for a supervisor or an administrator; 403 for others."""
