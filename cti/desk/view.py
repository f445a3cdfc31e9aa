"""The live picture: agents, queues and calls as they are now, and who may see which of it.

A fold over the events. Each event gives the changes it made, one for each audience that can
see one. An audience is an agent's name, who sees his own state and the calls offered to him
or held by him; or EVERYTHING, which supervisors see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from cti.access import Person, Role
from cti.calls.call import Call, OpenOffer
from cti.calls.events import AgentChanged, AgentState, CallEvent, CallId, Ended, Event, Failed, MonitorEnded, Place

Audience: TypeAlias = str | None
EVERYTHING: Audience = None

Row: TypeAlias = dict[str, Any]
"""One agent, queue, call or notice as JSON values. Times are Unix seconds."""

TEXT_SHOWN = 120
"""Characters shown of a text that came from outside, such as a caller's name."""
STEPS_SHOWN = 20
"""The last steps through the menu, and the last choices, that a card shows."""
WAITING_SHOWN = 50
"""How many waiting calls a queue lists by id; it counts all of them."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as the picture has him. ``since`` is 0.0 until he was heard of."""

    name: str
    state: AgentState = AgentState.OFFLINE
    since: float = 0.0
    reason: str = ""
    call: CallId | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What one event changed for one audience. Rows replace the rows of the same name or id."""

    audience: Audience
    at: float
    event: str
    """The event's class name."""
    agents: tuple[Row, ...] = ()
    queues: tuple[Row, ...] = ()
    calls: tuple[Row, ...] = ()
    gone: tuple[CallId, ...] = ()
    """Calls that ended, or that this audience may no longer see."""
    notices: tuple[Row, ...] = ()
    """What a supervisor should be told: ``call``, ``supervisor`` (empty for all), ``text``."""

    @property
    def empty(self) -> bool:
        return not (self.agents or self.queues or self.calls or self.gone or self.notices)


def audience_of(person: Person) -> Audience:
    """What this person may see."""
    return EVERYTHING if person.role.covers(Role.SUPERVISOR) else person.name


def visible(call: Call, audience: Audience) -> bool:
    """Whether the audience may see this live call."""
    return call.live and (audience is EVERYTHING or any(offer.agent == audience for offer in call.offers))


def card(call: Call, audience: Audience) -> Row:
    """The call as shown to the audience. Agents are not told who listens to them, nor who else is
    offered the call."""
    offer = next((own for own in call.offers if own.agent == audience), call.offer)
    row: Row = {
        "id": call.id,
        "caller": shown(call.caller),
        "caller_name": shown(call.caller_name),
        "dialled": shown(call.dialled),
        "arrived_at": call.arrived_at,
        "place": call.place,
        "flow": call.flow,
        "path": list(call.path[-STEPS_SHOWN:]),
        "choices": [{"node": node, "value": shown(value)} for node, value in call.choices[-STEPS_SHOWN:]],
        "queue": call.queue,
        "priority": call.priority,
        "level": shown(call.level),
        "screen": [{"label": shown(label), "value": shown(value)} for label, value in call.screen.items()],
        "queued_at": call.queued_at,
        "agent": offer.agent if offer else None,
        "offer": _state(offer),
        "connected_at": call.connected_at if offer and offer.connected else None,
        "held": call.held,
        "transferred_to": call.transferred_to,
    }
    if audience is EVERYTHING:
        row["monitors"] = dict(call.monitors)
    return row


