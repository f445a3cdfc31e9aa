"""Verbs that record the caller: voicemail, record."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from cti.calls.events import MessageLeft
from cti.calls.names import tape_stem
from cti.calls.words import SHORTEST_MESSAGE_S
from cti.site.durations import Duration
from cti.site.files import Key
from ivr.node import KEYS, FieldName, Link, Longest, Measure, Name, Node, once
from ivr.prompt import NOTHING, Prompt, Prompted
from ivr.questions import RoomToRecord
from ivr.walk import Ask, Need, Record, Speak, Steps, Walk

ROOM_S = 0.5
"""The longest a caller waits for an answer, whether there is room for what he will say."""


def _keys(given: str) -> str:
    if any(key not in KEYS for key in given):
        raise ValueError("must be keys of a telephone, such as #")
    return given


class Tape(Node):
    """What verbs that record share. It ends at a key of ``stop``, after ``silence``, or after
    ``longest``; ``otherwise`` is where a caller goes who said nothing (without it, on to ``next``).
    Where the disk is full nothing is recorded: he hears ``full`` and goes there, too."""

    say: Prompted = NOTHING
    barge_in: bool = True
    longest_: Annotated[Duration, Field(ge=1, le=1800)] = Field(default=120.0, alias="longest")
    silence: Annotated[Duration, Field(ge=1, le=60)] = 4.0
    stop: Annotated[str, Field(coerce_numbers_to_str=True, max_length=16), AfterValidator(_keys)] = "#"
    beep: bool = True
    full: Prompted = NOTHING
    next: Name
    otherwise: Name | None = None

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("say",), self.say
        yield ("full",), self.full

    def longest(self, measure: Measure) -> Longest:
        recorded, full = once(self.say, measure) + Longest(0, self.longest_), once(self.full, measure)
        longer = Longest(max(recorded.prompts, full.prompts), max(recorded.seconds, full.seconds))
        return longer + Longest(0, ROOM_S)

    def taped(self, walk: Walk, stem: str, box: str = "") -> Generator[Need, Any, float]:
        """Says what there is to say and records under the stem. Returns the seconds recorded."""
        if (yield Ask(RoomToRecord(), ROOM_S)) is False:
            yield Speak((self.full,), self.barge_in)
            return 0.0
        yield Speak((self.say,), self.barge_in)
        walk.typed.clear()  # a key pressed to skip what was said is no part of what comes
        seconds: float = yield Record(stem, self.longest_, self.silence, self.stop, self.beep, box)
        return seconds

    def gone_on(self, seconds: float) -> str:
        """Where the caller goes on."""
        return self.next if seconds >= SHORTEST_MESSAGE_S else self.otherwise or self.next


class Voicemail(Tape):
    """Takes a message for one of the site's boxes."""

    verb = "voicemail"
    names = "box"
    voicemail: Name

    def walk(self, walk: Walk) -> Steps:
        stem = tape_stem(walk.call, walk.now)
        seconds = yield from self.taped(walk, stem, self.voicemail)
        if seconds >= SHORTEST_MESSAGE_S:
            walk.out.append(
                MessageLeft(call=walk.call, at=walk.now, box=self.voicemail, recording=stem, seconds=seconds)
            )
        return self.gone_on(seconds)


class RecordCaller(Tape):
    """Records what the caller says; the field gets the name of the recording."""

    verb = "record"
    record: FieldName

    def sets(self) -> Mapping[str, tuple[str, ...]]:
        return {self.record: ()}

    def walk(self, walk: Walk) -> Steps:
        stem = tape_stem(walk.call, walk.now)
        seconds = yield from self.taped(walk, stem)
        if seconds >= SHORTEST_MESSAGE_S:
            walk.data[self.record] = stem
        return self.gone_on(seconds)
