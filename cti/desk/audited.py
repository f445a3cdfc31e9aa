"""What of all that is asked for goes into the audit log: the table NOTED, and whatever is refused.

One place, around the application: a route says nothing of it, unless it has something to add
(``cti.audit.say``). Who is not known and asks for what is not a log-in leaves no entry: else anybody
could fill the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cti.access import WHO, Person
from cti.audit import FACTS, Entry, Note, Repeats, Result
from cti.desk.feed import NOT_ALLOWED
from cti.desk.veil import SHOWN
from cti.masking import masked, masked_within

_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
_ODD = re.compile(r"[^\w.:/@+-]", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Noted:
    """``object`` is filled in from the route's path; ``others``: only where ``{name}`` is somebody else;
    ``each``: every time, however soon it is asked for again."""

    what: str
    object: str = ""
    others: bool = False
    each: bool = False


LOG_IN = "login"
REFUSAL = "request"
"""What is refused and not in the table; its object is what was asked for."""
NUMBERS = "numbers.shown"
"""An answer that was asked for with the numbers of people whole."""

NOTED: Mapping[str, Noted] = {
    "POST /api/login": Noted(LOG_IN),
    "POST /api/login/oidc": Noted(LOG_IN),
    "POST /api/logout": Noted("logout"),
    "DELETE /api/sessions": Noted("session.ended"),
    "DELETE /api/sessions/{id}": Noted("session.ended"),
    "DELETE /api/people/{name}/sessions": Noted("session.ended", "person:{name}"),
    "DELETE /api/people/{name}/sessions/{id}": Noted("session.ended", "person:{name}"),
    "POST /api/agents/{name}/state": Noted("agent.state", "agent:{name}", others=True),
    "POST /api/agents/{name}/wrap-up": Noted("agent.wrap-up", "agent:{name}", others=True),
    "GET /api/agents/{name}": Noted("agent.seen", "agent:{name}", others=True),
    "GET /api/agents/{name}/day": Noted("agent.day", "agent:{name}", others=True),
    "GET /api/agents/{name}/timeline": Noted("agent.timeline", "agent:{name}", others=True),
    "POST /api/announcements": Noted("announcement.made"),
    "DELETE /api/announcements/{id}": Noted("announcement.ended", "announcement:{id}"),
    "DELETE /api/callbacks/{wanted}": Noted("callback.dropped", "call:{wanted}"),
    "POST /api/callbacks/{wanted}/take": Noted("callback.taken", "call:{wanted}"),
    "POST /api/calls": Noted("call.out"),
    "POST /api/calls/{id}/hangup": Noted("call.hangup", "call:{id}"),
    "POST /api/calls/{id}/transfer": Noted("call.transfer", "call:{id}"),
    "POST /api/calls/{id}/park": Noted("call.park", "call:{id}"),
    "POST /api/calls/{id}/unpark": Noted("call.unpark", "call:{id}"),
    "POST /api/calls/{id}/recording/pause": Noted("call.recording-pause", "call:{id}"),
    "POST /api/calls/{id}/recording/resume": Noted("call.recording-resume", "call:{id}"),
    "POST /api/calls/{id}/consult": Noted("call.consult", "call:{id}"),
    "POST /api/calls/{id}/consult/transfer": Noted("call.transfer", "call:{id}"),
    "POST /api/calls/{id}/pull": Noted("call.pull", "call:{id}"),
    "POST /api/calls/{id}/take": Noted("call.take", "call:{id}"),
    "PUT /api/calls/{id}/monitor": Noted("call.monitor", "call:{id}"),
    "DELETE /api/calls/{id}/monitor": Noted("call.monitor-end", "call:{id}"),
    "GET /api/records": Noted("records.searched"),
    "GET /api/records.{format}": Noted("records.exported", each=True),
    "GET /api/records/{call}": Noted("record.seen", "call:{call}"),
    "GET /api/records/{call}/decisions": Noted("record.decisions", "call:{call}"),
    "GET /api/reports/file": Noted("report.exported"),
    "GET /api/messages": Noted("messages.searched"),
    "GET /api/recordings/{stem}": Noted("recording.heard", "recording:{stem}"),
    "GET /api/recordings/{stem}/transcript": Noted("recording.heard", "recording:{stem}"),
    "GET /api/quality/reviews": Noted("reviews.searched"),
    "POST /api/quality/reviews": Noted("review.begun"),
    "GET /api/quality/reviews/{id}": Noted("review.seen", "review:{id}"),
    "POST /api/quality/reviews/{id}/submit": Noted("review.submitted", "review:{id}"),
    "POST /api/quality/reviews/{id}/correct": Noted("review.corrected", "review:{id}"),
    "POST /api/quality/reviews/{id}/release": Noted("review.released", "review:{id}"),
    "POST /api/quality/reviews/{id}/answer": Noted("review.answered", "review:{id}"),
    "POST /api/quality/reviews/{id}/uphold": Noted("review.upheld", "review:{id}"),
    "POST /api/quality/samples/{rule}": Noted("sample.drawn", "sample:{rule}"),
    "POST /api/quality/calibrations": Noted("calibration.begun"),
    "GET /api/quality/calibrations/{id}": Noted("calibration.seen", "calibration:{id}"),
    "GET /api/quality/figures": Noted("quality.figures"),
    "POST /api/recordings/{stem}/heard": Noted("recording.listened", "recording:{stem}"),
    "POST /api/records/{call}/comments": Noted("comment.made", "call:{call}"),
    "PATCH /api/comments/{id}": Noted("comment.changed", "comment:{id}"),
    "DELETE /api/comments/{id}": Noted("comment.deleted", "comment:{id}"),
    "POST /api/records/{call}/shares": Noted("share.made", "call:{call}"),
    "GET /api/shares/{id}": Noted("share.opened", "share:{id}"),
    "DELETE /api/shares/{id}": Noted("share.ended", "share:{id}"),
    "GET /api/holds": Noted("holds.read"),
    "POST /api/holds": Noted("hold.set"),
    "DELETE /api/holds/{id}": Noted("hold.lifted", "hold:{id}"),
    "GET /api/erasures": Noted("erasures.read"),
    "POST /api/erasures": Noted("customer.erased"),
    "POST /api/erase": Noted("customer.erased"),
    "GET /api/customers": Noted("customers.searched"),
    "POST /api/customers": Noted("customer.added"),
    "GET /api/customers/{id}": Noted("customer.seen", "customer:{id}"),
    "PUT /api/customers/{id}": Noted("customer.changed", "customer:{id}"),
    "DELETE /api/customers/{id}": Noted("customer.deleted", "customer:{id}"),
    "GET /api/customers/{id}/contacts": Noted("customer.contacts", "customer:{id}"),
    "POST /api/customers/{id}/merge": Noted("customer.merged", "customer:{id}"),
    "GET /api/customers/export": Noted("customers.exported", each=True),
    "POST /api/customers/import": Noted("customers.imported"),
    "PUT /api/switches/{name}": Noted("switch.set", "switch:{name}"),
    "POST /api/reload": Noted("site.loaded"),
    "POST /api/drain": Noted("server.drained"),
    "DELETE /api/drain": Noted("server.opened"),
    "GET /api/audit": Noted("audit.read"),
}
_EACH = frozenset(noted.what for noted in NOTED.values() if noted.each)


class Audited:
    """ASGI middleware. ``note`` takes the entries; ``clock`` gives Unix seconds."""

    def __init__(self, app: ASGIApp, note: Note, clock: Callable[[], float]) -> None:
        self._app = app
        self._note = note
        self._clock = clock
        self._repeats = Repeats()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.close" and message.get("code") == NOT_ALLOWED:
                self._put(scope, "GET", HTTPStatus.FORBIDDEN)
            await send(message)

        try:
            await self._app(scope, receive, send_seen)
        finally:
            if scope["type"] == "http":
                self._put(scope, scope["method"], status)

    def _put(self, scope: Scope, method: str, status: int) -> None:
        entry = _entry(scope, method, status, self._clock())
        if entry is not None and (method != "GET" or entry.what in _EACH or self._repeats.new(entry)):
            self._note(entry)


def _fit(text: str) -> str:
    return _ODD.sub("?", masked(text))[:_LONGEST]


def _entry(scope: Scope, method: str, status: int, now: float) -> Entry | None:
    """The entry of a request that was answered; None where there is to be none."""
    path = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", "")
    if not path or status == HTTPStatus.UNPROCESSABLE_ENTITY:  # not a request at all: nothing was looked for
        return None
    who: Person | None = scope.get(WHO)
    route, parts = f"{method} {path}", scope.get("path_params", {})
    noted = Noted(NUMBERS, scope[SHOWN]) if SHOWN in scope else NOTED.get(route)
    if who is None and (noted is None or noted.what != LOG_IN or status == HTTPStatus.TOO_MANY_REQUESTS):
        return None
    if noted is None:
        if status != HTTPStatus.FORBIDDEN and not (status == HTTPStatus.NOT_FOUND and parts):
            return None
        noted = Noted(REFUSAL, route)
    elif noted.others and who is not None and parts.get("name") == who.name:
        return None
    named = {name: _fit(str(part)) for name, part in parts.items()}
    return Entry(
        at=round(now, 3),
        who="" if who is None else who.name,
        role="" if who is None else who.role.value,
        address=_fit((scope.get("client") or ("",))[0]),  # a web server in front may have let anything through
        what=noted.what,
        object=noted.object.format_map(named)[:_LONGEST],
        result=Result.DONE if status < 400 else Result.REFUSED if status in _REFUSED else Result.FAILED,
        detail=masked_within(scope.get(FACTS, {})),
    )
