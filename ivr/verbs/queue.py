"""The verb queue: the caller waits for an agent."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cti.calls.events import Queued
from cti.masking import masked
from cti.outbound import NUMBER
from cti.site.durations import Duration
from cti.site.files import Key
from ivr.expressions import Expressed, Expression, Wrong
from ivr.expressions import parse as expression
from ivr.node import Link, Longest, Measure, MenuKey, Name, Node, Sink, Use, Want
from ivr.prompt import Prompt
from ivr.questions import LastAgent
from ivr.template import Templated
from ivr.verbs.waiting import LONGEST_S, OWN, Message, wait
from ivr.walk import Ask, Need, Steps, Walk

LAST, FIRST = "last", "first"
"""Who is preferred, other than by name: who spoke with the caller last, or first."""

PREFER_S = 1.0
"""Seconds to learn who spoke with the caller before, until the call waits for anybody."""

MAX_PRIORITY = 1000


def _priority(given: Expression) -> Expression:
    """A priority that is the same for every call must be one."""
    if not given.names:
        try:
            value = given.value({})
        except Wrong as error:
            raise ValueError(str(error)) from None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_PRIORITY:
            raise ValueError(f"must be a whole number from 0 to {MAX_PRIORITY}, or an expression that gives one")
    return given


Priority = Annotated[Expressed, AfterValidator(_priority)]


def worked_out(priority: Expression, walk: Walk) -> int:
    """The priority of this call: 0 where the call's data give none."""
    try:
        value = priority.value(walk.known())
    except Wrong:
        return 0
    return max(0, min(MAX_PRIORITY, int(value))) if isinstance(value, int | float) else 0


def _screen(given: Any) -> Any:
    """``[name, debt]`` is the same as ``{name: "{name}", debt: "{debt}"}``."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        return given
    return {str(name): f"{{{name}}}" for name in given}


Label = Annotated[str, Field(coerce_numbers_to_str=True, min_length=1, max_length=40)]
Screen = Annotated[Mapping[Label, Templated], BeforeValidator(_screen), Field(max_length=20)]


class Queue(Node):
    """Lets the caller wait for an agent.

    ``skills`` maps a skill to the least level wanted. ``screen`` is what the agent's screen shows of
    the call's data: names of fields, or texts with fields in them by their label. ``agent`` is who
    alone may take the call; ``prefer`` is whom it waits for at first, during ``prefer_for``. The
    messages of ``waiting`` are heard between the music, and each of ``keys`` ends the waiting and leads
    elsewhere. ``after`` is where the flow goes on when the talk is over and the caller still there.

    A caller who comes back to the queue where he waited last in the same call has his place back.
    """

    verb = "queue"
    names = "queue"
    ends = True
    human = True
    queue: Name
    skills: Mapping[Name, Annotated[int, Field(ge=1, le=10)]] = {}
    priority: Priority = expression(0)
    level: Templated | None = None
    screen: Screen = Field(default_factory=dict)
    agent: Templated | None = None
    prefer: Templated | None = None
    prefer_for: Annotated[Duration, Field(gt=0, le=LONGEST_S)] = 30.0
    waiting: tuple[Message, ...] = Field(default=(), max_length=20)
    keys: Mapping[MenuKey, Name] = {}
    after: Name | None = None

    @model_validator(mode="after")
    def _prefers_somebody_among_several(self) -> Self:
        if self.prefer is None and "prefer_for" in self.model_fields_set:
            raise ValueError("prefer_for needs prefer: last, first, or an agent")
        if self.prefer is not None and self.agent is not None:
            raise ValueError("with agent, nobody else may take the call: there is nothing to prefer")
        return self

    def links(self) -> Iterator[Link]:
        for key, to in self.keys.items():
            yield Link(("keys", key), to, unasked=False)
        if self.after is not None:
            yield Link(("after",), self.after)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        for i, message in enumerate(self.waiting):
            for key, prompt in message.prompts():
                yield ("waiting", i, *key), prompt

    def wants(self) -> Iterator[Want]:
        yield Want(("queue",), "queue", self.queue, dict(self.skills))
        for key, agent in (("agent", self.agent), ("prefer", self.prefer)):
            if agent is not None and not agent.names and not (key == "prefer" and self._asks()):
                yield Want((key,), "agent", agent.text)
        if self.level is not None and not self.level.names:
            yield Want(("level",), "level", self.level.text)

    def uses(self) -> Iterator[Use]:
        yield from (use for use in super().uses() if use.field not in OWN)
        for label, text in self.screen.items():
            yield from (Use(("screen", label), name, Sink.SCREEN) for name in text.names)
        if self.level is not None:
            yield from (Use(("level",), name, Sink.SCREEN) for name in self.level.names)
        for key, agent in (("agent", self.agent), ("prefer", self.prefer)):
            if agent is not None:
                yield from (Use((key,), name, Sink.RECORD) for name in agent.names)
        yield from (Use(("priority",), name, Sink.RECORD) for name in self.priority.names)

    def before_human_s(self) -> float:
        return PREFER_S if self._asks() else 0.0

    def longest(self, measure: Measure) -> Longest:
        return Longest(0, self.before_human_s())  # the waiting itself has no bound

    def walk(self, walk: Walk) -> Steps:
        if not walk.waiting:
            prefer = yield from self._preferred(walk)
            walk.wait(self._queued(walk, prefer))
        if not (self.waiting or self.keys):
            return None
        walk.typed.clear()  # keys pressed before were not meant to end the waiting
        return (yield from wait(self.waiting, self.keys, walk))

    def _queued(self, walk: Walk, prefer: str) -> Queued:
        known = walk.known()
        return Queued(
            call=walk.call,
            at=walk.now,
            queue=self.queue,
            skills=dict(self.skills),
            priority=worked_out(self.priority, walk),
            screen={label: masked(text.filled(known)) for label, text in self.screen.items()},
            level=self.level.filled(known) if self.level else "",
            agent=self.agent.filled(known) if self.agent else "",
            prefer=prefer,
            prefer_s=self.prefer_for if prefer else 0.0,
            after=self.after or "",
            since=walk.since(self.queue),
        )

    def _asks(self) -> bool:
        """Whether only the records know who is preferred."""
        return self.prefer is not None and self.prefer.text in (LAST, FIRST)

    def _preferred(self, walk: Walk) -> Generator[Need, Any, str]:
        """The agent to wait for at first; empty for nobody."""
        if self.prefer is None:
            return ""
        if not self._asks():
            return self.prefer.filled(walk.known())
        if not NUMBER.fullmatch(walk.caller):
            return ""  # a caller without a number is nobody whom we know
        agent = yield Ask(LastAgent(walk.caller, self.prefer.text == FIRST), PREFER_S)
        return agent if isinstance(agent, str) else ""
