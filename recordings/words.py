"""The words of records: what came of a call, of what stretches it is, what was found of a recording."""

from __future__ import annotations

from enum import StrEnum

from cti.calls.words import AgentState, Refusal


class Outcome(StrEnum):
    """What came of a call: who served it last, or else where it was lost."""

    LIVE = "live"
    """Not over yet; never stored."""
    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    FALLBACK = "fallback"
    ABANDONED_IN_MENU = "abandoned in menu"
    ABANDONED_IN_QUEUE = "abandoned in queue"
    ENDED_IN_MENU = "ended in menu"
    """We hung up there: the caller was told what there was to tell."""
    DROPPED_FROM_QUEUE = "dropped from queue"
    """We hung up on a waiting caller."""
    NOT_REACHED = "not reached"
    """A callback whose customer did not pick up, or was not even called."""
    UNKNOWN = "unknown"
    """Nothing but the end was seen."""


class SegmentKind(StrEnum):
    """A stretch of a call. RING lies within WAIT or PARK, HOLD, PAUSE and CONSULT within TALK; the others follow
    each other."""

    MENU = "menu"
    WAIT = "wait"
    RING = "ring"
    TALK = "talk"
    HOLD = "hold"
    PAUSE = "pause"
    CONSULT = "consult"
    PARK = "park"
    """An agent has put the caller aside: he waits for whoever wants him."""
    TRANSFER = "transfer"
    FALLBACK = "fallback"


class RecordingState(StrEnum):
    """What was found of a recording."""

    EXPECTED = "expected"
    """Not measured yet."""
    WHOLE = "whole"
    SHORT = "short"
    """Some of the talk, or one of its sides, is not there."""
    SILENT = "silent"
    """The files are there, and one side, or both, is without any sound."""
    UNREADABLE = "unreadable"
    MISSING = "missing"
    NOT_BEGUN = "not begun"
    """The talk that was to be recorded never began. Of the ledger only: there is no such recording."""
    NOT_ASKED_FOR = "not asked for"
    """It was to be recorded on demand, and nobody asked for it. Of the ledger only, too."""


NO_RECORDING = frozenset({RecordingState.NOT_BEGUN, RecordingState.NOT_ASKED_FOR})
"""Of the ledger only."""
BUSY = frozenset({AgentState.TALKING, AgentState.WRAP_UP})
"""Handling calls."""
AVAILABLE = BUSY | {AgentState.READY, AgentState.RESERVED, AgentState.RINGING}
"""Handling calls, or there to be given one."""
MISSED = frozenset({Refusal.NO_ANSWER.value, Refusal.UNREACHABLE.value})
"""Why a ring came to nothing that the agent did not refuse."""
