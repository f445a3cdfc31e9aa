"""The account of a phone in the browser goes to whom it belongs, and to nobody else."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from cti.desk.guard import add_guard
from cti.desk.phone import BrowserPhone, routes
from tests.cti.desk.desktop import Desk

ACCOUNT = BrowserPhone(url="wss://pbx.example/ws", user="ann-web", password="0123abcd")


async def test_everybody_gets_their_own(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(routers=[routes({"ann": ACCOUNT})])
    async with desk.client("ann") as ann, desk.client("sue") as sue, desk.client() as stranger:
        given = await ann.get("/api/phone")
        assert given.json() == {"url": "wss://pbx.example/ws", "user": "ann-web", "password": "0123abcd"}
        assert given.headers["cache-control"] == "no-store"
        assert (await sue.get("/api/phone")).json() is None
        assert (await stranger.get("/api/phone")).status_code == 401
    assert "0123abcd" not in repr(ACCOUNT) + caplog.text


@pytest.mark.parametrize(
    ("connects", "said"), [((), None), (("wss://pbx.example/ws",), "connect-src 'self' wss://pbx.example/ws")]
)
async def test_pages_may_connect_where_the_phones_do(connects: tuple[str, ...], said: str | None) -> None:
    app = FastAPI()
    add_guard(app, {"connect-src": connects})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        policy = (await client.get("/")).headers["content-security-policy"].split("; ")
    assert [part for part in policy if part.startswith("connect-src")] == ([said] if said else [])
    assert "default-src 'self'" in policy
