"""The legs of live calls: which of Asterisk's channels plays which part in which call."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from cti.calls.commands import Joins
from cti.calls.keypad import Keypad
from cti.calls.words import CallId, MonitorMode, OfferId, Party

ENGINE_CONTEXT = "cordboard"
"""The dialplan context that hands callers to the engine (see the dialplan include)."""

FALLBACK_CONTEXT = "cordboard-fallback"
AGENT_CONTEXT = "cordboard-agent"
CONFERENCE_CONTEXT = "cordboard-conference"
CALLER_CONFERENCE = "cordboard-conference-caller"
"""Where a conference's caller goes: it is over for him when all others are gone."""

OWN_PREFIX = "cordboard-"
"""Every leg the engine originates has a Uniqueid that begins so."""


FAR_HALF = ";2"
"""With this at the end of its Uniqueid, the half of a Local channel that runs the site's dialplan."""

_PHONE_CHANNEL = re.compile(r"([A-Za-z0-9]+/[A-Za-z0-9_.@:+-]+)-[0-9a-f]{8}", re.ASCII)


class Role(StrEnum):
    """What a leg is in its call."""

    CALLER = "caller"
    AGENT = "agent"
    THIRD = "third"
    """Whom an agent has asked about his caller, until he has the caller himself."""
    MONITOR = "monitor"


class Beside(StrEnum):
    """How far it is, as told, with a party whom the agent has asked about his caller."""

    ASKED = "asked"
    MET = "met"
    JOINED = "joined"
    OFF = "off"
    """He is off the call, or has it himself; his leg may still be there."""


@dataclass(slots=True)
class Leg:
    """One channel of a call, known by its Uniqueid, which survives renames."""

    call: CallId
    role: Role
    uniqueid: str
    channel: str = ""
    offer: OfferId | None = None
    agent: str = ""
    supervisor: str = ""
    mode: MonitorMode = MonitorMode.LISTEN
    recording: str | None = None
    recording_open: bool = False
    told: bool = False
    """What became of the offer is known; later events of the leg say nothing new."""
    calling: str = ""
    """The number that is called back, until somebody picks up there."""
    time_up: bool = False
    """Nobody picked up within the time."""
    number: str = ""
    """Of a third party outside: the number that was dialled."""
    beside: Beside = Beside.ASKED
    """Of a third party."""
    asked_to_hang_up: bool = False
    talk_ended_by: Party | None = None
    in_agi: bool = False
    music: str = ""
    """What is played to a caller's leg in AsyncAGI, until something else is."""
    joining: Joins | None = None
    """The wish by which the leg is taken out of AsyncAGI, and into a bridge by another."""
    stands_by: bool = False
    """It is where another leg can take it from."""
    apart: OfferId | None = None
    """Of a caller's leg: the offer of the agent from whom we take him apart, or have done so."""
    apart_told: bool = False
    bridge: str = ""
    conference: bool = False
    """The bridge is a conference's."""
    left_bridges: set[str] = field(default_factory=set)
    keypad: Keypad = field(default_factory=Keypad)

    @property
    def address(self) -> str:
        """What an action says as Channel. By its name Asterisk finds a channel at once; for a Uniqueid it
        looks at all of them."""
        return self.channel or self.uniqueid

    @property
    def asked(self) -> bool:
        """Whether it is the phone of somebody who was asked to take the call."""
        return self.role in (Role.AGENT, Role.THIRD)

    def leave(self) -> None:
        """The leg is in its bridge no more; late events of that bridge say nothing."""
        if self.bridge:
            self.left_bridges.add(self.bridge)
            self.bridge = ""


def monitor_uniqueid(call: CallId, supervisor: str) -> str:
    """The Uniqueid of a supervisor's leg: one for each call and supervisor, so that asking twice is harmless."""
    return f"{OWN_PREFIX}monitor-{call}-{supervisor}"


def callback_uniqueid(call: CallId) -> str:
    """The Uniqueid of the leg of a customer who is called back: one for each call, so that asking
    twice is harmless."""
    return f"{OWN_PREFIX}callback-{call}"


def phone_of(channel: str) -> str:
    """The dial string of the phone that a channel's name begins with: ``PJSIP/alice`` of
    ``PJSIP/alice-0000001f``; empty where it is no phone's."""
    found = _PHONE_CHANNEL.fullmatch(channel)
    return found[1] if found else ""


class Legs:
    """All legs of live calls, found by Uniqueid or by call."""

    def __init__(self) -> None:
        self._by_uniqueid: dict[str, Leg] = {}
        self._by_call: dict[CallId, dict[str, Leg]] = {}

    def __contains__(self, uniqueid: str) -> bool:
        return uniqueid in self._by_uniqueid

    def get(self, uniqueid: str) -> Leg | None:
        return self._by_uniqueid.get(uniqueid)

    def add(self, leg: Leg) -> Leg:
        """Adds the leg, or returns the one already known by this Uniqueid."""
        known = self._by_uniqueid.setdefault(leg.uniqueid, leg)
        self._by_call.setdefault(known.call, {})[known.uniqueid] = known
        return known

    def remove(self, leg: Leg) -> None:
        self._by_uniqueid.pop(leg.uniqueid, None)
        legs = self._by_call.get(leg.call, {})
        legs.pop(leg.uniqueid, None)
        if not legs:
            self._by_call.pop(leg.call, None)

    def of(self, call: CallId, role: Role | None = None) -> list[Leg]:
        """The legs of a call, of one role or all."""
        return [leg for leg in self._by_call.get(call, {}).values() if role in (None, leg.role)]

    def caller(self, call: CallId) -> Leg | None:
        return next(iter(self.of(call, Role.CALLER)), None)
