"""Logging in by an OpenID provider: a real one, and one of ours that lies."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cti.audit import Result
from cti.desk.login import PER_ADDRESS
from cti.desk.oidc_api import Oidc
from cti.oidc import PENDING_S, Client, Provider
from tests.cti.desk.desktop import Desk
from tests.cti.desk.openid import CODE, Openid, openid

WHERE = "/api/login/oidc"


def desk_at(issuer: str, claim: str = "preferred_username", secret: str = "s3cret/") -> Desk:
    provider = Provider(Client(issuer, "cordboard", secret, claim))
    return Desk(bound=True, oidc=Oidc("Example", provider, {"ann.a": "ann", "gone": "gone"}))


@pytest.fixture
def liar() -> Iterator[Openid]:
    with openid() as provider:
        yield provider


@pytest.fixture
def desk(liar: Openid) -> Desk:
    return desk_at(liar.issuer)


def page(desk: Desk) -> httpx.AsyncClient:
    client = desk.client()
    client.headers["origin"] = "http://desk"
    return client


async def begun(client: httpx.AsyncClient) -> dict[str, str]:
    """What the provider is asked."""
    answer = await client.post(f"{WHERE}/begin")
    assert answer.status_code == 200, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.json()["url"]).query).items()}


async def come_back(client: httpx.AsyncClient, state: str, code: str = CODE) -> httpx.Response:
    return await client.post(WHERE, json={"code": code, "state": state})


async def test_the_page_is_told_how_one_may_log_in(desk: Desk) -> None:
    async with desk.client() as client:
        assert (await client.get("/api/login")).json() == {"passwords": True, "provider": "Example"}
    async with Desk().client() as client:
        assert (await client.get("/api/login")).json() == {"passwords": True, "provider": ""}
        assert (await client.post(f"{WHERE}/begin")).status_code == 405
    async with Desk(passwords={}).client() as client:
        assert (await client.get("/api/login")).json()["passwords"] is False
        answer = await client.post("/api/login", json={"name": "ann", "password": "secret of ann"})
        assert (answer.status_code, answer.json()) == (403, {"error": "nobody logs in by a password here"})


async def test_who_comes_back_from_the_provider_is_logged_in_and_once(desk: Desk, liar: Openid) -> None:
    async with page(desk) as browser:
        asked = await begun(browser)
        liar.nonce = asked["nonce"]
        answer = await come_back(browser, asked["state"])
        assert (answer.status_code, answer.json()["name"], answer.json()["token"]) == (200, "ann", "")
        assert (await browser.get("/api/me")).json()["role"] == "agent"
        assert (await come_back(browser, asked["state"])).status_code == 409, "a state is good once"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(liar.form["code_verifier"].encode()).digest()).rstrip(b"=")
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge.decode(), "S256")
    assert (liar.form["code"], liar.form["redirect_uri"]) == (CODE, "http://desk/login.html")
    assert base64.b64decode(liar.authorization.removeprefix("Basic ")) == b"cordboard:s3cret%2F"
    assert [(e.who, e.what, e.result) for e in desk.noted] == [
        ("ann", "login", Result.DONE),
        ("", "login", Result.FAILED),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own ways
async def test_a_real_provider() -> None:
    someone = oidc_provider_mock.User(sub="4711", claims={"preferred_username": "ann.a"})
    with oidc_provider_mock.run_server_in_thread(user_claims=[someone], require_nonce=True) as server:
        desk = desk_at(f"http://localhost:{server.server_port}")
        async with page(desk) as browser, httpx.AsyncClient() as there:
            url = (await browser.post(f"{WHERE}/begin")).json()["url"]
            sent = (await there.post(url, data={"sub": "4711"})).headers["location"]
            assert sent.startswith("http://desk/login.html?")
            back = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
            assert (await come_back(browser, back["state"], back["code"])).json()["name"] == "ann"
            asked = await begun(browser)
            assert (await come_back(browser, asked["state"], back["code"])).status_code == 401, "a code is good once"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "crm"},
        {"nonce": "another"},
        {"exp": 1},
        {"iss": "http://127.0.0.1:1"},
        {"preferred_username": None},
    ],
    ids=lambda claims: next(iter(claims)),
)
async def test_a_token_that_is_not_for_this_log_in_opens_nothing(
    desk: Desk, liar: Openid, claims: dict[str, Any]
) -> None:
    async with page(desk) as browser:
        asked = await begun(browser)
        liar.nonce, liar.claims = asked["nonce"], claims
        answer = await come_back(browser, asked["state"])
        assert (answer.status_code, "could not be believed" in answer.json()["error"]) == (401, True)
        assert (await browser.get("/api/me")).status_code == 401
    assert desk.sessions.all() == []


async def test_a_token_signed_by_anybody_else_or_by_nobody_opens_nothing(desk: Desk, liar: Openid) -> None:
    async with page(desk) as browser:
        asked = await begun(browser)
        liar.nonce, liar.key = asked["nonce"], ec.generate_private_key(ec.SECP256R1())
        assert (await come_back(browser, asked["state"])).status_code == 401
        liar.key = liar.published
        asked = await begun(browser)
        header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        liar.nonce = asked["nonce"]
        claims = json.loads(liar.answer("/token")[1])["id_token"].split(".")[1]
        liar.raw = json.dumps({"id_token": f"{header}.{claims}."})
        assert (await come_back(browser, asked["state"])).status_code == 401
    assert desk.sessions.all() == []


async def test_new_keys_of_the_provider_are_found_and_not_asked_for_again_and_again() -> None:
    now = 0.0
    with openid() as liar:
        provider = Provider(Client(liar.issuer, "cordboard", "", "preferred_username"), lambda: now)
        desk = Desk(bound=True, oidc=Oidc("Example", provider, {"ann.a": "ann"}))
        async with page(desk) as browser:
            for wait, kid, status in (
                (0, "k1", 200),
                (30, "k2", 401),
                (30, "k3", 200),
                (59, "k4", 401),
                (1, "k5", 200),
            ):
                now += wait
                liar.kid = kid
                asked = await begun(browser)
                liar.nonce = asked["nonce"]
                assert (await come_back(browser, asked["state"])).status_code == status, kid
        assert liar.paths.count("/keys") == 3
        assert (liar.authorization, liar.form["client_id"]) == ("", "cordboard")


async def test_a_log_in_is_ended_where_it_was_begun_and_in_time(desk: Desk, liar: Openid) -> None:
    async with page(desk) as browser, page(desk) as other:
        asked = await begun(browser)
        liar.nonce = asked["nonce"]
        assert (await come_back(other, asked["state"])).status_code == 409, "a victim is not logged in as the thief"
        desk.now += PENDING_S + 1
        assert (await come_back(browser, asked["state"])).status_code == 409
        for _ in range(PER_ADDRESS):
            await come_back(browser, "x")
        assert (await come_back(browser, asked["state"])).status_code == 429
    assert "/token" not in liar.paths


@pytest.mark.parametrize(("called", "status"), [("bob", 403), ("gone", 403), ("ann.a", 200)])
async def test_the_provider_knows_more_people_than_we_let_in(
    desk: Desk, liar: Openid, called: str, status: int
) -> None:
    async with page(desk) as browser:
        asked = await begun(browser)
        liar.nonce, liar.claims = asked["nonce"], {"preferred_username": called}
        assert (await come_back(browser, asked["state"])).status_code == status


@pytest.mark.parametrize(
    ("metadata", "status", "raw"),
    [
        ({"issuer": "https://id.example"}, 200, None),
        ({"token_endpoint": "http://id.example/token"}, 200, None),
        ({"jwks_uri": None}, 200, None),
        ({}, 500, None),
        ({}, 302, None),
        ({}, 200, "<html>"),
        ({}, 200, "[" * 100_000),
        ({}, 200, '{"a": "' + "x" * 300_000 + '"}'),
    ],
)
async def test_a_provider_that_is_none_is_said_to_be_away(
    desk: Desk, liar: Openid, metadata: dict[str, Any], status: int, raw: str | None
) -> None:
    liar.metadata, liar.status, liar.raw = metadata, status, raw
    async with page(desk) as browser:
        answer = await browser.post(f"{WHERE}/begin")
    assert (answer.status_code, answer.json()["error"]) == (503, "Example cannot be reached; try again soon")


async def test_only_a_page_of_ours_begins(desk: Desk) -> None:
    async with desk.client() as client:
        assert (await client.post(f"{WHERE}/begin")).status_code == 400
        assert (await client.post(f"{WHERE}/begin", headers={"origin": "http://evil"})).status_code == 403
