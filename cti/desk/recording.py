"""Pausing the recording of a talk over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter, HTTPException

from cti.access import CallController, Person
from cti.calls.call import Call
from cti.calls.commands import ResumeRecording
from cti.calls.part import Ask, Output
from cti.calls.parties import OpenOffer
from cti.calls.talk_events import PauseAsked
from cti.calls.words import RecordingPause
from cti.desk.api import Asked, Calls
from cti.desk.talks import talk_of
from cti.problems import errors


def routes(ask: Ask, calls: Calls) -> APIRouter:
    """The routes, for the agent who talks on the call and for supervisors; 404 for others. Of a talk of
    several agents, every recording is meant."""
    router = APIRouter(prefix="/api/calls", tags=["call control"], responses=errors(404, 409))

    async def do(id: str, who: Person, act: Callable[[Call, OpenOffer, float], Output | None], else_: str) -> Asked:
        async def work(now: float) -> Sequence[Output]:
            call, _ = talk_of(calls, id, who)
            recorded = [open for open in call.offers if open.connected and open.recording is not None]
            if not recorded:
                raise HTTPException(409, "this talk is not recorded")
            out = [done for open in recorded if (done := act(call, open, now)) is not None]
            if not out:
                raise HTTPException(409, else_)
            return out

        await ask(work)
        return Asked(asked=id)

    @router.post("/{id}/recording/pause", status_code=202)
    async def pause(id: str, who: CallController) -> Asked:
        """What is said from now on is not recorded. It is so when the call says ``recording: paused``; where
        Asterisk cannot do it, it ends the recording (``stopped``). 409 where there is nothing to pause."""

        def act(call: Call, open: OpenOffer, now: float) -> Output | None:
            waits = open.pause in (None, RecordingPause.ASKED)
            return PauseAsked(at=now, call=call.id, offer=open.offer, by=who.name) if waits else None

        return await do(id, who, act, "the recording is paused already, or has been stopped")

    @router.post("/{id}/recording/resume", status_code=202)
    async def resume(id: str, who: CallController) -> Asked:
        """The talk is recorded again, or from now on where that was to be asked for. 409 where its recording is
        not paused."""

        def act(call: Call, open: OpenOffer, now: float) -> Output | None:
            paused = open.pause is RecordingPause.PAUSED
            return ResumeRecording(call=call.id, offer=open.offer) if paused else None

        return await do(id, who, act, "the recording is not paused")

    return router
