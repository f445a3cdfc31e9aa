"""Measures recordings once Asterisk has closed their files.

It does not say when; the files' headers do. All that are due are looked at together, in one thread:
waking a thread for each costs more than the look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from recordings.audio import Measured, closed, join, measure
from recordings.files import Files, NotARecording
from recordings.record import Recording, RecordingState

log = structlog.get_logger(__name__)

CLOSE_S = 3.0
"""How long after a talk Asterisk may take to close its files."""
LOOK_S = 0.2
"""From a talk's end to the first look. Each pause after it is twice as long."""


@dataclass(slots=True)
class _Due:
    """A recording whose files may be open still. Times are the loop's."""

    recording: Recording
    pause_s: float
    at: float
    last_at: float
    written: tuple[Path, ...] = ()
    """What Asterisk writes: the caller's side and the agent's, or that of a caller alone."""


class Measurer:
    """``done`` is given each recording as measured. What fails otherwise than by what the files are
    like stays expected, and is measured at the next start."""

    def __init__(self, files: Files, done: Callable[[Recording], None]) -> None:
        self._files = files
        self._done = done
        self._waiting: list[_Due] = []
        self._task: asyncio.Task[None] | None = None

    def soon(self, recording: Recording) -> None:
        """Measures the recording as soon as its files are closed, or CLOSE_S are over."""
        now = asyncio.get_running_loop().time()
        self._waiting.append(_Due(recording, LOOK_S, now + LOOK_S, now + CLOSE_S))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="measure recordings")

    async def stop(self, grace_s: float) -> None:
        """Finishes what takes less than ``grace_s`` seconds."""
        if self._task is not None and not self._task.done():
            await asyncio.wait((self._task,), timeout=grace_s)
            self._task.cancel()

    async def _work(self) -> None:
        now = asyncio.get_running_loop().time
        while self._waiting:
            await asyncio.sleep(max(LOOK_S, min(one.at for one in self._waiting) - now()))
            at = now()
            due = [one for one in self._waiting if one.at <= at]
            looked_at = await asyncio.to_thread(lambda due, at: [self._look(one, at) for one in due], due, at)
            for one, found in zip(due, looked_at, strict=True):
                if found is None:
                    one.pause_s *= 2
                    one.at = min(at + one.pause_s, one.last_at)
                    continue
                self._waiting.remove(one)
                if isinstance(found, Recording):
                    self._done(found)

    def _look(self, due: _Due, now: float) -> Recording | Exception | None:
        """The recording as measured, or what went wrong; None while its files are open. Blocks."""
        recording = due.recording
        try:
            found = self._measure(due, wait=now < due.last_at)
        except NotARecording as error:
            log.error("recording refused", call=recording.call, error=str(error))
            found = Measured(RecordingState.MISSING, 0.0)
        except Exception as error:
            log.error("recording not measured", stem=recording.stem, error=repr(error))
            return error
        return None if found is None else judge(recording, found)

    def _measure(self, due: _Due, *, wait: bool) -> Measured | None:
        stem = due.recording.stem
        if not due.written:
            sides = (self._files.caller(stem), self._files.agent(stem))
            due.written = (self._files.tape(stem),) if due.recording.taped else sides
        if wait and not all(map(closed, due.written)):
            return None
        match due.written:
            case (caller, agent):
                return join(caller, agent, self._files.stereo(stem))
            case (tape,):
                return measure(tape)
        return None


def judge(recording: Recording, found: Measured) -> Recording:
    """The recording as measured: short, too, where over a second (2 % of a long talk) lacks."""
    state = found.state
    if state is RecordingState.WHOLE and recording.talk_s is not None:
        lacking = recording.talk_s - found.length_s
        if lacking > max(1.0, 0.02 * recording.talk_s):
            state = RecordingState.SHORT
    heard = state in (RecordingState.WHOLE, RecordingState.SHORT)
    return replace(recording, state=state, length_s=found.length_s, file=f"{recording.stem}.wav" if heard else None)
