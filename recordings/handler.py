"""The part of the loop that remembers: every event is written down, every recording expected and measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from cti.calls.call import Call, apply
from cti.calls.events import CallEvent, Event
from cti.calls.part import Output
from cti.calls.words import CallId
from recordings.files import Files
from recordings.ledger.expecting import Expected, Expecting, Over
from recordings.ledger.ledger import Entry, What
from recordings.ledger.measuring import Measured, Measurer
from recordings.records.record import Recording
from recordings.store import Store
from recordings.words import NO_RECORDING, RecordingState
from recordings.writer import Writer

log = structlog.get_logger(__name__)

QUIET = (RecordingState.WHOLE, *NO_RECORDING)


class RecordsPart:
    """A Part that only listens. ``start`` before the first event, ``stop`` after the last.

    ``spool`` is a folder for what is not in the database yet; ``written`` is called when more of it is, and
    ``found`` with each recording that was measured.
    """

    def __init__(
        self,
        store: Store,
        files: Files,
        spool: Path,
        written: Callable[[], None] = lambda: None,
        found: Callable[[Recording], None] = lambda _: None,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._writer = Writer(store, spool, written=written)
        self._found = found
        self._full = full
        self._expecting = Expecting()
        self._measurer = Measurer(files, self._measured)

    @property
    def pending(self) -> int:
        """Rows not in the database yet."""
        return self._writer.pending

    async def start(self) -> None:
        """Begins to write, and takes up what an earlier run left: recordings that are not measured, and those
        that its last events let expect."""
        self._writer.start()
        left = {recording.stem: recording for recording in await self._store.expected()}
        history = await self._store.unfinished()
        live = {event.call for event in history}
        history += await self._store.happened({one.call for one in left.values()} - live)
        done, calls = await self._store.measured(live), dict[CallId, Call]()
        for event in history:
            call = calls[event.call] = apply(calls.get(event.call), event)
            for told in self._expecting.follow(event, call):
                stem = told.recording.stem
                if isinstance(told, Expected) and stem not in left and stem not in done:
                    self._expect(told.recording)
                elif isinstance(told, Over) and stem not in done:
                    self._measurer.soon(told.recording, told.paused_s, asked_for=told.asked_for)
                left.pop(stem, None)
        for recording in left.values():  # of which the journal knows nothing
            self._measurer.soon(recording)

    async def stop(self, grace_s: float = 10.0) -> None:
        """Finishes what takes less than ``grace_s`` seconds; other recordings stay expected."""
        await self._measurer.stop(grace_s)
        await self._writer.stop(grace_s)

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        self._writer.put(event)
        if call is not None and isinstance(event, CallEvent):
            for told in self._expecting.follow(event, call):
                if isinstance(told, Expected):
                    self._expect(told.recording)
                else:
                    self._measurer.soon(told.recording, told.paused_s, asked_for=told.asked_for)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def _expect(self, recording: Recording) -> None:
        """Durable before anything else is done: see ``spool.py``."""
        self._writer.put(recording)
        who = {"box": recording.box} if recording.taped else {"agent": recording.agent}
        detail = {**who, "expects": self._measurer.names(recording)}
        self._writer.put(Entry(recording.started_at, What.EXPECTED, recording.stem, recording.call, detail))

    def _measured(self, found: Measured) -> None:
        recording = found.recording
        detail: dict[str, Any] = {
            "state": recording.state.value,
            "length_s": recording.length_s,
            "talk_s": recording.talk_s,
            "silent": recording.silent,
            "files": dict(found.files),
        }
        if recording.state is RecordingState.MISSING and self._full():
            detail["why"] = "disk"
        self._writer.put(recording)
        self._writer.put(Entry(time.time(), What.MEASURED, recording.stem, recording.call, detail))
        say = log.info if recording.state in QUIET else log.warning
        say(
            "recording",
            call=recording.call,
            stem=recording.stem,
            state=recording.state,
            length_s=recording.length_s,
            talk_s=recording.talk_s,
            silent=recording.silent,
        )
        self._found(recording)
