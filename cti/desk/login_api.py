"""Logging in and out, and the renewal of a page's log-in."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, ConfigDict, Field

from cti.access import ACCESS_S, COOKIE, SESSION_S, WHO, Anybody, Gate, Person, Role
from cti.desk.login import PER_ADDRESS, PER_NAME, FailureLimit, Passwords
from cti.problems import errors
from cti.sessions import Reused, Session, SessionFolder, kind_of
from cti.sight import Sight, sight_of

REFRESH = "/api/refresh"
REFRESH_COOKIE = "cordboard-refresh"


class LoginBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=100)
    password: str = Field(max_length=200, repr=False)


class Ways(BaseModel):
    """How one may log in. ``provider`` is what the site's own is called, empty where there is none."""

    passwords: bool
    provider: str


class Me(BaseModel):
    """Who is logged in. ``phone`` says whether there is one to listen in with, ``numbers`` when those of people
    are seen whole."""

    name: str
    role: Role
    phone: bool
    numbers: Sight


class LoggedIn(Me):
    """``token`` is for programs; pages have theirs where no script can read it, and here an empty text."""

    token: str


def address_of(connection: HTTPConnection) -> str:
    """Where a request comes from; empty where that is not known."""
    return connection.client.host if connection.client else ""


class Cookies:
    """Begins sessions, and gives pages their tokens. ``secure`` is for sites behind HTTPS."""

    def __init__(self, gate: Gate, sessions: SessionFolder, secure: bool) -> None:
        self._gate = gate
        self._sessions = sessions
        self._secure = secure

    def begin(self, request: Request, response: Response, person: Person) -> LoggedIn:
        """Begins a session of this person. A page, which says its Origin, gets a short token and what renews it;
        a program a token that is as good for as long as the session."""
        page = "origin" in request.headers
        if page and (before := self._gate.session(request)):
            self._sessions.end(before)
        kind = kind_of(request.headers.get("user-agent", ""))
        session = self._sessions.begin(person, address_of(request), kind)
        if page:
            self.give(response, person, session)
            return LoggedIn(token="", **me_of(person, request).model_dump())
        token = self._gate.token(person, session=session.id)
        self.put(response, COOKIE, token)
        return LoggedIn(token=token, **me_of(person, request).model_dump())

    def give(self, response: Response, person: Person, session: Session) -> None:
        """Gives a page its tokens as they are to be from now on."""
        token = self._gate.token(person, session=session.id, lifetime_s=ACCESS_S)
        # The cookie outlives its token: so the session that it names can be ended by who logs out late.
        self.put(response, COOKIE, token)
        self.put(response, REFRESH_COOKIE, self._sessions.token(session), REFRESH)

    def take(self, response: Response) -> None:
        """Takes all of them back."""
        self.take_back(response, COOKIE)
        self.take_back(response, REFRESH_COOKIE, REFRESH)

    def put(self, response: Response, name: str, value: str, path: str = "/", age_s: float = SESSION_S) -> None:
        """Puts a cookie into the browser that is sent to ``path`` by pages of ours only, and no script reads."""
        response.set_cookie(
            name, value, max_age=int(age_s), path=path, httponly=True, samesite="strict", secure=self._secure
        )

    def take_back(self, response: Response, name: str, path: str = "/") -> None:
        response.delete_cookie(name, path, httponly=True, samesite="strict", secure=self._secure)


def me_of(person: Person, request: Request) -> Me:
    return Me(name=person.name, role=person.role, phone=bool(person.phone), numbers=sight_of(person, request))


def routes(
    gate: Gate,
    sessions: SessionFolder,
    cookies: Cookies,
    passwords: Passwords,
    provider: str,
    clock: Callable[[], float],
) -> APIRouter:
    """The routes. ``provider`` is the name of another way to log in, empty for none; ``clock`` gives Unix seconds."""
    router = APIRouter(prefix="/api", tags=["login"], responses=errors(400, 401, 413, 422, 429))
    names, addresses = FailureLimit(PER_NAME), FailureLimit(PER_ADDRESS)

    @router.get("/login")
    async def ways() -> Ways:
        """How one may log in here."""
        return Ways(passwords=passwords.any, provider=provider)

    @router.post("/login", responses=errors(403))
    async def login(body: LoginBody, request: Request, response: Response) -> LoggedIn:
        """Begins a session. Its token is in the answer, for programs, and a cookie. 403: not by passwords."""
        if not passwords.any:
            request.scope[WHO] = None
            raise HTTPException(403, "nobody logs in by a password here")
        now = clock()
        address = address_of(request)
        wait = max(names.wait(body.name, now), addresses.wait(address, now))
        if wait:
            seconds = int(wait) + 1
            raise HTTPException(429, f"too many tries; wait {seconds} s", headers={"Retry-After": str(seconds)})
        names.count(body.name, now)
        addresses.count(address, now)
        good = await passwords.good(body.name, body.password)
        # Of a name that is nobody's nothing is kept: it may be a password, typed in the wrong field.
        person = request.scope[WHO] = gate.named(body.name)
        if not good or person is None:
            raise HTTPException(401, "name or password is wrong")
        names.forgive(body.name)
        addresses.forgive(address)
        return cookies.begin(request, response, person)

    @router.post("/refresh", status_code=204, responses=errors(403))
    async def refresh(request: Request, response: Response) -> None:
        """Renews a page's log-in, by a cookie that is good once. 403: it was used before, so somebody else may
        have it, and the session has ended."""
        try:
            session = sessions.renew(request.cookies.get(REFRESH_COOKIE, ""))
        except Reused as found:
            request.scope[WHO] = gate.named(found.name)
            raise HTTPException(403, "this log-in was renewed elsewhere and has ended; log in again") from None
        person = None if session is None else gate.named(session.name)
        if session is None or person is None or not sessions.good(session.id, person):
            raise HTTPException(401, "log in first")
        request.scope[WHO] = person
        cookies.give(response, person, session)

    @router.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        """Ends the session, and takes the cookies back."""
        request.scope[WHO] = gate.who(request, over=True)
        sessions.end(gate.session(request))
        cookies.take(response)

    @router.get("/me", responses=errors(403))
    async def me(request: Request, who: Anybody) -> Me:
        return me_of(who, request)

    return router
