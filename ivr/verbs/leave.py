"""Verbs by which a call leaves the flow, or goes on elsewhere: transfer, back, goto, hangup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from cti.calls.commands import Transfer
from cti.calls.events import CameBack, Queued
from cti.calls.names import DIRECT_QUEUE
from cti.masking import masked
from cti.outbound import NUMBER
from cti.site.files import SiteModel
from ivr.expressions import parse as expression
from ivr.node import Link, Longest, Measure, Name, Node, Sink, Use, Want
from ivr.template import Templated
from ivr.tree import Flows
from ivr.verbs.queue import Priority, Screen, worked_out
from ivr.walk import Leave, Steps, Walk

TRANSFER_S = 30.0
"""Seconds for a transfer to be told of, before it counts as failed."""


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
                points, since = worked_out(priority, walk), walk.since(queue)
                walk.out.append(Queued(call=walk.call, at=walk.now, queue=queue, priority=points, since=since))
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


class Back(Node):
    """Gives the caller back to the agent who sent him through this flow in the midst of their talk.

    ``back`` is what the agent's screen shows besides from then on: names of fields, or texts with fields
    in them by their label. If the agent has gone meanwhile, the caller has the place again that he had in
    his queue; a call that came by no queue is ended.
    """

    verb = "back"
    ends = True
    human = True
    back: Screen

    def uses(self) -> Iterator[Use]:
        for label, text in self.back.items():
            yield from (Use(("back", label), name, Sink.SCREEN) for name in text.names)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        known = walk.known()
        screen = {label: masked(text.filled(known)) for label, text in self.back.items()}
        walk.out.append(CameBack(call=walk.call, at=walk.now, screen=screen))
        return None


def comes_back(name: str, flows: Flows) -> bool:
    """Whether a flow can give the caller back, itself or in a flow that it enters."""
    seen, todo = {name}, [name]
    for here in todo:  # grows as it goes
        nodes = flows[here].nodes.values() if here in flows else ()
        if any(isinstance(node, Back) for node in nodes):
            return True
        inner = {want.name for node in nodes for want in node.wants() if want.kind == "flow"} - seen
        seen |= inner
        todo += inner
    return False


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
