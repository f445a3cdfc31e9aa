"""Who may pass the gate, and who may not."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from cti.access import COOKIE, RIGHTS, SESSION_S, AnyAgent, Gate, Person, Right, Role, Supervisor
from tests.cti.gated import gated

SECRET = bytes(range(32))
NOW = 2_000_000_000.0
ALICE, SUE, ROOT = Person("alice", Role.AGENT), Person("sue", Role.SUPERVISOR), Person("root", Role.ADMIN)
PEOPLE = {p.name: p for p in (ALICE, SUE, ROOT)}
GATE = Gate(SECRET, PEOPLE)
FAR = 4_000_000_000


def signed(claims: Mapping[str, Any], key: bytes = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm)


def unsigned(header: object, claims: object, signature: bytes = b"") -> str:
    """A token made by hand."""
    parts = [h if isinstance(h, bytes) else json.dumps(h).encode() for h in (header, claims, signature)]
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts)


GOOD = {"sub": "alice", "role": "agent", "exp": FAR}

REFUSED = {
    "empty": "",
    "no token": "x",
    "three dots": "...",
    "another key": signed(GOOD, bytes(32)),
    "another algorithm": signed(GOOD, SECRET * 2, "HS512"),
    "no algorithm": unsigned({"alg": "none", "typ": "JWT"}, GOOD),
    "no algorithm, in capitals": unsigned({"alg": "NONE"}, GOOD),
    "an algorithm that is no text": unsigned({"alg": ["HS256"]}, GOOD),
    "a changed role": ".".join(
        [
            signed(GOOD).split(".")[0],
            unsigned({}, GOOD | {"role": "admin"}).split(".")[1],
            signed(GOOD).split(".")[2],
        ]
    ),
    "expired": GATE.token(ALICE, now=1000.0),
    "no expiry": signed({"sub": "alice", "role": "agent"}),
    "an expiry that is no number": signed(GOOD | {"exp": "never"}),
    "no name": signed({"role": "agent", "exp": FAR}),
    "a name that is no text": signed(GOOD | {"sub": 7}),
    "somebody gone": signed(GOOD | {"sub": "mallory"}),
    "a role changed since": signed(GOOD | {"sub": "sue"}),
    "an unknown role": signed(GOOD | {"role": "god"}),
    "no role": signed({"sub": "alice", "exp": FAR}),
    "claims that are a list": jwt.api_jws.encode(b"[1]", SECRET),
    "claims nested without end": jwt.api_jws.encode(b"[" * 100_000, SECRET),
    "a header nested without end": unsigned(b"[" * 100_000, GOOD),
    "other scripts": "ключ.ключ.ключ",
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED)
def test_refused(token: str) -> None:
    assert GATE.person(token) is None


@given(st.text(max_size=60) | st.lists(st.binary(max_size=40), min_size=3, max_size=3).map(lambda p: unsigned(*p)))
def test_whatever_it_is_it_is_only_refused(token: str) -> None:
    assert GATE.person(token) is None


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_a_token_of_ours(person: Person) -> None:
    token = GATE.token(person)
    assert GATE.person(token) == person
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == SESSION_S


def test_a_key_that_can_be_guessed_is_not_taken() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Gate(b"short", PEOPLE)


def test_rights_are_no_ladder() -> None:
    """Each role has rights; an auditor reads and does nothing, and who keeps the machines sees no calls."""
    assert set(RIGHTS) == set(Role)
    assert all(Right.LOG_IN in rights for rights in RIGHTS.values())
    acting = {Right.DESK, Right.SUPERVISE, Right.CUSTOMERS, Right.KEEP_CUSTOMERS, Right.SITE}
    assert not RIGHTS[Role.AUDITOR] & acting
    assert RIGHTS[Role.SYSTEM] == {Right.LOG_IN, Right.HEALTH}
    assert {role for role, rights in RIGHTS.items() if Right.AUDIT in rights} == {Role.AUDITOR, Role.ADMIN}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return gated(GATE, {"/any": AnyAgent, "/watch": Supervisor})


async def ask(app: FastAPI, path: str, *, bearer: str | None = None, cookie: str | None = None) -> tuple[int, Any]:
    headers = {} if bearer is None else {"Authorization": bearer}
    cookies = {} if cookie is None else {COOKIE: cookie}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=headers, cookies=cookies
    ) as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


async def test_a_program_shows_its_token_and_a_browser_its_cookie(app: FastAPI) -> None:
    token = GATE.token(ALICE)
    assert await ask(app, "/any", bearer=f"Bearer {token}") == (200, "alice")
    assert await ask(app, "/any", bearer=f"bearer  {token} ") == (200, "alice")
    assert await ask(app, "/any", cookie=token) == (200, "alice")
    assert await ask(app, "/any", bearer=f"Bearer {GATE.token(SUE)}", cookie=token) == (200, "sue")


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"cookie": "x"},
        {"bearer": "Bearer x"},
        {"bearer": f"Basic {GATE.token(ALICE)}"},
        {"bearer": "Bearer"},
        {"bearer": "Bearer forged", "cookie": GATE.token(ALICE)},
        {"bearer": f"Bearer {REFUSED['a header nested without end'][:50_000]}"},
    ],
    ids=["nothing", "bad cookie", "bad bearer", "basic", "empty", "a forged bearer beats a good cookie", "nested"],
)
async def test_log_in_first(app: FastAPI, shown: dict[str, str]) -> None:
    assert await ask(app, "/any", **shown) == (401, {"detail": "log in first"})


@pytest.mark.parametrize(("person", "status"), [(ALICE, 403), (SUE, 200), (ROOT, 200)])
async def test_what_a_role_may_do(app: FastAPI, person: Person, status: int) -> None:
    code, text = await ask(app, "/watch", cookie=GATE.token(person))
    assert code == status
    if status == 403:
        assert text == {"detail": "this is for supervisor, admin; alice is agent"}
