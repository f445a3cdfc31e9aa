"""Pictures of the flows over HTTP, for supervisors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from cti.access import Supervisor
from cti.problems import errors
from ivr.graph import Usage, svg
from ivr.tree import Flows

Count = Callable[[int], Awaitable[Usage]]
"""The calls of the last days on each way."""


def routes(flows: Callable[[], Flows], count: Count) -> APIRouter:
    """The routes. ``flows`` are those that new calls get."""
    router = APIRouter(prefix="/api", tags=["menus"], responses=errors(404))

    @router.get("/flows")
    async def all_flows(who: Supervisor) -> dict[str, str]:
        """The version of each flow that new calls get."""
        return {name: flow.version for name, flow in flows().items()}

    @router.get("/flows/{name}.svg", response_class=Response)
    async def picture(name: str, who: Supervisor, days: Annotated[int | None, Query(ge=1, le=31)] = None) -> Response:
        """A flow as a picture; with ``days``, the calls of the last days on each way."""
        flow = flows().get(name)
        if flow is None:
            raise HTTPException(404, "there is no flow called that")
        usage = None if days is None else await count(days)
        return Response(svg(flow, usage), media_type="image/svg+xml")

    return router
