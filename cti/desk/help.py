"""Calling a supervisor in over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException

from cti.access import CallController
from cti.calls.part import Ask, Output
from cti.calls.talk_events import HelpAsked, HelpDropped
from cti.desk.api import Asked, Calls
from cti.desk.talks import talk_of
from cti.problems import errors


def routes(ask: Ask, calls: Calls) -> APIRouter:
    """The routes, for the agent who talks on the call and for supervisors; 404 for others."""
    router = APIRouter(prefix="/api/calls", tags=["call control"], responses=errors(404, 409))

    @router.post("/{id}/help", status_code=202)
    async def call_for_help(id: str, who: CallController) -> Asked:
        """Supervisors see that they are wanted on this talk, until one of them comes in, or it is over. 409
        where they see it already."""

        async def work(now: float) -> Sequence[Output]:
            call, _ = talk_of(calls, id, who)
            if call.help_since is not None:
                raise HTTPException(409, "a supervisor has been called already")
            return [HelpAsked(at=now, call=call.id, by=who.name)]

        await ask(work)
        return Asked(asked=id)

    @router.delete("/{id}/help", status_code=202)
    async def no_help(id: str, who: CallController) -> Asked:
        """No supervisor is needed any more. 409 where none was called."""

        async def work(now: float) -> Sequence[Output]:
            call, _ = talk_of(calls, id, who)
            if call.help_since is None:
                raise HTTPException(409, "no supervisor has been called")
            return [HelpDropped(at=now, call=call.id, by=who.name)]

        await ask(work)
        return Asked(asked=id)

    return router
