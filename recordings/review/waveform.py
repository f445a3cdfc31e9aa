"""The HTTP API of what the pipeline found of a recording: its waveform and its figures."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from cti.access import RecordListener
from cti.problems import errors
from recordings.api import ShareId
from recordings.reach import hears
from recordings.store import Store
from recordings.tables import waveforms


@dataclass(frozen=True, slots=True)
class Waveform:
    """A point each ``step_s`` seconds and direction, 0 to 255; ``agent`` is empty where a caller was recorded
    alone. Seconds in which each speaks, nobody does, and both do; the shares are of ``length_s``."""

    step_s: float
    caller: list[int]
    agent: list[int]
    length_s: float
    caller_s: float
    agent_s: float
    silence_s: float
    talk_over_s: float
    silence_share: float
    talk_over_share: float


def routes(store: Store) -> APIRouter:
    """The route. It must come before that of the sound, whose path is longer than its own."""
    router = APIRouter(prefix="/api", tags=["records"], responses=errors(404))

    @router.get("/recordings/{stem:path}/peaks")
    async def peaks(stem: str, who: RecordListener, share: ShareId = None) -> Waveform:
        """The waveform of a recording, and who spoke how long. 404 until the pipeline has been at it.
        By a link, ``share`` is its id."""
        recording = await store.recording(stem)
        if recording is None or not await hears(store, who, recording, share):
            raise HTTPException(404, "no such recording, or not one of yours")
        async with store.connect() as connection:
            row = (await connection.execute(select(waveforms).where(waveforms.c.stem == stem))).one_or_none()
        if row is None:
            raise HTTPException(404, "there is no waveform of this recording yet")
        length_s, silence_s, talk_over_s = (
            seconds or 0.0 for seconds in (recording.length_s, recording.silence_s, recording.talk_over_s)
        )
        return Waveform(
            step_s=row.step_s,
            caller=list(row.caller),
            agent=list(row.agent),
            length_s=length_s,
            caller_s=recording.caller_s or 0.0,
            agent_s=recording.agent_s or 0.0,
            silence_s=silence_s,
            talk_over_s=talk_over_s,
            silence_share=round(silence_s / length_s, 4) if length_s else 0.0,
            talk_over_share=round(talk_over_s / length_s, 4) if length_s else 0.0,
        )

    return router
