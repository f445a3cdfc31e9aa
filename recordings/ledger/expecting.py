"""Which recordings the events of calls let expect, and how many seconds of sound each must have. Pure.

A restarted server tells it again what happened, so that nothing depends on what was in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cti.calls.call import Call
from cti.calls.events import CallEvent, Ended, Taped, TapeStarted
from cti.calls.parties import OpenOffer
from cti.calls.talk_events import RecordingStopped
from cti.calls.words import CallId, Place, RecordingPause
from recordings.records.record import Recording


@dataclass(frozen=True, slots=True)
class Expected:
    """From now on there may be files of this recording."""

    recording: Recording


@dataclass(frozen=True, slots=True)
class Over:
    """No more is recorded. ``talk_s`` of the recording is how long it was to be: 0 where no talk came of it,
    None where that is not known. For ``paused_s`` of it there is silence in place of both voices. What is not
    ``asked_for`` is silence alone, and not kept."""

    recording: Recording
    paused_s: float = 0.0
    asked_for: bool = True


@dataclass(slots=True)
class _Leg:
    """One file's worth: what an agent's leg, or that of a party beside him, hears and says."""

    recording: Recording
    began: bool = False
    since: float | None = None
    """Since when sound is recorded that must be there."""
    recorded_s: float = 0.0
    paused: bool = False
    paused_s: float = 0.0
    asked_for: bool = True

    def records(self, at: float, *, on: bool, paused: bool = False) -> None:
        if on and not self.began:
            self.began = True
            self.recording = replace(self.recording, started_at=at)
        if self.since is not None:
            self.recorded_s += max(0.0, at - self.since)
            self.paused_s += max(0.0, at - self.since) if self.paused else 0.0
        self.since, self.paused = at if on else None, paused

    def over(self, at: float) -> Over:
        self.records(at, on=False)
        return Over(replace(self.recording, talk_s=self.recorded_s), self.paused_s, self.asked_for)


class Expecting:
    """Follows all calls."""

    def __init__(self) -> None:
        self._legs: dict[CallId, dict[str, _Leg]] = {}
        self._done: dict[CallId, set[str]] = {}
        self._tapes: dict[CallId, list[Recording]] = {}
        """What callers say without an agent. With an earlier engine's tape there are two: it goes on
        until it is over, and only then does Asterisk begin the next."""

    def follow(self, event: CallEvent, call: Call) -> Iterator[Expected | Over]:
        """What an event means for recordings; ``call`` is as it is after it."""
        yield from self._follow_legs(event, call)
        match event:
            case TapeStarted():
                taped = Recording(
                    stem=event.recording, call=event.call, agent="", started_at=event.at, box=event.box, taped=True
                )
                self._tapes.setdefault(event.call, []).append(taped)
                yield Expected(taped)
            case Taped() | Ended():
                yield from map(Over, self._tapes.pop(event.call, ()))

    def _follow_legs(self, event: CallEvent, call: Call) -> Iterator[Expected | Over]:
        beside = [party.open for party in call.parties] if call.live else []
        picked_up = [leg for leg in (*call.offers, *beside) if leg.accepted]
        legs = self._legs.get(call.id)
        if legs is None and not (picked_up and call.live):
            return
        legs = self._legs.setdefault(call.id, {})
        done = self._done.setdefault(call.id, set())
        for leg in picked_up:
            # Before the two are joined, though not before both are there.
            if leg.recording is not None and leg.recording not in legs.keys() | done and _there(call):
                expected = Recording(stem=leg.recording, call=call.id, agent=leg.agent, started_at=event.at)
                legs[leg.recording] = _Leg(expected)
                yield Expected(expected)
        now = _recorded(call, beside)
        stopped = event.recording if isinstance(event, RecordingStopped) else None
        paused = {leg.recording for leg in picked_up if leg.pause is RecordingPause.PAUSED}
        asked_for = {leg.recording: not leg.on_demand for leg in picked_up}
        for stem, one in list(legs.items()):
            one.asked_for = asked_for.get(stem, one.asked_for)
            one.records(event.at, on=now.get(stem, False), paused=stem in paused)
            if stem == stopped or (one.began and stem not in now) or not call.live:
                done.add(stem)
                yield legs.pop(stem).over(event.at)
        if not call.live:
            del self._legs[call.id], self._done[call.id]


def _there(call: Call) -> bool:
    """Whether the caller is on the line: one who is being called is not yet."""
    return bool(call.channel) or call.place is Place.TALK


def _recorded(call: Call, beside: Sequence[OpenOffer]) -> dict[str, bool]:
    """The stems of the talks that are going on, and of each whether its sound must be in its file: an agent's
    leg is not heard by the caller while we hold him."""
    found = {party.recording: True for party in beside if party.connected and party.recording is not None}
    talk = call.offer
    if call.place is Place.TALK and talk is not None and talk.accepted and talk.recording is not None:
        found[talk.recording] = call.parked is None
    return found
