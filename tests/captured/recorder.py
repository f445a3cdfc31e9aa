"""Listens to a running engine: what Asterisk says to it, what it wants and what it decides."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from cti.actions.executor import Executor
from cti.calls import codec
from cti.calls.call import Call
from cti.calls.commands import Command
from cti.calls.events import CallEvent, Event
from cti.calls.part import Output
from cti.calls.tracker import Message, Tracker
from tests.captured.story import Line, Story, written

_TIMES = ("_at", "at", "since")


class Read(Mapping[str, str]):
    """An AMI event that knows what of it was read."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self.read: dict[str, str | None] = {}

    def __getitem__(self, key: str) -> str:
        self.read[key] = self._message.get(key)
        return self._message[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._message)

    def __len__(self) -> int:
        return len(self._message)


class Recorder:
    """A part that looks on, and is told besides what the tracker is fed and what the executor carries out."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._now = 0.0
        self._seen: list[CallEvent] = []
        self._tracker: Tracker | None = None

    def begin(self) -> None:
        """Forgets all calls before."""
        self._lines.clear()
        self._seen.clear()

    def story(self, asterisk: str, calls: Mapping[str, Mapping[str, Any]], folder: str) -> Story:
        """What came since; ``folder`` is the site's, which is no part of the story."""
        assert self._tracker is not None
        base = float(int(self._lines[0].at))
        kept = [
            Line(round(line.at - base, 3), line.kind, _without(line.data, folder, base))
            for line in self._lines
            if line.kind != "ami" or len(line.data) > 1
        ]
        told = {call: _without(of_call, folder, base) for call, of_call in calls.items()}
        return Story(asterisk, f"{self._tracker.asterisk} {self._tracker.epoch}", told, kept)

    # What is heard

    def fed(self, tracker: Tracker, message: Read, now: float, events: Sequence[CallEvent]) -> None:
        self._tracker, self._now = tracker, now
        self._lines.append(Line(now, "ami", message.read))
        self._seen += events

    def carried_out(self, command: Command) -> None:
        self._lines.append(Line(self._now, "command", written(command)))

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        self._now = now
        if isinstance(event, CallEvent) and not any(one is event for one in self._seen):
            data = {name: value for name, value in codec.encode(event).items() if name != "at"}
            self._lines.append(Line(event.at, "event", data))
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None


def _without(data: Mapping[str, Any], folder: str, base: float) -> dict[str, Any]:
    """With times since the beginning, and paths of a site anywhere."""
    plain: dict[str, Any] = json.loads(json.dumps(data).replace(folder, "/site"))
    return {name: _shifted(name, value, base) for name, value in plain.items()}


def _shifted(name: str, value: Any, base: float) -> Any:
    if isinstance(value, dict):
        return {key: _shifted(key, one, base) for key, one in value.items()}
    if isinstance(value, list):
        return [_shifted("", one, base) for one in value]
    if isinstance(value, float):
        return round(value - base if name.endswith(_TIMES) else value, 3)
    return value


@contextmanager
def recording() -> Iterator[Recorder]:
    """A recorder of the engine that is started within."""
    recorder = Recorder()
    feed, carry_out = Tracker.feed, Executor.carry_out

    def fed(tracker: Tracker, message: Message, now: float) -> Sequence[Output]:
        read = Read(message)
        outputs = feed(tracker, read, now)
        recorder.fed(tracker, read, now, [output for output in outputs if isinstance(output, CallEvent)])
        return outputs

    def carried_out(executor: Executor, command: Command, call: Call | None) -> None:
        recorder.carried_out(command)
        carry_out(executor, command, call)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tracker, "feed", fed)
        patch.setattr(Executor, "carry_out", carried_out)
        yield recorder
