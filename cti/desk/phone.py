"""What a page needs to be a telephone: where to register, as whom, and the password."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cti.access import AnyAgent


class BrowserPhone(BaseModel):
    """A SIP account over WebSocket (RFC 7118). ``url`` is Asterisk's WebSocket, wss:// or ws://."""

    url: str
    user: str
    password: str = Field(repr=False)


def routes(phones: Mapping[str, BrowserPhone]) -> APIRouter:
    """The API of the browsers' phones. ``phones`` are by the name of whose they are."""
    router = APIRouter(prefix="/api", tags=["phone"])

    @router.get("/phone")
    async def phone(who: AnyAgent) -> BrowserPhone | None:
        """Your own phone in the browser, with its password; null where people.yaml gives you none. Nobody
        is given another's."""
        return phones.get(who.name)

    return router
