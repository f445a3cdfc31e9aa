"""What a caller hears in a queue between the music, and what keys do there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, inf
from typing import Annotated, Self

from pydantic import Field, model_validator

from cti.calls.events import Chosen
from cti.calls.standing import Standing
from cti.site.durations import Duration
from cti.site.files import Key, SiteModel
from ivr.prompt import NOTHING, Prompt, Prompted
from ivr.questions import InQueue, Scalar
from ivr.walk import Ask, Hear, Speak, Steps, Walk

POSITION, ESTIMATE = "position", "estimate"
OWN = frozenset({POSITION, ESTIMATE})
"""Values that texts said while waiting have, and no others."""

STANDING_S = 1.0
"""Seconds to learn how a call stands in its queue, before a message is said without that."""

LONGEST_S = 3600


class Message(SiteModel):
    """A message while waiting. ``after`` is when it is said first, counted from the start of the
    waiting, and ``every`` how often from then on; without ``after``, first after that time. Of
    ``in_turn`` one is said each time. A text with a value in it that is not known is left out."""

    after: Annotated[Duration, Field(ge=1, le=LONGEST_S)] | None = None
    every: Annotated[Duration, Field(ge=5, le=LONGEST_S)] | None = None
    say: Prompted = NOTHING
    in_turn: tuple[Prompted, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _is_said_at_some_time(self) -> Self:
        if self.after is None and self.every is None:
            raise ValueError("needs a time: after (once, so long from the start), or every (again and again)")
        if bool(self.say) == bool(self.in_turn):
            raise ValueError("needs either say, or in_turn with what is said each time in turn")
        return self

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        if self.say:
            yield ("say",), self.say
        for i, prompt in enumerate(self.in_turn):
            yield ("in_turn", i), prompt

    def said(self, time: int) -> Prompt:
        """What is said the ``time``-th time, counted from 0."""
        return self.in_turn[time % len(self.in_turn)] if self.in_turn else self.say

    def moments(self) -> Iterator[float]:
        """When it is due, in seconds from the start of the waiting."""
        moment = self.after if self.after is not None else self.every
        while moment is not None:
            yield moment
            moment = moment + self.every if self.every is not None else None


def wait(messages: Sequence[Message], keys: Mapping[str, str], walk: Walk) -> Steps:
    """Says the messages at their times, one at a time, until a key leads elsewhere. One that was due
    while another was said is said after it; its times that have passed by then are left out."""
    start = walk.now
    moments = [message.moments() for message in messages]
    due = [next(times) for times in moments]
    said = [0] * len(messages)
    while True:
        index = min(range(len(due)), key=due.__getitem__, default=None)
        moment = inf if index is None else start + due[index]
        key = yield Hear(max(0.0, moment - walk.now))
        if key in keys:
            walk.out.append(Chosen(call=walk.call, at=walk.now, node=walk.node, value=key))
            return keys[key]
        if index is not None and key is None and walk.now >= moment:
            yield from _say(messages[index].said(said[index]), keys, walk)
            said[index] += 1
            due[index] = next((time for time in moments[index] if start + time > walk.now), inf)


def _say(prompt: Prompt, keys: Mapping[str, str], walk: Walk) -> Steps:
    if any(value.name in OWN for value in prompt.values()):
        walk.here = _in_words((yield Ask(InQueue(walk.call), STANDING_S)))
    if spoken := prompt.sayable((walk.known().keys() - OWN) | walk.here.keys()):
        yield Speak((spoken,), barge_in=True)
        if not (walk.typed and walk.typed[0] in keys):
            walk.play_music()
    walk.here = {}
    return None


def _in_words(standing: object) -> dict[str, Scalar]:
    """What texts may say of it: the minutes are whole, at least 1, and rather too many than too few."""
    if not isinstance(standing, Standing):
        return {}
    known: dict[str, Scalar] = {POSITION: standing.position}
    if standing.estimate_s is not None:
        known[ESTIMATE] = max(1, ceil(standing.estimate_s / 60))
    return known
