"""What goes for every answer of the server: safe headers, bounded requests, uniform errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cti.masking import masked_within

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body, but for uploads. The API takes short JSON objects only."""

API_VERSION = "1"
"""Of the HTTP API and the feed; another one where what a program relies on goes away or changes."""

_POLICY = {
    "default-src": "'self'",
    # The one style sheet that wavesurfer.js writes into the page, by its hash: see src/review/wave.ts.
    "style-src": "'self' 'sha256-Txpp2hh5OoXvJGhUxJbFyEnnoWJBIRJRY/mg0M3HqKc='",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
LOGIN = "/api/login"
_NO_MORE: Mapping[str, Sequence[str]] = {}


def policy(more: Mapping[str, Sequence[str]] = _NO_MORE) -> str:
    """The content policy: this server, and by directive what ``more`` may be reached."""
    allowed = {
        name: f"{_POLICY.get(name, _POLICY['default-src'])} {' '.join(urls)}" for name, urls in more.items() if urls
    }
    return "; ".join(f"{name} {sources}" for name, sources in (_POLICY | allowed).items())


HEADERS = {
    "X-Cordboard-Api": API_VERSION,
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_log = logging.getLogger(__name__)


def same_host(connection: HTTPConnection) -> bool:
    """Whether the page that asks came from this server. Programs other than browsers say no Origin."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower() != ""
    except ValueError:
        return False


class Guard:
    """ASGI middleware: headers on each answer, no writing from other sites' pages, no text that a database
    does not take, short bodies without the numbers of payment cards (but where a password is sent; and uploads
    look for themselves).
    ``allows`` is what pages may reach elsewhere, by directive of the content policy; ``uploads`` are
    the paths that take more, and how many bytes."""

    def __init__(
        self, app: ASGIApp, allows: Mapping[str, Sequence[str]] = _NO_MORE, uploads: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._uploads = uploads or {}
        self._headers = HEADERS | {"Content-Security-Policy": policy(allows)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # Pages are asked for anew each time, so that an update shows; answers are never kept.
                headers["Cache-Control"] = "no-store" if scope["path"].startswith("/api/") else "no-cache"
            await send(message)

        limit = self._uploads.get(scope["path"], BODY_LIMIT)
        refusal = _refusal(scope, limit)
        app = self._app if refusal is None else refusal
        bounded = _bounded(receive, limit)
        whole = scope["path"].startswith(LOGIN) or scope["path"] in self._uploads
        await app(scope, bounded if whole else _masked(bounded), send_guarded)


def _refusal(scope: Scope, limit: int) -> JSONResponse | None:
    if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not same_host(HTTPConnection(scope)):
        return error_response(403, "this page is of another host")
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return error_response(400, "the address has a NUL in it")
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        return error_response(400, "Content-Length is not a number")
    if len(length) > 9 or int(length) > limit:
        return error_response(413, f"a request has at most {limit} bytes")
    return None


def _bounded(receive: Receive, limit: int) -> Receive:
    """Stops a body sent in chunks, which says no length beforehand."""
    total = 0

    async def receive_bounded() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413, f"a request has at most {limit} bytes")
        return message

    return receive_bounded


def _masked(receive: Receive) -> Receive:
    """Gives the body in one piece, without the numbers of payment cards."""
    body = bytearray()

    async def receive_masked() -> Message:
        while True:
            message = await receive()
            body.extend(message.get("body", b""))
            if message["type"] != "http.request":
                return message
            if not message.get("more_body", False):
                return {**message, "body": _without_cards(bytes(body)), "more_body": False}

    return receive_masked


def _without_cards(body: bytes) -> bytes:
    try:
        sent = json.loads(body)
        kept = masked_within(sent)
    except (ValueError, RecursionError):
        return body  # who reads it will say what is wrong in it
    if not all(map(_whole, _texts(kept))):
        raise HTTPException(400, "a text of the request has a NUL or half a character in it")
    return body if kept == sent else json.dumps(kept).encode()


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for pair in value.items() for one in pair for text in _texts(one))
        case list():
            yield from (text for one in value for text in _texts(one))


def _whole(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def error_response(status: int, error: object, headers: dict[str, str] | None = None, **more: object) -> JSONResponse:
    """The one shape of all errors: ``{"error": what is wrong}``, with ``problems`` for a bad request."""
    return JSONResponse({"error": error, **more}, status, headers)


def add_guard(
    app: FastAPI, allows: Mapping[str, Sequence[str]] = _NO_MORE, uploads: Mapping[str, int] | None = None
) -> None:
    """Puts the guard and the error handlers on the app. ``allows`` and ``uploads`` as in Guard."""
    app.add_middleware(Guard, allows=allows, uploads=uploads)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return error_response(error.status_code, error.detail, headers)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is not said back: it may be a password.
        problems = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors()]
        return error_response(422, "the request is not as it should be", problems=problems)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        _log.error("a request failed: %s %s: %s", request.method, request.url.path, type(error).__name__)
        return error_response(500, HTTPStatus(500).phrase, HEADERS)
