"""Verbs by which a call leaves the flow, or goes on elsewhere: queue, transfer, goto, hangup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from cti.calls.commands import Transfer
from cti.calls.events import Queued
from ivr.node import Link, Name, Node
from ivr.walk import Leave, Steps, Walk

TRANSFER_S = 30.0
"""Seconds for a transfer to be told of, before it counts as failed."""


class Queue(Node):
    """Lets the caller wait for an agent. ``skills`` maps a skill to the least level wanted."""

    verb = "queue"
    names = "queue"
    ends = True
    human = True
    queue: Name
    skills: Mapping[Name, Annotated[int, Field(ge=1, le=10)]] = {}
    priority: int = Field(default=0, ge=0, le=1000)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        walk.out.append(
            Queued(call=walk.call, at=walk.now, queue=self.queue, skills=dict(self.skills), priority=self.priority)
        )
        return None


class TransferTo(Node):
    """Sends the caller to a destination of the site; ``otherwise`` is where to go if that fails."""

    verb = "transfer"
    names = "destination"
    ends = True
    human = True
    transfer: Name
    otherwise: Name | None = None

    def links(self) -> Iterator[Link]:
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)

    def walk(self, walk: Walk) -> Steps:
        walk.out.append(Transfer(call=walk.call, to=self.transfer))
        yield Leave(TRANSFER_S)
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
