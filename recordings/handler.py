"""The part of the loop that remembers: every event is written down, every recording measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from cti.calls.call import Call
from cti.calls.events import CallEvent, Ended, Event, Taped, TapeStarted
from cti.calls.part import Output
from cti.calls.talk_events import Held, RecordingStopped, Resumed
from cti.calls.words import CallId, Place
from recordings.files import Files
from recordings.measuring import Measurer
from recordings.record import NOT_RECORDED, Recording, RecordingState, Segment, SegmentKind, fold
from recordings.store import Store
from recordings.writer import Writer

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Talk:
    recording: Recording
    stopped: bool = False
    rests_since: float | None = None
    rested_s: float = 0.0

    def rest(self, at: float, *, rests: bool) -> None:
        """Whether the caller is on hold with us from now on: nothing is recorded then."""
        if self.rests_since is not None:
            self.rested_s += at - self.rests_since
        self.rests_since = at if rests else None


class RecordsPart:
    """A Part that only listens. ``start`` before the first event, ``stop`` after the last.

    ``spool`` is a folder for what is not in the database yet; ``written`` is called when more of it is.
    """

    def __init__(self, store: Store, files: Files, spool: Path, written: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._writer = Writer(store, spool, written=written)
        self._talks: dict[CallId, _Talk] = {}
        self._thirds: dict[CallId, Recording] = {}
        """Of third parties' legs: what is recorded of those who have not the caller himself (yet)."""
        self._tapes: dict[CallId, list[Recording]] = {}
        """What callers say without an agent. With an earlier engine's tape there are two: it goes on
        until it is over, and only then does Asterisk begin the next."""
        self._measurer = Measurer(files, self._measured)

    @property
    def pending(self) -> int:
        """Rows not in the database yet."""
        return self._writer.pending

    async def start(self) -> None:
        """Begins to write, and takes up the recordings an earlier run left unmeasured."""
        self._writer.start()
        lengths, rests = _lengths(await self._store.unfinished())
        for recording in await self._store.expected(of_open_calls=True):
            if recording.taped:
                self._tapes.setdefault(recording.call, []).append(recording)
            elif recording.stem in lengths:
                self._measurer.soon(replace(recording, talk_s=lengths[recording.stem]))
            else:
                talk = self._talks[recording.call] = _Talk(recording)
                for hold in rests.get(recording.stem, ()):
                    talk.rest(hold.started_at, rests=True)
                    if hold.ended_at is not None:
                        talk.rest(hold.ended_at, rests=False)
        for recording in await self._store.expected(of_open_calls=False):
            self._measurer.soon(recording)

    async def stop(self, grace_s: float = 10.0) -> None:
        """Finishes what takes less than ``grace_s`` seconds; other recordings stay expected."""
        await self._measurer.stop(grace_s)
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
                    self._measurer.soon(taped)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None

    def _follow(self, event: Event, call: Call) -> None:
        """Sees recorded talks begin and end."""
        if call.consult is not None or call.id in self._thirds:
            self._follow_third(event, call)
        talk, stem = self._talks.get(call.id), _recorded(call)
        if talk is not None and talk.recording.stem != stem:
            del self._talks[call.id]
            self._over(talk, event.at)
            talk = None
        if talk is None and stem is not None and call.offer is not None:
            recording = Recording(stem=stem, call=call.id, agent=call.offer.agent, started_at=event.at)
            talk = self._talks[call.id] = _Talk(recording)
            talk.rest(event.at, rests=call.parked is not None)  # a killed engine may not have written its own row
            self._writer.put(recording)
        elif talk is not None and isinstance(event, Held | Resumed):
            talk.rest(event.at, rests=call.parked is not None)
        elif talk is not None and isinstance(event, RecordingStopped) and event.recording == stem:
            self._over(talk, event.at)

    def _follow_third(self, event: Event, call: Call) -> None:
        """Sees a consultation begin and end. If the third took over, his leg's recording is that of his talk."""
        asked = call.consult.open if call.consult is not None and call.live else None
        if asked is None:
            known = self._thirds.pop(call.id, None)
            if known is not None and known.stem != _recorded(call):
                self._writer.put(known)
                self._measurer.soon(replace(known, talk_s=max(0.0, event.at - known.started_at)))
        elif asked.connected and asked.recording is not None and call.id not in self._thirds:
            self._thirds[call.id] = Recording(
                stem=asked.recording, call=call.id, agent=asked.agent, started_at=event.at
            )

    def _over(self, talk: _Talk, at: float) -> None:
        if not talk.stopped:
            talk.stopped = True
            talk.rest(at, rests=False)
            talk_s = max(0.0, at - talk.recording.started_at - talk.rested_s)
            self._measurer.soon(replace(talk.recording, talk_s=talk_s))

    def _measured(self, result: Recording) -> None:
        self._writer.put(result)
        say = log.info if result.state is RecordingState.WHOLE else log.warning
        say("recording", stem=result.stem, state=result.state, length_s=result.length_s, talk_s=result.talk_s)


def _lengths(events: Iterable[CallEvent]) -> tuple[dict[str, float], dict[str, list[Segment]]]:
    """By stem: the seconds recorded of the talks that are over, and the holds in which nothing is recorded."""
    of_call: dict[CallId, list[CallEvent]] = defaultdict(list)
    for event in events:
        of_call[event.call].append(event)
    lengths: dict[str, float] = {}
    rests: dict[str, list[Segment]] = defaultdict(list)
    for happened in of_call.values():
        stem = ""
        for segment in fold(happened)[1]:
            seconds = None if segment.ended_at is None else segment.ended_at - segment.started_at
            if segment.kind is SegmentKind.TALK:
                stem = segment.recording or ""
                if stem and seconds is not None:
                    lengths[stem] = seconds
            elif segment.detail == NOT_RECORDED and stem:
                rests[stem].append(segment)
                if stem in lengths and seconds is not None:
                    lengths[stem] -= seconds
    return lengths, rests


def _recorded(call: Call) -> str | None:
    """The stem under which the talk that is going on is recorded."""
    if call.place is not Place.TALK or call.offer is None or not call.offer.accepted:
        return None
    return call.offer.recording
