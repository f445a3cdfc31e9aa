"""Asks HTTP services on behalf of callers, who wait: every way to keep us waiting has an end.

No URL is ever logged, nor the text of an exception, for they hold callers' data; only the host is.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import ssl
import time
import unicodedata
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import structlog

from cti.signature import HEADER, signature
from ivr.questions import Fetch, Scalar, Unanswered
from ivr.url_template import host_of

MAX_BYTES = 1 << 20
"""Of one answer."""
MAX_SAVED = 500
"""Characters of a text that is saved."""
TOTAL_S = 2.8
"""For one question with all its tries: less than the caller waits (``LOOKUP_S``)."""
FAILURES = 5
"""Failures of a host in a row after which it is left alone."""
REST_S = 10.0
"""How long a host is left alone before one question tries it again."""
MAX_EXACT = 2**53
"""Beyond it, whole numbers of JSON (such as ids) are kept as texts."""

_NO_HEADERS: Mapping[str, str] = {}

log = structlog.get_logger(__name__)


class Breaker:
    """Leaves a host alone that keeps failing. ``now`` is in seconds of any clock that goes on."""

    def __init__(self) -> None:
        self._failures = 0
        self._rests_until = 0.0
        self._trying = False

    def lets(self, now: float) -> bool:
        """Whether to ask the host now. After a rest only one may, until ``done`` says how it went."""
        if self._failures < FAILURES:
            return True
        if self._trying or now < self._rests_until:
            return False
        self._trying = True
        return True

    def done(self, *, good: bool, now: float) -> None:
        """A question that was let through is over."""
        self._trying = False
        self._failures = 0 if good else self._failures + 1
        if self._failures >= FAILURES:
            self._rests_until = now + REST_S


class _Failed(Exception):
    """A try came to nothing. ``down``: the host is at fault. ``again``: another try may do better, and
    does no harm: the host has not taken what was posted."""

    def __init__(self, why: str, *, down: bool = False, again: bool = False) -> None:
        super().__init__(why)
        self.down = down
        self.again = again


class Fetcher:
    """Asks those ``hosts`` only (as ``host_of`` writes them), and posts to webhooks, signed with
    ``secret``. ``clock`` is for the breakers."""

    def __init__(self, hosts: Collection[str], secret: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._hosts = frozenset(hosts)
        self._secret = secret
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below it, they log URLs
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=ssl.create_default_context(),  # whom the system trusts, so that a site can add its own
            timeout=TOTAL_S,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
            # What is packed can be a thousand times as big when it is unpacked.
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "cordboard"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def fetch(self, question: Fetch) -> dict[str, Scalar] | Unanswered:
        """The fields found, or why there are none."""
        try:
            host = host_of(question.url)
        except ValueError:
            return Unanswered("no URL")
        if host not in self._hosts:
            log.warning("a flow asks a host that is not in lookups.hosts", host=host)
            return Unanswered("not an allowed host")
        body = None if question.body is None else _bytes(question.body)
        answer = await self._ask(
            host, question.url, body, question.timeout_s, question.retries, read=bool(question.save)
        )
        if isinstance(answer, Unanswered):
            return answer
        found = {name: saved(answer.get("json"), path) for name, path in question.save.items()}
        return {name: value for name, value in found.items() if value is not None}

    async def post(self, url: str, body: Mapping[str, Scalar]) -> bool:
        """Posts fields to a webhook of the site. Whether they were taken."""
        return await self.deliver(url, _bytes(body))

    async def deliver(self, url: str, body: bytes) -> bool:
        """Posts JSON to a webhook of the site: its settings say where, so that no other list of hosts is
        needed. Whether it was taken."""
        signed = {HEADER: signature(self._secret, body, time.time())}
        answer = await self._ask(host_of(url), url, body, TOTAL_S, 1, read=False, headers=signed)
        return not isinstance(answer, Unanswered)

    async def _ask(
        self,
        host: str,
        url: str,
        body: bytes | None,
        timeout_s: float,
        retries: int,
        *,
        read: bool,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> dict[str, Any] | Unanswered:
        """What was answered, under ``json``; nothing there if it need not be read."""
        why = "no answer in time"
        try:
            async with asyncio.timeout(TOTAL_S):
                for _ in range(retries + 1):
                    try:
                        return await self._guarded(host, url, body, timeout_s, headers, read=read)
                    except _Failed as failed:
                        why = str(failed)
                        if not failed.again:
                            break
        except TimeoutError:
            pass
        log.warning("a service gave no good answer", host=host, why=why)
        return Unanswered(why)

    async def _guarded(
        self, host: str, url: str, body: bytes | None, timeout_s: float, headers: Mapping[str, str], *, read: bool
    ) -> dict[str, Any]:
        """One try, if the host's breaker lets it. Raises _Failed."""
        breaker = self._breakers.setdefault(host, Breaker())
        if not breaker.lets(self._clock()):
            raise _Failed("the host is left alone for now, after many failures")
        good = False
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._try(url, body, headers, read=read)
            good = True
            return answer
        except _Failed as failed:
            good = not failed.down
            raise
        except httpx.ConnectError:
            raise _Failed("no connection", down=True, again=True) from None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise _Failed(type(error).__name__, down=True, again=body is None) from None
        finally:
            breaker.done(good=good, now=self._clock())

    async def _try(self, url: str, body: bytes | None, headers: Mapping[str, str], *, read: bool) -> dict[str, Any]:
        method, more = ("GET", {}) if body is None else ("POST", {"Content-Type": "application/json"})
        async with self._client.stream(method, url, content=body, headers={**headers, **more}) as response:
            if not response.is_success:
                down = response.is_server_error
                raise _Failed(f"status {response.status_code}", down=down, again=down and body is None)
            if not read:
                return {}
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise _Failed("the answer is packed")
            whole = bytearray()
            async for piece in response.aiter_raw():
                whole += piece
                if len(whole) > MAX_BYTES:
                    raise _Failed("the answer is too long")
        return {"json": _json(bytes(whole))}


def _bytes(fields: Mapping[str, Scalar]) -> bytes:
    return json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise _Failed("the answer is not JSON") from None


def saved(answer: Any, path: str) -> Scalar | None:
    """What stands in a JSON value at a path of keys and indexes, fit for a call's data; None if it
    is not there, or is no text, number, true or false. Control characters are taken out."""
    for step in path.split("."):
        if isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(answer, list):
            index = int(step) if step.isascii() and step.isdecimal() and len(step) < 8 else len(answer)
            answer = answer[index] if index < len(answer) else None
        else:
            return None
    match answer:
        case bool():
            return answer
        case int():
            return answer if abs(answer) <= MAX_EXACT else str(answer)[:MAX_SAVED]
        case float():
            return answer if math.isfinite(answer) else None
        case str():
            return clean(answer)
    return None


_JOINERS = "\u200c\u200d"
"""Invisible, but part of how words of some scripts are written."""


def clean(text: str) -> str:
    """The text in one line, without characters that control or turn round what comes after, cut."""
    words = " ".join(text[: 4 * MAX_SAVED].split())
    kept = (c for c in words if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return "".join(kept)[:MAX_SAVED]
