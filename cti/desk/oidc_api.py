"""Logging in by the site's OpenID provider. The provider sends the browser back to the log-in page, and
that shows what it was given: so the answer comes from a page of ours, with its cookie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cti.access import WHO, Gate
from cti.desk.login import PER_ADDRESS, FailureLimit
from cti.desk.login_api import Cookies, LoggedIn, address_of
from cti.oidc import PENDING_S, NotBelieved, Pending, Provider, Unreachable, begin
from cti.problems import errors

BACK = "/login.html"
"""The page that the provider sends the browser back to."""
COOKIE = "cordboard-oidc"
PATH = "/api/login/oidc"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Oidc:
    """The site's provider: what the button calls it, and who of the site is whom there."""

    name: str
    provider: Provider
    people: Mapping[str, str]
    """The name here, by what the provider says."""


class Leave(BaseModel):
    """Where the browser is to go."""

    url: str


class Back(BaseModel):
    """What the provider gave the browser."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(max_length=4000, repr=False)
    state: str = Field(max_length=200, repr=False)


def routes(oidc: Oidc, gate: Gate, cookies: Cookies, clock: Callable[[], float]) -> APIRouter:
    """The routes. ``clock`` gives Unix seconds."""
    router = APIRouter(prefix=PATH, tags=["login"], responses=errors(400, 413, 422, 429, 503))
    begun, failures = FailureLimit(PER_ADDRESS), FailureLimit(PER_ADDRESS)
    pending = Pending()

    def counted(limit: FailureLimit, request: Request) -> None:
        address, now = address_of(request), clock()
        if wait := limit.wait(address, now):
            seconds = int(wait) + 1
            raise HTTPException(429, f"too many tries; wait {seconds} s", headers={"Retry-After": str(seconds)})
        limit.count(address, now)

    @router.post("/begin")
    async def begin_there(request: Request, response: Response) -> Leave:
        """Begins a log-in at the provider, and says where the page is to go."""
        origin = request.headers.get("origin")
        if not origin:
            raise HTTPException(400, "this is for the log-in page: a request says its Origin")
        counted(begun, request)
        one = begin(origin + BACK, clock())
        try:
            url = await oidc.provider.url(one)
        except Unreachable as error:
            log.warning("the OpenID provider cannot be asked", why=str(error))
            raise HTTPException(503, f"{oidc.name} cannot be reached; try again soon") from None
        pending.add(one)
        cookies.put(response, COOKIE, one.state, PATH, PENDING_S)
        return Leave(url=url)

    @router.post("", responses=errors(401, 403, 409))
    async def come_back(body: Back, request: Request, response: Response) -> LoggedIn:
        """Begins a session for who comes back from the provider."""
        request.scope[WHO] = None
        counted(failures, request)
        here = request.cookies.get(COOKIE) == body.state
        one = pending.take(body.state, clock()) if here else None
        if one is None:
            raise HTTPException(409, "this log-in was begun elsewhere, too long ago, or is over; begin again")
        try:
            said = await oidc.provider.who(one, body.code)
        except Unreachable as error:
            log.warning("the OpenID provider cannot be asked", why=str(error))
            raise HTTPException(503, f"{oidc.name} cannot be reached; try again soon") from None
        except NotBelieved as error:
            log.warning("a log-in by the OpenID provider was refused", why=str(error))
            raise HTTPException(401, f"what {oidc.name} said could not be believed; the log says why") from None
        person = request.scope[WHO] = gate.named(oidc.people.get(said, ""))
        if person is None:
            raise HTTPException(403, f"{oidc.name} knows you, and nobody here is called so; ask your administrator")
        for limit in (begun, failures):  # many people behind one router may come at once
            limit.forgive(address_of(request))
        cookies.take_back(response, COOKIE, PATH)
        return cookies.begin(request, response, person)

    return router
