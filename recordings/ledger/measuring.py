"""Measures recordings once Asterisk has closed their files.

It does not say when; the files' headers do. All that are due are looked at together, in one thread:
waking a thread for each costs more than the look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from recordings.audio import closed
from recordings.files import Files, NotARecording
from recordings.ledger.sides import Found, Side, judge, look
from recordings.records.record import Recording
from recordings.words import RecordingState

log = structlog.get_logger(__name__)

CLOSE_S = 3.0
"""How long after a talk Asterisk may take to close its files."""
LOOK_S = 0.2
"""From a talk's end to the first look. Each pause after it is twice as long."""


@dataclass(slots=True)
class _Due:
    """A recording whose files may be open still. Times are the loop's."""

    recording: Recording
    paused_s: float
    asked_for: bool
    pause_s: float
    at: float
    last_at: float
    written: Mapping[str, Path] = field(default_factory=dict)
    """What Asterisk writes: the caller's side and the agent's, or that of a caller alone."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A recording as it was found, and the SHA-256 of its files by their names in the folder."""

    recording: Recording
    files: Mapping[str, str]


class Measurer:
    """``done`` is given each recording as measured. What fails otherwise than by what the files are
    like stays expected, and is measured at the next start."""

    def __init__(self, files: Files, done: Callable[[Measured], None]) -> None:
        self._files = files
        self._done = done
        self._waiting: list[_Due] = []
        self._task: asyncio.Task[None] | None = None

    def soon(self, recording: Recording, paused_s: float = 0.0, *, asked_for: bool = True) -> None:
        """Measures the recording as soon as its files are closed, or CLOSE_S are over; what was not
        ``asked_for`` is deleted then. ``paused_s`` as in ``judge``."""
        now = asyncio.get_running_loop().time()
        self._waiting.append(_Due(recording, paused_s, asked_for, LOOK_S, now + LOOK_S, now + CLOSE_S))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="measure recordings", context=Context())

    def names(self, recording: Recording) -> list[str]:
        """The files that there may be of it, as the ledger calls them."""
        try:
            paths = {*written(self._files, recording).values(), self._files.stereo(recording.stem)}
            return sorted(map(self._files.name, paths))
        except ValueError:  # it is refused as soon as it is measured
            return []

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
                if isinstance(found, Measured):
                    self._done(found)

    def _look(self, due: _Due, now: float) -> Measured | Exception | None:
        """The recording as measured, or what went wrong; None while its files are open. Blocks."""
        recording = due.recording
        try:
            if not due.written:
                due.written = written(self._files, recording)
            if now < due.last_at and not all(map(closed, due.written.values())):
                return None
            if not due.asked_for:
                return _deleted(recording, due.written.values())
            return measured(self._files, recording, due.paused_s)
        except NotARecording as error:
            log.error("recording refused", call=recording.call, error=str(error))
            return Measured(as_found(recording, Found(RecordingState.MISSING), None), {})
        except Exception as error:
            log.error("recording not measured", call=recording.call, stem=recording.stem, error=repr(error))
            return error


def written(files: Files, recording: Recording) -> dict[str, Path]:
    """The files that Asterisk writes of a recording. Raises NotARecording."""
    stem = recording.stem
    return {"tape": files.tape(stem)} if recording.taped else {"caller": files.caller(stem), "agent": files.agent(stem)}


def measured(files: Files, recording: Recording, paused_s: float = 0.0) -> Measured:
    """Looks at the files of a recording. Blocks. Raises NotARecording."""
    paths = written(files, recording)
    sides = {name: _seen(path) for name, path in paths.items()}
    found = judge(sides, recording.talk_s, paused_s)
    heard = files.name(files.stereo(recording.stem)) if found.length_s > 0 else None
    hashes = {files.name(paths[side]): one.sha256 for side, one in sides.items() if one.sha256}
    return Measured(as_found(recording, found, heard), hashes)


def _deleted(recording: Recording, paths: Iterable[Path]) -> Measured:
    """A recording that nobody asked for, without its files. Blocks. Raises OSError."""
    for path in paths:
        path.unlink(missing_ok=True)
    return Measured(as_found(recording, Found(RecordingState.NOT_ASKED_FOR), None), {})


def as_found(recording: Recording, found: Found, file: str | None) -> Recording:
    """The recording with what was found of it; ``file`` is what can be heard."""
    return replace(recording, state=found.state, length_s=found.length_s, silent=found.silent, file=file)


def _seen(path: Path) -> Side:
    """What a file is like; one that is there and cannot be read holds nothing for us."""
    try:
        return look(path)
    except OSError as error:
        log.error("a recording's file cannot be read", file=path.name, error=error.strerror)
        return Side(there=True)
