"""Reasons: why this agent and this call, and why a call is still waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from cti.calls.words import CallId
from routing.agents import OFFERED, OFFLINE, READY, TALKING, WRAP_UP, Status
from routing.queues import Needs
from routing.router import Lane, Match, Place, Router
from routing.waiting_room import WaitingRoom

NAMED = 5
"""How many of those passed over are named, of calls and of agents each."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a match came about; see ``Offered``."""

    step: int
    candidates: int
    passed: Mapping[str, str]


def decided(router: Router, match: Match, now: float) -> Decision:
    """The reasons of a match that is about to be carried out."""
    place = router.place(match.call)
    lane = place.lane if place else None
    if place is None or lane is None:  # it rings at other phones already
        return Decision(place.step if place else 0, 0, {})
    passed: dict[str, str] = {}
    for _, name in islice(lane.pool.ready, NAMED):
        if name == match.agent:
            break
        if place.apart.get(name, now) > now:
            passed[name] = "didn't take this call before"
    for turn in islice(lane.turns, NAMED):
        if turn == place.turn:
            break
        passed[turn[-1]] = f"kept from {match.agent}, who didn't take it before"
    for other in router.lanes(lane.queue.name):
        if other is not lane and other.turns and other.turns[0] < place.turn and len(passed) < 2 * NAMED:
            passed[other.turns[0][-1]] = f"waits for {other.alone}" if other.alone else f"needs {words(other.needs)}"
    return Decision(place.step, len(lane.pool.ready), passed)


def words(needs: Needs) -> str:
    """Needs to be read by a person."""
    skills = ", ".join(f"{skill} {level}" for skill, level in needs.skills) or "no skill"
    return f"{skills}; one of {', '.join(needs.groups)}" if needs.groups else skills


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """Why a call waits. Times are in seconds. ``needs`` are those of its ``step`` of relaxation, of
    ``steps``. A callback isn't tried again before ``not_before_s``. ``agents`` says why none of them
    takes it: each reason, and of how many it is true. ``ahead`` are the first calls of the queue that
    have their turn before it."""

    call: CallId
    queue: str
    waited_s: float
    effective_priority: float
    position: int
    estimate_s: float | None
    step: int
    steps: int
    needs: str
    next_step_s: float | None
    not_before_s: float | None
    waits_for: str
    agents: Mapping[str, int]
    ahead: tuple[CallId, ...]


def still_waiting(
    room: WaitingRoom, place: Place, agents: Iterable[str], statuses: Mapping[str, Status], now: float
) -> StillWaiting:
    """Why a call in the waiting room waits, as things are at ``now`` (Unix seconds)."""
    waiting, lane, router = place.waiting, place.lane, room.router
    queue, standing = room.queue(waiting.queue), room.standing(waiting.call, now)
    reasons: dict[str, int] = {}
    for name in agents:
        reason = _reason(name, lane, statuses[name], place.apart.get(name, now) > now)
        reasons[reason] = reasons.get(reason, 0) + 1
    later = [waiting.since + step.after_s for step in queue.relax if waiting.since + step.after_s > now]
    return StillWaiting(
        call=waiting.call,
        queue=queue.name,
        waited_s=now - waiting.since,
        effective_priority=router.effective_priority(place, now),
        position=router.ahead(waiting) + 1,
        estimate_s=standing.estimate_s if standing else None,
        step=place.step,
        steps=len(queue.relax),
        needs=words(lane.needs) if lane else words(waiting.needs),
        next_step_s=min(later) - now if later else None,
        not_before_s=waiting.not_before - now if waiting.not_before > now else None,
        waits_for=lane.alone if lane else "",
        agents=dict(sorted(reasons.items(), key=lambda item: -item[1])),
        ahead=tuple(found[-1] for found in router.first(queue.name, NAMED) if found < place.turn),
    )


def _reason(name: str, lane: Lane | None, status: Status, apart: bool) -> str:
    if lane is not None and name not in lane.pool.scores:
        return f"is not {lane.alone}" if lane.alone else f"hasn't {words(lane.needs)}"
    match status.state:
        case state if state is OFFLINE:
            return "logged out"
        case state if state is TALKING or state in OFFERED:
            return "on another call"
        case state if state is WRAP_UP:
            return "in wrap-up"
        case state if state is READY:
            return "didn't take this call a moment ago" if apart else "ready, about to be asked"
    return f"not ready: {status.reason}" if status.reason else "not ready"
