"""What happens to a talk, in our own words: hold, transfer, consultation, recording, help and listening in.

The way of a call up to its talk, and after it, is in ``events.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from cti.calls.events import CallEvent
from cti.calls.words import MonitorMode, OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(CallEvent):
    """One side put the other on hold by a key of the phone; or, with ``offer``, we hold the caller: he
    hears music from us, and the leg of the agent asked by this offer is kept apart from his."""

    offer: OfferId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(CallEvent):
    """The hold is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneLost(CallEvent):
    """The page that was the phone of this offer's talk is gone: the caller is put on hold. He goes back to
    his queue if no other page wants the talk within 30 s."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAsked(CallEvent):
    """``by`` wants the caller whom an agent talks with to be sent on. Exactly one says where: to a
    ``queue``, to ``agent`` alone, into a ``flow``, or to a ``number`` outside. With ``back`` the agent
    waits until the flow gives him the caller back. In a queue the caller
    keeps priority and level, with ``keep_skills`` also the skills wanted; his waiting counts anew.
    ``queue`` and ``agent`` both are the talk's own: this agent's phone has lost the talk, and rings
    for it again; or, with ``park_s``, he parks the caller for so many seconds."""

    by: str
    queue: str = ""
    agent: str = ""
    flow: str = ""
    number: str = ""
    keep_skills: bool = False
    back: bool = False
    park_s: float = 0.0

    @property
    def again(self) -> bool:
        """Whether the agent's phone rings again for the same talk."""
        return bool(self.queue and self.agent and not self.park_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultAsked(CallEvent):
    """The agent who has the caller wants to talk with a third party, or with one more: ``agent`` of the site, or a
    ``number`` outside. ``offer`` is the third's, with the same events as any other offer: ``Ringing``,
    ``Accepted``, ``Refused``. ``recording`` as in ``Offered``. With ``joins`` the caller is not held, for he
    and the agent talk with others: the further party comes in as he picks up."""

    by: str
    offer: OfferId
    agent: str = ""
    number: str = ""
    recording: str | None = None
    joins: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulting(CallEvent):
    """The agent and the third party of this offer hear each other; the caller is on hold."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(CallEvent):
    """Caller, agent and the party of this offer are in one conference, perhaps with others."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultOver(CallEvent):
    """The party of this offer is off the call. Whoever was with him stays: the caller with the
    others if all were joined, else on hold."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(CallEvent):
    """Asterisk says that it records the talk. Whether the file is good is measured later."""

    recording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped(CallEvent):
    """The recording is closed."""

    recording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked(CallEvent):
    """``by`` wants the talk of this offer not to be recorded for a while. Until Asterisk has said that it
    is so, this holds for an engine started anew, too."""

    offer: OfferId
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused(CallEvent):
    """Asterisk says that it writes silence in place of both voices."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResumed(CallEvent):
    """The talk is recorded again."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpAsked(CallEvent):
    """``by`` wants a supervisor on the talk. It is over with ``MonitorStarted``, or with the talk."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpDropped(CallEvent):
    """No supervisor is needed any more: ``by`` says so."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorStarted(CallEvent):
    """A supervisor is on the call, or changed the mode."""

    supervisor: str
    mode: MonitorMode


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorEnded(CallEvent):
    """A supervisor left the call. ``why`` is empty when nothing went wrong."""

    supervisor: str
    why: str = ""
