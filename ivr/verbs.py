"""How a caller walks each verb.

A verb is a generator: it yields what it needs of the session (``Say``, ``Hear``, ``Leave``),
is resumed with what came of it, and returns the name of the next node, or None when the call
is no longer the flow's. It knows no clock and no Asterisk.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from cti.calls.commands import Hangup, Transfer
from cti.calls.events import CallId, Chosen, Queued
from cti.calls.part import Output
from ivr import hours
from ivr.tree import (
    Collect,
    Flow,
    Goto,
    HangUp,
    Menu,
    Node,
    OpeningHours,
    Prompt,
    Question,
    Queue,
    Say,
    TransferTo,
)

TRANSFER_S = 30.0
"""Seconds for a transfer to be told of, before it counts as failed."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Play the prompt; resumed with None when it is over."""

    prompt: Prompt
    barge_in: bool


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for a key; resumed with it, or with None after ``seconds`` of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Leave:
    """Wait to be rid of the call; resumed, with None, only if that fails or takes ``seconds``."""

    seconds: float


Need = Speak | Hear | Leave
Steps = Generator[Need, str | None, str | None]


@dataclass(slots=True)
class Walk:
    """One caller on the way through a flow."""

    call: CallId
    flow: Flow
    now: float = 0.0
    node: str = ""
    out: list[Output] = field(default_factory=list)
    typed: list[str] = field(default_factory=list, repr=False)
    """Keys pressed and not used yet. They count for the next question (type-ahead)."""
    trailing: tuple[str, float] | None = None
    """A terminator that may still follow a value complete without it, until then (Unix seconds)."""


def say(walk: Walk, node: Say) -> Steps:
    yield Speak(node.say, node.barge_in)
    return node.next


def menu(walk: Walk, node: Menu) -> Steps:
    tries = _Tries(node)
    prompt: Prompt | None = node.menu
    while prompt is not None:
        yield Speak(prompt, node.barge_in)
        key = yield Hear(node.timeout)
        if key in node.keys:
            assert key is not None
            walk.out.append(Chosen(call=walk.call, at=walk.now, node=walk.node, value=key))
            return node.keys[key]
        prompt = tries.again(walk, node.menu, silent=key is None)
    return _give_up(walk, node.otherwise)


def collect(walk: Walk, node: Collect) -> Steps:
    tries = _Tries(node)
    prompt: Prompt | None = node.collect
    while prompt is not None:
        yield Speak(prompt, node.barge_in)
        value = yield from _entry(walk, node)
        if value is not None and len(value) >= node.digits.least and value.isdecimal():
            if not node.secret:
                walk.out.append(Chosen(call=walk.call, at=walk.now, node=node.name or walk.node, value=value))
            return node.next
        prompt = tries.again(walk, node.collect, silent=value is None)
    return _give_up(walk, node.otherwise)


def _entry(walk: Walk, node: Collect) -> Generator[Need, str | None, str | None]:
    """What the caller enters, or None for silence. Wrong keys are taken too and judged at the
    end, so that the rest of a bad entry does not count as the start of the next one."""
    value = ""
    key = yield Hear(node.timeout)
    if key is None:
        return None
    while key is not None and key != node.terminator:
        value += key
        if len(value) == node.digits.most:
            if node.terminator is not None:
                walk.trailing = (node.terminator, walk.now + node.interdigit_timeout)
            break
        key = yield Hear(node.interdigit_timeout)
    return value


def opening_hours(walk: Walk, node: OpeningHours) -> Steps:
    yield from ()
    return node.open if hours.is_open(node.hours, walk.now) else node.closed


def queue(walk: Walk, node: Queue) -> Steps:
    yield from ()
    walk.out.append(
        Queued(call=walk.call, at=walk.now, queue=node.queue, skills=dict(node.skills), priority=node.priority)
    )
    return None


def transfer(walk: Walk, node: TransferTo) -> Steps:
    walk.out.append(Transfer(call=walk.call, to=node.transfer))
    yield Leave(TRANSFER_S)
    return _give_up(walk, node.otherwise)


def goto(walk: Walk, node: Goto) -> Steps:
    yield from ()
    return node.goto


def hang_up(walk: Walk, node: HangUp) -> Steps:
    yield from ()
    return _give_up(walk, None)


WALKS: dict[type[Node], Callable[[Walk, Any], Steps]] = {
    Say: say,
    Menu: menu,
    Collect: collect,
    OpeningHours: opening_hours,
    Queue: queue,
    TransferTo: transfer,
    Goto: goto,
    HangUp: hang_up,
}


class _Tries:
    """Counts what a caller did not manage at a question."""

    def __init__(self, node: Question) -> None:
        self._node = node
        self._silent = self._wrong = 0

    def again(self, walk: Walk, prompt: Prompt, *, silent: bool) -> Prompt | None:
        """What to say for the next try, or None when there is none left."""
        walk.typed.clear()  # keys after a wrong one were meant for where it did not lead
        self._silent += silent
        self._wrong += not silent
        miss, count = (self._node.no_input, self._silent) if silent else (self._node.no_match, self._wrong)
        retries = self._node.retries if miss.retries is None else miss.retries
        return (*miss.say, *prompt) if count <= retries else None


def _give_up(walk: Walk, otherwise: str | None) -> str | None:
    if otherwise is None:
        walk.out.append(Hangup(call=walk.call))
    return otherwise
