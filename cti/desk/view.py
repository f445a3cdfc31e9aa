"""The live picture: agents, queues and calls as they are now, and who may see which of it.

A fold over the events. Each event gives the changes it made, one for each audience that can
see one. An audience is an agent's name, who sees his own state and the calls offered to him
or held by him; or EVERYTHING, which supervisors see.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
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


def together(changes: Sequence[Change]) -> Change:
    """One audience's changes, one or more, as one: of each row the last. ``event`` is the last one's."""
    agents: dict[str, Row] = {}
    queues: dict[str, Row] = {}
    calls: dict[str, Row] = {}
    gone: dict[CallId, None] = {}
    for change in changes:
        agents |= {row["name"]: row for row in change.agents}
        queues |= {row["name"]: row for row in change.queues}
        for row in change.calls:
            calls[row["id"]] = row
            gone.pop(row["id"], None)
        for call in change.gone:
            calls.pop(call, None)
            gone[call] = None
    last = changes[-1]
    return replace(
        last,
        agents=tuple(agents.values()),
        queues=tuple(queues.values()),
        calls=tuple(calls.values()),
        gone=tuple(gone),
        notices=tuple(notice for change in changes for notice in change.notices),
    )


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


_Order: TypeAlias = tuple[int, float, CallId]
"""Waiting calls sort by this: priority first, then who came first."""


@dataclass(slots=True)
class _Line:
    """The calls that wait in one queue, in order, and since when each of them does; both sorted, so
    that a change costs little however many wait."""

    order: list[_Order] = field(default_factory=list)
    since: list[float] = field(default_factory=list)

    def add(self, order: _Order) -> None:
        insort(self.order, order)
        insort(self.since, order[1])

    def remove(self, order: _Order) -> None:
        del self.order[bisect_left(self.order, order)]
        del self.since[bisect_left(self.since, order[1])]


class View:
    """The picture. ``agents`` and ``queues`` are the names a site has; others are added as met."""

    def __init__(self, agents: Iterable[str], queues: Iterable[str]) -> None:
        self.agents = {name: Agent(name) for name in agents}
        self.calls: dict[CallId, Call] = {}
        self._cards: dict[CallId, Row] = {}
        """As supervisors last had them told."""
        self._waiting = {name: _Line() for name in queues}

    def apply(
        self, event: Event, call: Call | None, wanted: Callable[[Audience], bool] = lambda audience: True
    ) -> list[Change]:
        """Takes in an event, and its call with the event applied. Returns what changed for whom, of
        the audiences that are ``wanted``."""
        if isinstance(event, AgentChanged):
            return self._apply_agent(event, wanted)
        if not isinstance(event, CallEvent) or call is None:
            return []
        old = self.calls.get(call.id)
        new = call if call.live and not isinstance(event, Ended) else None
        if new is None:
            self.calls.pop(call.id, None)
        else:
            self.calls[call.id] = new
        touched = self._apply_queues(old, new)
        offers = [offer for side in (old, new) if side is not None for offer in side.offers]
        agents = dict.fromkeys(offer.agent for offer in offers)
        changes = [_agents_change(event, old, new, name) for name in agents if wanted(name)]
        if wanted(EVERYTHING):
            changes.insert(0, self._everythings_change(event, old, new, touched))
        else:
            self._cards.pop(call.id, None)
        return [change for change in changes if not change.empty]

    def _apply_agent(self, event: AgentChanged, wanted: Callable[[Audience], bool]) -> list[Change]:
        agent = Agent(event.agent, event.state, event.at, shown(event.reason), event.call)
        self.agents[event.agent] = agent
        return [
            Change(audience, event.at, type(event).__name__, agents=(asdict(agent),))
            for audience in (EVERYTHING, event.agent)
            if wanted(audience)
        ]

    def _apply_queues(self, old: Call | None, new: Call | None) -> list[str]:
        """Moves the call between queues. Returns those whose waiting calls changed."""
        before, after = _place(old), _place(new)
        if before == after:
            return []
        touched = []
        if before is not None:
            self._waiting[before[0]].remove(before[1])
            touched.append(before[0])
        if after is not None:
            self._waiting.setdefault(after[0], _Line()).add(after[1])
            if after[0] not in touched:
                touched.append(after[0])
        return touched

    def _everythings_change(
        self, event: CallEvent, old: Call | None, new: Call | None, queues: Iterable[str]
    ) -> Change:
        before = self._cards.pop(event.call, None)
        after = None if new is None else card(new, EVERYTHING)
        if after is not None:
            self._cards[event.call] = after
        return Change(
            EVERYTHING,
            event.at,
            type(event).__name__,
            queues=tuple(self.queue(name) for name in queues),
            calls=(after,) if after is not None and after != before else (),
            gone=(event.call,) if old is not None and new is None else (),
            notices=_notices(event),
        )

    def queue(self, name: str) -> Row:
        """A queue: how many calls wait, the first of them in order, and since when the longest does."""
        line = self._waiting.get(name) or _Line()
        return {
            "name": name,
            "waiting": len(line.order),
            "calls": [call for _, _, call in line.order[:WAITING_SHOWN]],
            "longest_since": line.since[0] if line.since else None,
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


def _agents_change(event: CallEvent, old: Call | None, new: Call | None, name: str) -> Change:
    before = card(old, name) if old is not None and visible(old, name) else None
    after = card(new, name) if new is not None and visible(new, name) else None
    return Change(
        name,
        event.at,
        type(event).__name__,
        calls=(after,) if after is not None and after != before else (),
        gone=(event.call,) if before is not None and after is None else (),
    )


def _place(call: Call | None) -> tuple[str, _Order] | None:
    """The queue where the call waits, and its place there; None where it waits in none."""
    if call is None or call.place is not Place.QUEUE:
        return None
    return call.queue, (-call.priority, call.queued_at or call.arrived_at, call.id)


def _notices(event: CallEvent) -> tuple[Row, ...]:
    match event:
        case MonitorEnded(why=why) if why:
            return ({"call": event.call, "supervisor": event.supervisor, "text": shown(why)},)
        case Failed(command="Monitor" | "StopMonitor" | "Hangup"):
            return ({"call": event.call, "supervisor": "", "text": shown(f"{event.command}: {event.why}")},)
    return ()
