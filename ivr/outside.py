"""The world outside of a flow: answers what flows ask of it, each question in its own time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Mapping

import structlog

from cti.calls.standing import Standing
from cti.calls.words import CallId
from ivr.fetch import Fetcher
from ivr.pins import Pins
from ivr.prompts import Prompts
from ivr.questions import (
    CheckSecret,
    Fetch,
    InQueue,
    KeyUsage,
    LastAgent,
    MayCall,
    Question,
    RoomToRecord,
    SendCode,
    Spoken,
    SwitchState,
    Unanswered,
    WhoCalls,
)

Switch = Callable[[str], Awaitable[str]]
"""How the switch of this name stands: "open", "closed" or "auto"."""

Usage = Callable[[str, str], Awaitable[Mapping[str, int]]]
"""How often each key was chosen lately at the menu of this flow and node."""

InLine = Callable[[CallId], Standing | None]
"""How a call stands in its queue, None where it waits in none."""

Contact = Callable[[str, bool], Awaitable[str]]
"""The agent who spoke with a caller last, or first (True); empty for nobody."""

CardOf = Callable[[str], Awaitable[Mapping[str, str]]]
"""What the customers' cards say of a caller."""

log = structlog.get_logger(__name__)


class World:
    """Answers the questions of all flows. What is left out is not answered. ``may_call`` are the
    numbers that the site calls back, ``room`` whether there is some for what callers say."""

    def __init__(
        self,
        prompts: Prompts,
        fetcher: Fetcher | None = None,
        pins: Pins | None = None,
        switch: Switch | None = None,
        usage: Usage | None = None,
        standing: InLine | None = None,
        contact: Contact | None = None,
        may_call: Container[str] | None = None,
        customer: CardOf | None = None,
        room: Callable[[], bool] | None = None,
    ) -> None:
        self._prompts = prompts
        self._fetcher = fetcher
        self._pins = pins
        self._switch = switch
        self._usage = usage
        self._standing = standing
        self._contact = contact
        self._may_call = may_call
        self._customer = customer
        self._room = room

    async def answer(self, question: Question) -> object:
        """The answer, or Unanswered; never raises."""
        try:
            return await self._answer(question)
        except Exception as error:
            # Only its kind is logged: a message may have in it what was asked.
            kind = type(error).__name__
            log.warning("a question of a flow came to nothing", question=type(question).__name__, error=kind)
            return Unanswered(kind)

    async def _answer(self, question: Question) -> object:
        match question:
            case Spoken():
                return await self._prompts.spoken_once(question.voice, question.text)
            case Fetch() if self._fetcher is not None:
                return await self._fetcher.fetch(question)
            case CheckSecret() if self._pins is not None:
                return await self._pins.check(question)
            case SendCode() if self._pins is not None:
                return await self._pins.send_code(question)
            case SwitchState() if self._switch is not None:
                return await self._switch(question.name)
            case KeyUsage() if self._usage is not None:
                return await self._usage(question.flow, question.node)
            case InQueue() if self._standing is not None:
                return self._standing(question.call)
            case LastAgent() if self._contact is not None:
                return await self._contact(question.caller, question.first)
            case WhoCalls() if self._customer is not None:
                return await self._customer(question.caller)
            case MayCall() if self._may_call is not None:
                return question.number in self._may_call
            case RoomToRecord() if self._room is not None:
                return self._room()
        return Unanswered("nobody answers this")