def shown(text: str) -> str:
    """Outside text cut to TEXT_SHOWN characters, and without what UTF-8 cannot carry."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"


def _state(offer: OpenOffer | None) -> str | None:
    """How far the offer has come: offered, ringing, accepted, connected; None without one."""
    if offer is None:
        return None
    states = {"connected": offer.connected, "accepted": offer.accepted, "ringing": offer.ringing}
    return next((state for state, reached in states.items() if reached), "offered")


def _waits(call: Call) -> bool:
    return call.place is Place.QUEUE


class View:
    """The picture. ``agents`` and ``queues`` are the names a site has; others are added as met."""

    def __init__(self, agents: Iterable[str], queues: Iterable[str]) -> None:
        self.agents = {name: Agent(name) for name in agents}
        self.calls: dict[CallId, Call] = {}
        self._waiting: dict[str, dict[CallId, Call]] = {name: {} for name in queues}

    def apply(self, event: Event, call: Call | None) -> list[Change]:
        """Takes in an event, and its call with the event applied. Returns what changed for whom."""
        if isinstance(event, AgentChanged):
            return self._apply_agent(event)
        if not isinstance(event, CallEvent) or call is None:
            return []
        old = self.calls.get(call.id)
        new = call if call.live and not isinstance(event, Ended) else None
        if new is None:
            self.calls.pop(call.id, None)
        else:
            self.calls[call.id] = new
        queues = self._apply_queues(old, new)
        audiences: list[Audience] = [EVERYTHING]
        for side in (old, new):
            for offer in side.offers if side is not None else ():
                if offer.agent not in audiences:
                    audiences.append(offer.agent)
        changes = [self._change(event, old, new, audience, queues) for audience in audiences]
        return [change for change in changes if not change.empty]

    def _apply_agent(self, event: AgentChanged) -> list[Change]:
        agent = Agent(event.agent, event.state, event.at, shown(event.reason), event.call)
        self.agents[event.agent] = agent
        return [
            Change(audience, event.at, type(event).__name__, agents=(asdict(agent),))
            for audience in (EVERYTHING, event.agent)
        ]

    def _apply_queues(self, old: Call | None, new: Call | None) -> tuple[Row, ...]:
        """Moves the call between queues. Returns the rows of those whose waiting calls changed."""
        before = old if old is not None and _waits(old) else None
        after = new if new is not None and _waits(new) else None
        touched = []
        if before is not None and (after is None or after.queue != before.queue):
            self._waiting[before.queue].pop(before.id, None)
            touched.append(before.queue)
        if after is not None:
            self._waiting.setdefault(after.queue, {})[after.id] = after
            if before is None or _order(before) != _order(after) or before.queue != after.queue:
                touched.append(after.queue)
        return tuple(self.queue(name) for name in touched)

    def _change(
        self, event: CallEvent, old: Call | None, new: Call | None, audience: Audience, queues: tuple[Row, ...]
    ) -> Change:
        before = card(old, audience) if old is not None and visible(old, audience) else None
        after = card(new, audience) if new is not None and visible(new, audience) else None
        everything = audience is EVERYTHING
        return Change(
            audience,
            event.at,
            type(event).__name__,
            queues=queues if everything else (),
            calls=(after,) if after is not None and after != before else (),
            gone=(event.call,) if before is not None and after is None else (),
            notices=_notices(event) if everything else (),
        )

    def queue(self, name: str) -> Row:
        """A queue: how many calls wait, the first of them in order, and since when the longest does."""
        waiting = sorted(self._waiting.get(name, {}).values(), key=_order)
        return {
            "name": name,
            "waiting": len(waiting),
            "calls": [call.id for call in waiting[:WAITING_SHOWN]],
            "longest_since": min((call.queued_at or call.arrived_at for call in waiting), default=None),
        }

    @property
    def queues(self) -> list[Row]:
        return [self.queue(name) for name in self._waiting]

    def seen_by(self, audience: Audience) -> dict[str, list[Row]]:
        """All that the audience may see: ``agents``, ``queues``, ``calls``."""
        everything = audience is EVERYTHING
        return {
            "agents": [asdict(agent) for agent in self.agents.values() if everything or agent.name == audience],
            "queues": self.queues if everything else [],
            "calls": [card(call, audience) for call in self.calls.values() if visible(call, audience)],
        }


def _order(call: Call) -> tuple[int, float, str]:
    """Waiting calls sort by this: priority first, then who came first."""
    return (-call.priority, call.queued_at or call.arrived_at, call.id)


def _notices(event: CallEvent) -> tuple[Row, ...]:
    match event:
        case MonitorEnded(why=why) if why:
            return ({"call": event.call, "supervisor": event.supervisor, "text": shown(why)},)
        case Failed(command="Monitor" | "StopMonitor" | "Hangup"):
            return ({"call": event.call, "supervisor": "", "text": shown(f"{event.command}: {event.why}")},)
    return ()
