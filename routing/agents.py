"""Agents: who they are, what each is doing, and from which state to which they may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cti.calls.words import AgentState, CallId, OfferId

OFFLINE, READY, NOT_READY = AgentState.OFFLINE, AgentState.READY, AgentState.NOT_READY
RESERVED, RINGING, TALKING = AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING
WRAP_UP = AgentState.WRAP_UP


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who takes calls. ``phone`` is the Asterisk dial string of the phone he sits at if he
    doesn't say otherwise, ``phones`` are further ones he may sit at. ``skills`` maps to 1..10,
    ``groups`` are those of the roster he belongs to. ``auto_answer``: his phone picks up by itself."""

    name: str
    phone: str
    skills: Mapping[str, int]
    groups: frozenset[str] = frozenset()
    phones: tuple[str, ...] = ()
    auto_answer: bool = False

    @property
    def all_phones(self) -> tuple[str, ...]:
        """The phones he may sit at, his usual one first."""
        return (self.phone, *self.phones)


class NotAllowed(Exception):
    """The state can't be asked for; the text says why, for the one who asked."""


class UnknownAgent(LookupError):
    """No agent of the site has this name."""


NEXT: Mapping[AgentState, frozenset[AgentState]] = {
    # Talking follows from any state: a talk may be found under way when the engine starts.
    OFFLINE: frozenset({READY, NOT_READY, TALKING}),
    READY: frozenset({RESERVED, NOT_READY, OFFLINE, TALKING}),
    RESERVED: frozenset({RINGING, TALKING, READY, NOT_READY, OFFLINE}),
    RINGING: frozenset({TALKING, READY, NOT_READY, OFFLINE}),
    TALKING: frozenset({WRAP_UP, READY, NOT_READY, OFFLINE}),
    WRAP_UP: frozenset({READY, NOT_READY, OFFLINE, TALKING}),
    NOT_READY: frozenset({READY, NOT_READY, OFFLINE, TALKING}),
}
"""From a state to the states that may follow it. Not ready follows itself with another reason."""

OFFERED = frozenset({RESERVED, RINGING})
"""An offer is open to the agent."""
ON_CALL = OFFERED | {TALKING}
ASKABLE = frozenset({READY, NOT_READY, OFFLINE})
"""What may be asked for; the other states follow from calls."""


@dataclass(frozen=True, slots=True)
class Status:
    """What an agent is doing. Times are Unix seconds.

    ``idle_since`` is when the agent last became free: an offer that is taken back leaves it.
    ``until`` is when the state ends by itself (wrap-up, an offer's deadline). ``token`` is the
    number of the agent's latest reservation; who knows an older one may not write any more.
    ``wish`` was asked for during a call and comes true after it. ``phone`` is where he sits, empty
    for his usual one. ``offered_at``, ``talked_s`` and ``talks`` are what strategies go by: when he
    was last offered a call, and since he logged in how long and how often he talked. ``beside``: his
    phone rings beside another's, to whom the call is promised. ``last`` is the call he talked on last,
    or talks on now, and ``last_queue`` its queue; he ``owes`` its disposition while he must give one.
    """

    state: AgentState = OFFLINE
    since: float = 0.0
    reason: str = ""
    call: CallId | None = None
    offer: OfferId | None = None
    queue: str = ""
    accepted: bool = False
    beside: bool = False
    idle_since: float = 0.0
    until: float | None = None
    token: int = 0
    wish: AgentState | None = None
    wish_reason: str = ""
    phone: str = ""
    offered_at: float = 0.0
    talked_s: float = 0.0
    talks: int = 0
    last: CallId | None = None
    last_queue: str = ""
    owes: bool = False

    def to(self, state: AgentState, now: float, reason: str = "", until: float | None = None) -> Status:
        """The agent in another state. Raises NotAllowed where the table has no such step."""
        if state not in NEXT[self.state]:
            raise NotAllowed(f"{state} can't follow {self.state}")
        kept = self if state in ON_CALL else replace(self, call=None, offer=None, queue="", accepted=False)
        if state not in ON_CALL and state is not WRAP_UP:
            kept = replace(kept, wish=None, wish_reason="")
        if state is READY and self.state not in OFFERED:
            kept = replace(kept, idle_since=now)
        beside = kept.beside and state in OFFERED
        return replace(kept, state=state, since=now, reason=reason, until=until, beside=beside)

    def freed(self, now: float) -> Status:
        """The agent after a call or a wrap-up: as wished, or ready."""
        return self.to(self.wish or READY, now, self.wish_reason)

    def asked(self, state: AgentState, reason: str, now: float) -> Status:
        """The agent after asking for ``state``; during a call the wish is kept for after it.

        Raises NotAllowed for a state that only follows from a call, and for ready while he owes a
        disposition.
        """
        if state not in ASKABLE:
            raise NotAllowed(f"{state} follows from a call; ask for ready, not ready or offline")
        if self.state in ON_CALL:
            wish = None if state is READY else state
            return replace(self, wish=wish, wish_reason=reason if wish else "")
        if state is READY and self.owes:
            raise NotAllowed(f"the disposition of call {self.last} ({self.last_queue}) is missing; give it first")
        if (self.state, self.reason) == (state, reason) or self.state is state is not NOT_READY:
            return self
        return self.to(state, now, reason)
