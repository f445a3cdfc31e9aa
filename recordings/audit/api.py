"""The audit log over HTTP, for auditors and administrators. Times are Unix seconds, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cti.access import Auditor
from cti.audit import Entry, Result
from recordings.asked import LONGEST_PAGE, Moment, Text
from recordings.audit.log import AuditLog, Wanted


@dataclass(frozen=True, slots=True)
class Line:
    """An entry. ``seq`` is its place."""

    seq: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first. ``next`` is the ``cursor`` of the next page, null on the last."""

    entries: list[Line]
    next: int | None


class Search(BaseModel):
    """Which entries are wanted. ``from`` <= at < ``to``: Unix seconds, or ISO 8601."""

    model_config = ConfigDict(extra="forbid")

    who: Text | None = None
    what: Text | None = None
    object: Annotated[str, Field(max_length=256)] | None = None
    result: Result | None = None
    start: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to")
    limit: int = Field(50, ge=1, le=LONGEST_PAGE)
    cursor: int | None = Field(None, ge=1, le=2**53)

    def wanted(self) -> Wanted:
        return Wanted(**self.model_dump(exclude={"limit", "cursor"}))


def routes(log: AuditLog) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api", tags=["audit"])

    @router.get("/audit")
    async def entries(_: Auditor, search: Annotated[Search, Query()]) -> Page:
        """What was done and tried, by whom, to what, from where, and what came of it."""
        found = await log.search(search.wanted(), search.limit + 1, search.cursor)
        page = found[: search.limit]
        return Page([Line(seq, entry) for seq, entry in page], page[-1][0] if len(found) > search.limit else None)

    return router
