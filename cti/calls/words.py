"""The words that events and commands are made of: ids, and the places, parties and states there are."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

CallId = NewType("CallId", str)
OfferId = NewType("OfferId", str)
"""One ringing of one agent for one call. Also the Uniqueid of the agent's leg in Asterisk."""

SECRET = {"secret": True}
"""Field metadata: the value is for live use only and is never written anywhere."""


SHORTEST_MESSAGE_S = 1.5
"""A tape shorter than this holds no message: Asterisk leaves a second of the silence that ended it."""


class Place(StrEnum):
    """Where a live call is. It is in exactly one place at any time."""

    MENU = "menu"
    QUEUE = "queue"
    TALK = "talk"
    TRANSFER = "transfer"
    FALLBACK = "fallback"
    ENDED = "ended"


class Party(StrEnum):
    """Who ended a call or a talk."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"


class Direction(StrEnum):
    """Who called: somebody us, or we somebody."""

    IN = "in"
    OUT = "out"


class Refusal(StrEnum):
    """Why an offer came to nothing."""

    NO_ANSWER = "no answer"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    """The caller left, or the engine took the offer back; the agent is not to blame."""


class AgentState(StrEnum):
    """What an agent is doing."""

    OFFLINE = "offline"
    READY = "ready"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    NOT_READY = "not ready"


class RecordingPause(StrEnum):
    """What has become of a wish that a talk is not recorded for a while."""

    ASKED = "pausing"
    PAUSED = "paused"
    STOPPED = "stopped"
    """It could not be paused, so the recording was ended."""


class MonitorMode(StrEnum):
    """How a supervisor is on a call."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
