"""A captured call as a file: what Asterisk said, what the engine wanted and decided, and what was written of it.

Times are seconds since the call began. A file begins with a table of what happened, for people; then there is a
line of JSON each: what must come of it, and then all that came, in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cti.actions.executor import Executor
from cti.actions.sending import Fields
from cti.calls import codec, commands
from cti.calls.call import Call, apply
from cti.calls.commands import Command
from cti.calls.events import CallEvent, Ended
from cti.calls.tracker import Tracker
from cti.calls.words import CallId
from cti.outbound import Outbound
from cti.tolls import Limits, Tolls
from recordings.records.fold import fold

FOLDER = Path(__file__).parent
ANEW = "python -m tests.captured"
LEASE_S = 30
_LEFT_OUT = ("kind", "at", "call", "channel", "uniqueid")


@dataclass(frozen=True, slots=True)
class Line:
    """``kind``: an AMI event as far as it is read (``ami``; null is what was looked for and is not in it), a
    ``command``, or an ``event`` that the engine decided on."""

    at: float
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """``epoch`` as in Tracker; ``calls`` are each call's record and segments, as the API told them."""

    asterisk: str
    epoch: str
    calls: Mapping[str, Mapping[str, Any]]
    lines: Sequence[Line]

    def text(self) -> str:
        """The file."""
        table = "".join(f"#{line}\n" for line in table_of(played(self)))
        head = f"# As Asterisk {self.asterisk} told of it. Made by: {ANEW}\n#\n{table}"
        whole = [{"asterisk": self.asterisk, "epoch": self.epoch, "calls": self.calls}, *map(_listed, self.lines)]
        return head + "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in whole)


def _listed(line: Line) -> list[Any]:
    return [line.at, line.kind, line.data]


def load(path: Path) -> Story:
    first, *rest = (json.loads(line) for line in path.read_text().splitlines() if not line.startswith("#"))
    return Story(**first, lines=[Line(*line) for line in rest])


class NotCaptured(AssertionError):
    """The tracker reads what was not read, and so not kept, when the call was captured."""


class Kept(Mapping[str, str]):
    """An AMI event of a file."""

    def __init__(self, kept: Mapping[str, str | None]) -> None:
        self._kept = kept

    def __getitem__(self, key: str) -> str:
        if key not in self._kept:
            raise NotCaptured(f"{key} of {self._kept.get('Event')} is read now; capture the calls anew: {ANEW}")
        value = self._kept[key]
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        raise NotCaptured(f"all of an event is read now; capture the calls anew: {ANEW}")

    def __len__(self) -> int:
        return len(self._kept)


class Unheard:
    """Takes actions; what came of them is in the file."""

    def post(self, name: str, fields: Fields | None = None, **_: object) -> None:
        pass


def played(story: Story) -> list[CallEvent]:
    """The events that come of a file's lines, by the tracker and the executor of the engine. Raises NotCaptured."""
    tracker = Tracker(*story.epoch.split(" "))
    anybody = Outbound("outside", tuple(f"{digit}*" for digit in range(10)))
    executor = Executor(
        Unheard(),
        tracker,
        destinations={},
        lease_s=LEASE_S,
        emit=_nothing,
        recordings=Path("/site/recordings"),
        beep=Path("/site/beep"),
        outbound=anybody,
        callbacks=anybody,
        dials=anybody,
        tolls=Tolls(Limits()),
        clock=lambda: 0.0,
    )
    calls: dict[CallId, Call] = {}
    happened: list[CallEvent] = []
    for line in story.lines:
        match line.kind:
            case "ami":
                outputs = tracker.feed(Kept(line.data), line.at)
                events: list[Any] = [output for output in outputs if isinstance(output, CallEvent)]
            case "event":
                events = [codec.decode({"at": line.at, **line.data})]
            case _:
                command = _command(line.data)
                executor.carry_out(command, calls.get(command.call))
                continue
        for event in events:
            happened.append(event)
            calls[event.call] = apply(calls.get(event.call), event)
            if isinstance(event, Ended):
                del calls[event.call]
    return happened


def _nothing(make: object) -> None:
    raise NotCaptured(f"a command comes to something else now; capture the calls anew: {ANEW}")


def _command(data: Mapping[str, Any]) -> Command:
    kind: type[Command] = getattr(commands, data["kind"])
    return TypeAdapter(kind).validate_python({name: value for name, value in data.items() if name != "kind"})


def written(command: Command) -> dict[str, Any]:
    """A command as ``played`` reads it."""
    return {"kind": type(command).__name__, **asdict(command)}


def remains(happened: Sequence[CallEvent]) -> dict[str, dict[str, Any]]:
    """The record and the segments of each call, as the API tells them."""
    found = {}
    for call in dict.fromkeys(event.call for event in happened):
        record, segments = fold([event for event in happened if event.call == call])
        found[call] = {"record": asdict(record), "segments": [asdict(segment) for segment in segments]}
    plain: dict[str, dict[str, Any]] = json.loads(json.dumps(found))
    return plain


def table_of(happened: Sequence[CallEvent]) -> list[str]:
    """What happened, a line each, for people."""
    names = {call: f"call {place}" for place, call in enumerate(dict.fromkeys(event.call for event in happened), 1)}
    lines = []
    for event in happened:
        told = {name: value for name, value in codec.encode(event).items() if name not in _LEFT_OUT and value}
        said = "  ".join(f"{name}={value}" for name, value in told.items())
        lines.append(f" {event.at:8.3f}  {names[event.call]}  {type(event).__name__:<18} {said}".rstrip())
    return lines
