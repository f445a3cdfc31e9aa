"""The HTTP API of calls as files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from cti.access import RecordReviewer
from cti.audit import say
from cti.sight import NOT_SHOWN, Sight, sight_of
from recordings.asked import Wanted, Ways, as_it_is
from recordings.records.export import TYPES, Format, export
from recordings.store import Store

log = structlog.get_logger(__name__)

_TOLD = frozenset({"agent", "queue", "start", "end", "outcome", "direction", "disposition", "node"})
"""The parameters whose values go into the audit log; of the others, which may be a customer's, the names do."""


class Export(Wanted):
    """The calls, and whether their numbers are to be ``whole``."""

    whole: bool = Field(False, description="Numbers as they are.")


def routes(store: Store, ways: Ways = as_it_is) -> APIRouter:
    """``ways`` as in ``Wanted.filters``."""
    router = APIRouter(prefix="/api", tags=["records"])

    @router.get("/records.{format}", response_class=StreamingResponse)
    async def exported(
        format: Format, request: Request, who: RecordReviewer, wanted: Annotated[Export, Query()]
    ) -> StreamingResponse:
        """All calls that are over and wanted, the newest first: CSV for spreadsheets, JSON a line (with
        segments), or Parquet. Numbers are hidden, as in lists, unless ``whole`` is asked for. 403 where who asks
        may not have them shown."""
        sight = sight_of(who, request)
        if wanted.whole and not sight.reaches(Sight.ASKED):
            raise HTTPException(403, NOT_SHOWN)
        whole = wanted.whole or sight is Sight.ALWAYS
        given = wanted.model_dump(exclude_none=True, exclude={"whole"})
        facts: dict[str, str | int] = {name: str(value) for name, value in given.items() if name in _TOLD}
        if others := ", ".join(sorted(given.keys() - _TOLD)):
            facts["filters"] = others
        say(request.scope, format=format.value, records=0, numbers="whole" if whole else "hidden", **facts)

        async def pieces() -> AsyncIterator[bytes]:
            def counted(count: int) -> None:
                say(request.scope, records=count)

            async for piece in export(store, wanted.filters(ways), format, counted, whole=whole):
                yield piece
            log.info("records exported", who=who.name, format=format.value)

        named = {"Content-Disposition": f'attachment; filename="records.{format}"'}
        return StreamingResponse(pieces(), media_type=TYPES[format], headers=named)

    return router
