"""The part of the loop that remembers: every event is written down, every recording measured."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from cti.calls.call import Call
from cti.calls.events import CallEvent, CallId, Ended, Event, Place, RecordingStopped, Taped, TapeStarted
from cti.calls.part import Output
from recordings.audio import Measured, closed, join, measure
from recordings.files import Files, NotARecording
from recordings.record import Recording, RecordingState, fold
from recordings.store import Store
from recordings.writer import Writer

log = structlog.get_logger(__name__)

CLOSE_S = 3.0
"""How long after a talk Asterisk may take to close its files."""
POLL_S = 0.05


@dataclass(slots=True)
class _Talk:
    recording: Recording
    stopped: bool = False


class RecordsPart:
    """A Part that only listens. ``start`` before the first event, ``stop`` after the last.

    ``spool`` is a folder for what is not in the database yet.
    """

    def __init__(self, store: Store, files: Files, spool: Path) -> None:
        self._store = store
        self._files = files
        self._writer = Writer(store, spool)
        self._talks: dict[CallId, _Talk] = {}
        self._tapes: dict[CallId, list[Recording]] = {}
        """What callers say without an agent. With an earlier engine's tape there are two: it goes on
        until it is over, and only then does Asterisk begin the next."""
        self._measuring: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    @property
    def pending(self) -> int:
        """Rows not in the database yet."""
        return self._writer.pending

    async def start(self) -> None:
        """Begins to write, and takes up the recordings an earlier run left unmeasured."""
        self._writer.start()
        lengths = _lengths(await self._store.unfinished())
        for recording in await self._store.expected(of_open_calls=True):
            if recording.taped:
                self._tapes.setdefault(recording.call, []).append(recording)
            elif recording.stem in lengths:
                self._measure_soon(replace(recording, talk_s=lengths[recording.stem]))
            else:
                self._talks[recording.call] = _Talk(recording)
        for recording in await self._store.expected(of_open_calls=False):
            self._measure_soon(recording)

    async def stop(self, grace_s: float = 10.0) -> None:
        """Finishes what takes less than ``grace_s`` seconds; other recordings stay expected."""
        if self._measuring:
            _, late = await asyncio.wait(self._measuring, timeout=grace_s)
            for task in late:
                task.cancel()
        await self._writer.stop(grace_s)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        self._writer.put(event)
        if call is not None:
            self._follow(event, call)
        match event:
            case TapeStarted():
                taped = Recording(
                    stem=event.recording, call=event.call, agent="", started_at=event.at, box=event.box, taped=True
                )
                self._tapes.setdefault(event.call, []).append(taped)
                self._writer.put(taped)
            case Taped() | Ended():
                for taped in self._tapes.pop(event.call, ()):
                    self._measure_soon(taped)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def _follow(self, event: Event, call: Call) -> None:
        """Sees recorded talks begin and end."""
        talk, stem = self._talks.get(call.id), _recorded(call)
        if talk is not None and talk.recording.stem != stem:
            del self._talks[call.id]
            self._over(talk, event.at)
            talk = None
        if talk is None and stem is not None and call.offer is not None:
            recording = Recording(stem=stem, call=call.id, agent=call.offer.agent, started_at=event.at)
            self._talks[call.id] = _Talk(recording)
            self._writer.put(recording)
        elif talk is not None and isinstance(event, RecordingStopped) and event.recording == stem:
            self._over(talk, event.at)

    def _over(self, talk: _Talk, at: float) -> None:
        if not talk.stopped:
            talk.stopped = True
            self._measure_soon(replace(talk.recording, talk_s=max(0.0, at - talk.recording.started_at)))

    def _measure_soon(self, recording: Recording) -> None:
        task = asyncio.create_task(self._measure(recording), name=f"measure {recording.stem}")
        self._measuring.add(task)
        task.add_done_callback(self._measuring.discard)

    async def _measure(self, recording: Recording) -> None:
        try:
            found = await (self._find_tape if recording.taped else self._find)(recording.stem)
        except NotARecording as error:
            log.error("recording refused", call=recording.call, error=str(error))
            found = Measured(RecordingState.MISSING, 0.0)
        except Exception as error:
            # It stays expected, and is tried again at the next start.
            log.error("recording not measured", stem=recording.stem, error=repr(error))
            return
        result = judge(recording, found)
        self._writer.put(result)
        say = log.info if result.state is RecordingState.WHOLE else log.warning
        say("recording", stem=result.stem, state=result.state, length_s=result.length_s, talk_s=result.talk_s)

    async def _find(self, stem: str) -> Measured:
        caller, agent, stereo = self._files.caller(stem), self._files.agent(stem), self._files.stereo(stem)
        await _closed(caller, agent)
        async with self._one_at_a_time:
            return await asyncio.to_thread(join, caller, agent, stereo)

    async def _find_tape(self, stem: str) -> Measured:
        path = self._files.tape(stem)
        await _closed(path)
        async with self._one_at_a_time:
            return await asyncio.to_thread(measure, path)


async def _closed(*paths: Path) -> None:
    """Waits for Asterisk to close the files, CLOSE_S at most. It does not tell; their headers do."""
    for _ in range(round(CLOSE_S / POLL_S)):
        if await asyncio.to_thread(lambda: all(map(closed, paths))):
            return
        await asyncio.sleep(POLL_S)


def judge(recording: Recording, found: Measured) -> Recording:
    """The recording as measured: short, too, where over a second (2 % of a long talk) lacks."""
    state = found.state
    if state is RecordingState.WHOLE and recording.talk_s is not None:
        lacking = recording.talk_s - found.length_s
        if lacking > max(1.0, 0.02 * recording.talk_s):
            state = RecordingState.SHORT
    heard = state in (RecordingState.WHOLE, RecordingState.SHORT)
    return replace(recording, state=state, length_s=found.length_s, file=f"{recording.stem}.wav" if heard else None)


def _lengths(events: Iterable[CallEvent]) -> dict[str, float]:
    """The lengths, by stem, of the recorded talks that are over, in seconds."""
    of_call: dict[CallId, list[CallEvent]] = defaultdict(list)
    for event in events:
        of_call[event.call].append(event)
    talks = (s for happened in of_call.values() for s in fold(happened)[1])
    return {s.recording: s.ended_at - s.started_at for s in talks if s.recording and s.ended_at is not None}


def _recorded(call: Call) -> str | None:
    """The stem under which the talk that is going on is recorded."""
    if call.place is not Place.TALK or call.offer is None or not call.offer.accepted:
        return None
    return call.offer.recording
