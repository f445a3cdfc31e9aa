"""Who is asked for a call, or has it, and who is beside the agent who has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cti.calls.events import Accepted, CallEvent, Ringing
from cti.calls.talk_events import ConsultAsked, Consulting, Joined
from cti.calls.words import OfferId, RecordingPause

ON_DEMAND = "on demand"
"""Not recorded so far, since nobody asked for it."""
MOST = 8
"""So many can talk in one conference, caller and agent among them."""


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An agent is being asked for this call, or talks on it. ``on_demand``: it is to be recorded as soon as
    somebody asks for it, and nobody has."""

    offer: OfferId
    agent: str
    recording: str | None = None
    ringing: bool = False
    accepted: bool = False
    connected: bool = False
    pause: RecordingPause | None = None
    on_demand: bool = False

    @property
    def recorded(self) -> str | None:
        """Whether the talk is recorded: on, on demand, or what the pause is; None where there is no talk that
        is to be."""
        if not self.connected or self.recording is None:
            return None
        return ON_DEMAND if self.on_demand and self.pause is RecordingPause.PAUSED else self.pause or "on"


@dataclass(frozen=True, slots=True)
class Consult:
    """A party whom the agent asked about his caller. ``open`` is how far that is: connected when he talks with
    the agent. ``number`` is set, and the agent's name empty, for a party outside. ``joined``: he talks with
    caller and agent. ``joins``: he will as soon as he picks up, for they talk with others already."""

    open: OpenOffer
    number: str = ""
    joined: bool = False
    joins: bool = False

    @classmethod
    def of(cls, event: ConsultAsked) -> Consult:
        """The party who is asked from now on."""
        return cls(OpenOffer(event.offer, event.agent, event.recording), event.number, joins=event.joins)

    @property
    def met(self) -> Consult:
        """As he is when he hears somebody."""
        return replace(self, open=replace(self.open, ringing=False, accepted=True, connected=True))

    def after(self, event: CallEvent) -> Consult | None:
        """The party after an event of his; None if he is off the call."""
        match event:
            case Ringing():
                return replace(self, open=replace(self.open, ringing=not self.open.accepted))
            case Accepted():
                return replace(self, open=replace(self.open, ringing=False, accepted=True))
            case Consulting():
                return self.met
            case Joined():
                return replace(self.met, joined=True)
        return None
