"""The HTTP API and the pages of the desks, as one FastAPI application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel, ConfigDict

from cti.access import CallController, CallReader, Gate, Person, Right, Role, Supervisor
from cti.audit import Note, say
from cti.calls.call import Call
from cti.calls.commands import Command, Hangup, Monitor, StopMonitor
from cti.calls.part import Ask, Output
from cti.calls.words import CallId, MonitorMode
from cti.desk.audited import Audited
from cti.desk.feed import Feed
from cti.desk.guard import API_VERSION, add_guard
from cti.desk.login import Passwords
from cti.desk.login_api import Cookies
from cti.desk.login_api import routes as login_routes
from cti.desk.oidc_api import Oidc
from cti.desk.oidc_api import routes as oidc_routes
from cti.desk.pages import add_pages
from cti.desk.rows import Row
from cti.desk.sessions import routes as session_routes
from cti.desk.veil import Veil
from cti.desk.view import Customers, audience_of, card, sees_customers, visible
from cti.desk.wall import WALL, Door, add_wall
from cti.problems import ANYWHERE, errors
from cti.sessions import SessionFolder
from cti.sight import SIGHTS, Sight

Calls = Callable[[], Mapping[CallId, Call]]
Health = Callable[[], Mapping[str, str]]
"""What is wrong, by the name of each thing looked at; an empty text where it is well."""


class Body(BaseModel):
    """Base of everything that is read from a request: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MonitorBody(Body):
    mode: MonitorMode


class Asked(BaseModel):
    """The telephone side was asked. Whether it came true is told by the feed."""

    asked: str


def create_app(
    *,
    gate: Gate,
    sessions: SessionFolder,
    passwords: Passwords,
    oidc: Oidc | None = None,
    feed: Feed,
    ask: Ask,
    calls: Calls,
    health: Health,
    registry: CollectorRegistry,
    routers: Sequence[APIRouter] = (),
    allows: Mapping[str, Sequence[str]] | None = None,
    uploads: Mapping[str, int] | None = None,
    secure_cookie: bool = False,
    sights: Mapping[Role, Sight] = SIGHTS,
    note: Note = lambda entry: None,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """The server's application.

    ``sessions`` are those that ``gate`` asks for; ``oidc`` is another way to log in; ``calls`` gives the live calls;
    ``routers`` are the pillars' own; ``allows`` is what pages may reach elsewhere, as in Guard;
    ``uploads`` are the paths that take long requests, and how many bytes;
    ``secure_cookie`` is for sites behind HTTPS; ``sights`` say who sees numbers whole;
    ``note`` takes what the audit log is to have.
    """
    # The usual pages of FastAPI for its documentation load from other hosts.
    app = FastAPI(
        title="Cordboard", version=API_VERSION, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.gate, app.state.sights = gate, sights
    app.add_middleware(Veil)
    add_guard(app, allows or {}, uploads)
    app.add_middleware(Audited, note=note, clock=clock)
    cookies = Cookies(gate, sessions, secure_cookie)
    provider = "" if oidc is None else oidc.name
    app.include_router(login_routes(gate, sessions, cookies, passwords, provider, clock))
    if oidc is not None:
        app.include_router(oidc_routes(oidc, gate, cookies, clock))
    for router in (session_routes(gate, sessions), _calls_router(ask, calls, feed.view.customers), *routers):
        app.include_router(router, responses=ANYWHERE)
    app.include_router(_operations_router(health, registry))

    @app.websocket("/ws")
    async def follow(socket: WebSocket) -> None:
        await feed.serve(socket, gate)

    door = Door(gate)
    add_wall(app, door, secure_cookie)

    @app.websocket("/ws/wall")
    async def follow_on_the_wall(socket: WebSocket) -> None:
        await feed.serve(socket, door, lambda who: WALL)

    add_pages(app)
    return app


def _calls_router(ask: Ask, calls: Calls, customers: Customers) -> APIRouter:
    router = APIRouter(prefix="/api/calls", tags=["calls"], responses=errors(404, 409))

    def shown(call: Call, who: Person) -> Row:
        return card(call, audience_of(who), customers(call.id) if sees_customers(who) else ())

    def seen(id: CallId, who: Person) -> Call:
        call = calls().get(id)
        if call is None or not visible(call, audience_of(who)):
            raise HTTPException(404, "no such call is live, or it is not yours")
        return call

    async def ask_for(id: CallId, who: Person, command: Callable[[Call], Command]) -> Asked:
        """Asks for what ``command`` makes of the call as it stands in the loop's turn."""

        async def work(now: float) -> Sequence[Output]:
            return [command(seen(id, who))]

        await ask(work)
        return Asked(asked=id)

    @router.get("")
    async def live_calls(who: CallReader) -> list[dict[str, Any]]:
        """The live calls you may see."""
        audience = audience_of(who)
        return [shown(call, who) for call in calls().values() if visible(call, audience)]

    @router.get("/{id}")
    async def live_call(id: str, who: CallReader) -> dict[str, Any]:
        return shown(seen(CallId(id), who), who)

    @router.post("/{id}/hangup", status_code=202)
    async def hang_up(id: str, who: CallController) -> Asked:
        """Ends the call. An agent may end the one he talks on."""

        def command(call: Call) -> Command:
            talking = any(offer.connected and offer.agent == who.name for offer in call.offers)
            if not who.may(Right.SUPERVISE) and not talking:
                raise HTTPException(403, "you are not on this call yet")
            return Hangup(call=call.id)

        return await ask_for(CallId(id), who, command)

    @router.put("/{id}/monitor", status_code=202)
    async def monitor(id: str, body: MonitorBody, request: Request, who: Supervisor) -> Asked:
        """Rings your phone to listen, whisper or barge, or changes how you are on the call."""
        say(request.scope, mode=body.mode)

        def command(call: Call) -> Command:
            if call.offer is None or not call.offer.connected:
                raise HTTPException(409, "no agent is on this call")
            if not who.phone:
                raise HTTPException(409, f"{who.name} has no phone to listen with")
            return Monitor(call=call.id, supervisor=who.name, phone=who.phone, mode=body.mode)

        return await ask_for(CallId(id), who, command)

    @router.delete("/{id}/monitor", status_code=202)
    async def stop_monitor(id: str, who: Supervisor) -> Asked:
        """Takes you off the call."""
        return await ask_for(CallId(id), who, lambda call: StopMonitor(call=call.id, supervisor=who.name))

    return router


def _operations_router(health: Health, registry: CollectorRegistry) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", responses={503: {"description": "Something is wrong"}})
    async def healthz() -> JSONResponse:
        """200 when all is well, else 503; ``checks`` says what is wrong with each thing."""
        checks = dict(health())
        well = not any(checks.values())
        return JSONResponse({"status": "ok" if well else "failing", "checks": checks}, 200 if well else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Figures in the text format of Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
