"""The verb agent: agents say by phone that they are ready, not ready, or gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cti.calls.events import StateAsked
from cti.calls.words import AgentState
from ivr.node import Link, Name, Node, Sink, Use, Want
from ivr.template import Templated
from ivr.walk import Steps, Walk

_STATES: Mapping[str, AgentState] = {
    "ready": AgentState.READY,
    "not_ready": AgentState.NOT_READY,
    "offline": AgentState.OFFLINE,
}


class Agent(Node):
    """Asks for an agent's state, as the buttons of the agent's page do.

    The agent is whose phone this is, so that a feature code is all it takes to log in. ``name`` is
    an agent who sits down at another phone, and has shown who he is before, by ``verify`` say; where
    that comes to nothing, the call goes to ``otherwise``.
    """

    verb = "agent"
    agent: Literal["ready", "not_ready", "offline"]
    reason: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    name: Templated | None = None
    next: Name
    otherwise: Name | None = None

    @model_validator(mode="after")
    def _reasons_are_for_not_ready(self) -> Self:
        if self.reason is not None and self.agent != "not_ready":
            raise ValueError("only not_ready has a reason")
        return self

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)

    def uses(self) -> Iterator[Use]:
        if self.name is not None:
            yield from (Use(("name",), name, Sink.RECORD) for name in self.name.names)

    def wants(self) -> Iterator[Want]:
        if self.name is not None and not self.name.names:
            yield Want(("name",), "agent", self.name.text)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        name = "" if self.name is None else self.name.filled(walk.known())
        if self.name is not None and not name:
            return walk.give_up(self.otherwise)  # and never the state of whose phone this is
        walk.out.append(
            StateAsked(
                call=walk.call,
                at=walk.now,
                phone=walk.phone,
                agent=name,
                state=_STATES[self.agent],
                reason=self.reason or "",
            )
        )
        return self.next
