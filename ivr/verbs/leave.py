"""Verbs by which a call leaves the flow, or goes on elsewhere: queue, transfer, callback, goto, hangup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from cti.calls.commands import Transfer
from cti.calls.events import CallbackWanted, Queued
from cti.calls.names import DIRECT_QUEUE
from cti.outbound import NUMBER
from cti.site_files import Key, SiteModel
from ivr.expressions import Expressed, Expression, Wrong
from ivr.expressions import parse as expression
from ivr.node import FieldName, Link, Longest, Measure, MenuKey, Name, Node, Question, Sink, Tries, Use, Want
from ivr.prompt import Prompt, Prompted
from ivr.template import Templated
from ivr.walk import Hear, Leave, Speak, Steps, Walk

TRANSFER_S = 30.0
"""Seconds for a transfer to be told of, before it counts as failed."""

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


def _worked_out(priority: Expression, walk: Walk) -> int:
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
    alone may take the call. ``after`` is where the flow goes on when the talk is over and the caller
    still there.
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
    after: Name | None = None

    def links(self) -> Iterator[Link]:
        if self.after is not None:
            yield Link(("after",), self.after)

    def wants(self) -> Iterator[Want]:
        yield Want(("queue",), "queue", self.queue, dict(self.skills))
        if self.agent is not None and not self.agent.names:
            yield Want(("agent",), "agent", self.agent.text)
        if self.level is not None and not self.level.names:
            yield Want(("level",), "level", self.level.text)

    def uses(self) -> Iterator[Use]:
        for label, text in self.screen.items():
            yield from (Use(("screen", label), name, Sink.SCREEN) for name in text.names)
        if self.level is not None:
            yield from (Use(("level",), name, Sink.SCREEN) for name in self.level.names)
        if self.agent is not None:
            yield from (Use(("agent",), name, Sink.RECORD) for name in self.agent.names)
        yield from (Use(("priority",), name, Sink.RECORD) for name in self.priority.names)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        known = walk.known()
        walk.out.append(
            Queued(
                call=walk.call,
                at=walk.now,
                queue=self.queue,
                skills=dict(self.skills),
                priority=_worked_out(self.priority, walk),
                screen={label: text.filled(known) for label, text in self.screen.items()},
                level=self.level.filled(known) if self.level else "",
                agent=self.agent.filled(known) if self.agent else "",
                after=self.after or "",
            )
        )
        return None


class ToAgent(SiteModel):
    """To one agent, as soon as he is free."""

    agent: Templated


class ToQueue(SiteModel):
    """To a queue."""

    queue: Name
    priority: Priority = expression(0)


class ToNumber(SiteModel):
    """To a number that the site's allow-list has, which is looked at for each call."""

    number: Templated


def _destination(given: Any) -> Any:
    """What to validate: a mapping with one known key is that kind of destination and no other, so
    that what is wrong in it is told once."""
    kinds: Mapping[str, type[SiteModel]] = {"agent": ToAgent, "queue": ToQueue, "number": ToNumber}
    if isinstance(given, Mapping):
        kind = next((kinds[key] for key in kinds if key in given), None)
        if kind is None:
            raise ValueError("must be the name of a destination, or one of {agent: ...}, {queue: ...}, {number: ...}")
        return kind.model_validate(given)
    return given


class TransferTo(Node):
    """Sends the caller to a destination of the site, an agent, a queue, or a number that the site
    allows; ``otherwise`` is where to go if that fails."""

    verb = "transfer"
    ends = True
    human = True
    transfer: Annotated[Name | ToAgent | ToQueue | ToNumber, BeforeValidator(_destination)]
    otherwise: Name | None = None

    def links(self) -> Iterator[Link]:
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)

    def wants(self) -> Iterator[Want]:
        match self.transfer:
            case ToAgent(agent=agent) if not agent.names:
                yield Want(("transfer", "agent"), "agent", agent.text)
            case ToQueue(queue=queue):
                yield Want(("transfer", "queue"), "queue", queue)
            case ToNumber(number=number) if not number.names:
                yield Want(("transfer", "number"), "number", number.text)
            case str(name):
                yield Want(("transfer",), "destination", name)

    def uses(self) -> Iterator[Use]:
        match self.transfer:
            case ToAgent(agent=text):
                yield from (Use(("transfer", "agent"), name, Sink.RECORD) for name in text.names)
            case ToNumber(number=text):
                yield from (Use(("transfer", "number"), name, Sink.RECORD) for name in text.names)
            case ToQueue(priority=priority):
                yield from (Use(("transfer", "priority"), name, Sink.RECORD) for name in priority.names)

    def longest(self, measure: Measure) -> Longest:
        return Longest(0, TRANSFER_S)

    def walk(self, walk: Walk) -> Steps:
        match self.transfer:
            case ToAgent(agent=agent):
                name = agent.filled(walk.known())
                if not name:
                    return walk.give_up(self.otherwise)
                walk.out.append(Queued(call=walk.call, at=walk.now, queue=DIRECT_QUEUE, agent=name))
                return None
            case ToQueue(queue=queue, priority=priority):
                walk.out.append(Queued(call=walk.call, at=walk.now, queue=queue, priority=_worked_out(priority, walk)))
                return None
            case ToNumber(number=number):
                to = number.filled(walk.known())
                if not NUMBER.fullmatch(to):
                    return walk.give_up(self.otherwise)
                walk.out.append(Transfer(call=walk.call, number=to))
            case str(destination):
                walk.out.append(Transfer(call=walk.call, to=destination))
        yield Leave(TRANSFER_S)
        return walk.give_up(self.otherwise)


class Callback(Question):
    """Offers to call back about what a queue is for. ``confirm`` is the key that says yes and
    ``decline`` the one that says no; ``number`` is the field with the number to call. A caller
    whose number is not known is not asked and goes to ``otherwise``."""

    verb = "callback"
    names = "queue"
    callback: Name
    say: Prompted
    confirm: MenuKey = "1"
    decline: MenuKey = "2"
    number: FieldName = "caller"
    next: Name

    def asks(self) -> Prompt:
        return self.say

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next, unasked=False)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("say",), self.say
        yield from super().prompts()

    def uses(self) -> Iterator[Use]:
        yield from super().uses()
        yield Use(("number",), self.number, Sink.RECORD)

    def walk(self, walk: Walk) -> Steps:
        number = str(walk.known().get(self.number, ""))
        if not NUMBER.fullmatch(number):
            return walk.give_up(self.otherwise)
        tries = Tries(self)
        said: tuple[Prompt, ...] | None = (self.say,)
        while said is not None:
            yield Speak(said, self.barge_in)
            key = yield Hear(self.timeout)
            if key == self.confirm:
                walk.out.append(CallbackWanted(call=walk.call, at=walk.now, number=number, queue=self.callback))
                return self.next
            if key == self.decline:
                break
            said = tries.again(walk, silent=key is None)
        return walk.give_up(self.otherwise)


class Goto(Node):
    """Goes on at another node."""

    verb = "goto"
    goto: Name

    def links(self) -> Iterator[Link]:
        yield Link(("goto",), self.goto)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        return self.goto


class HangUp(Node):
    """Ends the call."""

    verb = "hangup"
    ends = True
    hangup: Literal[True]

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        return walk.give_up(None)
