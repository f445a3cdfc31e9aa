"""What each answer hides of people, and from whom: one place, around the application.

A route says nothing of it. Every JSON answer to somebody who is known is veiled (``personal.veiled``), but for
what the tables here say: a new route hides what is personal until it is in one of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi.requests import HTTPConnection
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cti.access import WHO, Person, Role
from cti.personal import veiled
from cti.sight import Sight, sight_of

HEADER = "cordboard-numbers"
"""``whole`` asks for an answer as it is."""
SHOWN = "cordboard.shown"
"""In the scope of a connection: what was shown whole because it was asked for, as the audit log calls it."""

OWN = frozenset({
    "GET /api/calls",
    "GET /api/calls/{id}",
    "GET /api/calls/{id}/before",
    "GET /api/records",
    "GET /api/records/{call}",
    "GET /api/records/{call}/journey",
    "GET /api/records/{call}/comments",
    "POST /api/records/{call}/comments",
    "PATCH /api/comments/{id}",
    "GET /api/recordings/{stem}/transcript",
    "GET /api/followups",
    "POST /api/followups",
    "PATCH /api/followups/{id}",
    "GET /api/quality/reviews/{id}",
})  # fmt: skip
"""What gives an agent his own calls and promises only, and what he is to know of their callers."""

OPENED = frozenset({
    "GET /api/records/{call}",
    "GET /api/records/{call}/journey",
    "GET /api/records/{call}/comments",
    "POST /api/records/{call}/comments",
    "PATCH /api/comments/{id}",
    "GET /api/recordings/{stem}/transcript",
    "GET /api/quality/reviews/{id}",
    "GET /api/customers/{id}",
    "POST /api/customers",
    "PUT /api/customers/{id}",
    "POST /api/customers/{id}/merge",
})  # fmt: skip
"""One record or card, which the audit log has as opened, or written by who asks."""

ASKED: Mapping[str, str] = {
    "GET /api/calls/{id}": "call:{id}",
    "GET /api/records/{call}": "call:{call}",
    "GET /api/records/{call}/journey": "call:{call}",
    "GET /api/records/{call}/comments": "call:{call}",
    "GET /api/customers/{id}": "customer:{id}",
}
"""What one may ask for whole, by HEADER, and as what that is in the audit log."""

PLAIN = frozenset({
    "GET /api/announcements",
    "POST /api/announcements",
    "POST /api/announcements/{id}/seen",
    "GET /api/audit",
    "GET /api/calls/{id}/consult",
    "GET /api/calls/{id}/pop",
    "POST /api/customers/preview",
    "GET /api/dialling",
    "GET /api/dispositions",
    "GET /api/health",
    "GET /api/people",
    "GET /api/places",
    "GET /api/quality/forms",
    "GET /api/reports",
    "GET /api/site",
    "GET /api/site/check",
})  # fmt: skip
"""What has nothing of customers, but numbers and words of the site's own; what was just sent; and what opens the
CRM for the call at one's own phone."""


class Veil:
    """ASGI middleware; it must be inside of what writes the audit log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None
        body = bytearray()

        async def send_veiled(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _hides(scope, message):
                start = message
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    hidden = _without(body)
                    if hidden:
                        MutableHeaders(scope=start)["Content-Length"] = str(len(hidden))
                    await send(start)
                    await send({**message, "body": hidden})

        await self._app(scope, receive, send_veiled if scope["type"] == "http" else send)


def _without(body: bytes | bytearray) -> bytes:
    if not body:
        return b""
    return json.dumps(veiled(json.loads(body)), ensure_ascii=False, separators=(",", ":")).encode()


def _hides(scope: Scope, start: Message) -> bool:
    """Whether who asked is to have this answer veiled. Has the audit log know what is shown because it was asked
    for."""
    who: Person | None = scope.get(WHO)
    if who is None or start["status"] >= 400 or Headers(raw=start["headers"]).get("content-type") != "application/json":
        return False
    connection = HTTPConnection(scope)
    sight, path = sight_of(who, connection), getattr(scope.get("route"), "path_format", "")
    route = f"{scope['method']} {path}"
    if route in PLAIN or sight is Sight.ALWAYS or (who.role is Role.AGENT and route in OWN):
        return False
    if route in OPENED and sight.reaches(Sight.OPENED):
        return False
    if route in ASKED and sight.reaches(Sight.ASKED) and connection.headers.get(HEADER) == "whole":
        scope[SHOWN] = ASKED[route]
        return False
    return True
