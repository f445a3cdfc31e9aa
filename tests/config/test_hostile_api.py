"""Schemathesis goes through the whole API: each route, asked by each role, by a token that is over, and by a
forged one, with what its description allows and with what it forbids.

Nothing breaks, each answer is as described, nobody gets further than the table of roles says, and no error
tells of a caller. ``CORDBOARD_API_EXAMPLES`` is how many requests of each route everybody sends (``make long``
has them send more); ``CORDBOARD_SEED`` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.config.test_roles import TABLE
from tests.config.whole_server import CALLER, CALLER_NAME, Server, server
from tests.contracts.postgres import postgres

SEED = int(os.environ.get("CORDBOARD_SEED", secrets.randbelow(2**32)))
T = TypeVar("T")
R = TypeVar("R")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
AWAY = {"GET /healthz"}
"""What answers 503 by design, while there is no Asterisk."""
Asked = Case[Any]
_SENT = ("method", "url", "headers", "params", "json", "data", "files")


EXAMPLES = int(os.environ.get("CORDBOARD_API_EXAMPLES", "0"))


@pytest.mark.parametrize(
    ("database", "examples"),
    [
        ("sqlite", 2),
        pytest.param("sqlite", 60, marks=pytest.mark.long),
        pytest.param("postgresql", 60, marks=pytest.mark.long),
    ],
)
def test_whoever_asks_whatever(database: str, examples: int, tmp_path: Path) -> None:
    with asyncio.Runner() as loop, ExitStack() as stack:
        url = stack.enter_context(_within(loop, postgres())) if database == "postgresql" else ""
        running = stack.enter_context(_within(loop, server(tmp_path / "site", url)))
        walked(loop, running, EXAMPLES or examples)


@contextmanager
def _within(loop: asyncio.Runner, entered: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """What is open in the loop, until the block is left."""
    found = loop.run(_call(entered.__aenter__))
    try:
        yield found
    finally:
        loop.run(_call(lambda: entered.__aexit__(None, None, None)))


async def _call(method: Callable[[], Awaitable[R]]) -> R:
    return await method()


def walked(loop: asyncio.Runner, running: Server, examples: int) -> None:
    """Every route; what is wrong with all of them, said at the end."""
    wrong: list[str] = []
    found = list(openapi.from_dict(dict(running.api)).get_all_operations())
    routes = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(routes) == len(found)
    assert len(routes) > len(TABLE)
    for route in routes:
        asked = st.one_of(route.as_strategy(), route.as_strategy(generation_mode=GenerationMode.NEGATIVE))

        @seed(SEED)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=asked, data=st.data())
        def walk(case: Asked, data: st.DataObject) -> None:
            request = _request(case, running, data.draw)
            for who in running.tokens:
                answer = loop.run(running.asks(who, **request))
                answer.elapsed = timedelta()  # of no interest, but the checks insist on it
                _check(case, who, answer)

        try:
            walk()
        except (Exception, BaseExceptionGroup) as error:
            wrong.append(f"{route.label}: {error}")
    assert not wrong, f"CORDBOARD_SEED={SEED}\n\n" + "\n\n".join(wrong)


def _request(case: Asked, running: Server, draw: Callable[[st.SearchStrategy[Any]], Any]) -> dict[str, Any]:
    """What is sent. In a path there is often something that is there."""
    for name in case.path_parameters or {}:
        if known := draw(st.sampled_from([None, *running.known.get(name, ())])):
            case.path_parameters[name] = known
    made = case.as_transport_kwargs(base_url="http://desk")
    request: dict[str, Any] = {name: made[name] for name in _SENT if name in made}
    request["headers"] = dict(request.get("headers") or {})
    if isinstance(request.get("data"), str | bytes):
        request["content"] = request.pop("data")
    return request


def _check(case: Asked, who: str, answer: httpx.Response) -> None:
    label = case.operation.label
    if label not in AWAY:
        case.validate_response(answer, checks=CHECKS)
    allowed = TABLE.get(label)
    if allowed is not None and not _unread(answer):
        if who in ("expired", "forged"):
            assert answer.status_code == HTTPStatus.UNAUTHORIZED, f"{label} let {who} in: {answer.status_code}"
        elif who not in allowed.split() and who != "alice":
            assert answer.status_code == HTTPStatus.FORBIDDEN, f"{label} let {who} in: {answer.status_code}"
    if answer.is_error:
        assert CALLER not in answer.text, f"{label} tells {who} a number"
        assert CALLER_NAME not in answer.text, f"{label} tells {who} a name"


def _unread(answer: httpx.Response) -> bool:
    """Whether it was answered before anybody was asked who he is: the body is no JSON, or too long, or the path has
    a line break in it, which routes whose parameter has slashes do not take."""
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return b"%0a" in answer.request.url.raw_path.lower()
    if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        return all(one["what"] == "JSON decode error" for one in answer.json().get("problems", [{"what": ""}]))
    return answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
