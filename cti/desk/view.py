"""The live picture: agents, queues and calls as they are now, and who may see which of it.

A fold over the events. An audience is an agent's name, who sees his own state and the calls
offered to him or held by him; or EVERYTHING, which supervisors see. An event gives each agent's
change at once. For EVERYTHING it only marks the rows it touched: they are made when ``news`` is asked
for, however many events touched them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cti.access import Person, Right, Scope
from cti.calls.call import Call
from cti.calls.events import AgentChanged, CallEvent, Event, Failed, FollowUpDue
from cti.calls.talk_events import MonitorEnded
from cti.calls.words import AgentState, CallId, Direction, Place
from cti.desk.alerts import Figure, Own, Reading
from cti.desk.asked import asked, offer_state, party_row
from cti.desk.line import Line, Order
from cti.desk.rows import Row, Rows
from cti.desk.today import Today, Touched

Audience: TypeAlias = str | None
EVERYTHING: Audience = None

TEXT_SHOWN = 120
"""Characters shown of a text that came from outside, such as a caller's name."""
STEPS_SHOWN = 20
"""The last steps through the menu, and the last choices, that a card shows."""
WAITING_SHOWN = 50
"""How many waiting calls a queue lists by id; it counts all of them."""


REFUSED: Mapping[str, str] = {"ResumeRecording": "the recording could not be resumed"}
"""What an agent is told if Asterisk refuses a command, by its class name."""

Customers: TypeAlias = Callable[[CallId], Sequence[Row]]
"""The cards of the customers who have a call's number, as far as they are known by now; must not wait."""


def nobody_known(call: CallId) -> Sequence[Row]:
    """Where there are no customers."""
    return ()


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
    """What changed for one audience. Rows replace the rows of the same name or id."""

    audience: Audience
    at: float
    event: str
    """The class name of the event, or of the last of them."""
    agents: tuple[Row, ...] = ()
    queues: tuple[Row, ...] = ()
    calls: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()
    """Calls that ended, or that this audience may no longer see."""
    notices: tuple[Row, ...] = ()
    """What a supervisor should be told: ``call``, ``supervisor`` (empty for all), ``text``; or an agent of a
    follow-up that is due: ``followup``, ``text``; or of what he asked for in vain: ``call``, ``refused``, ``text``."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else there is to tell, by key: ``today``, ``alerts``, ``announcements``."""


def audience_of(person: Person) -> Audience:
    """What this person may see."""
    return EVERYTHING if person.may(Right.SUPERVISE) else person.name


def sees_customers(person: Person) -> bool:
    """Whether cards of calls may tell him who the customers are: a key needs its scope for that."""
    return person.scopes is None or Scope.CUSTOMERS_READ in person.scopes


def visible(call: Call, audience: Audience) -> bool:
    """Whether the audience may see this live call."""
    return call.live and (audience is EVERYTHING or any(name == audience for name in asked(call)))


def card(call: Call, audience: Audience, customers: Sequence[Row] = ()) -> Row:
    """The call as shown to the audience. Agents are not told who listens to them, nor who else is
    offered the call."""
    offers = (*call.offers, *(party.open for party in call.parties)) if call.parties else call.offers
    offer = next((own for own in offers if own.agent == audience), call.offer)
    row: Row = {
        "id": call.id,
        "caller": shown(call.caller),
        "caller_name": shown(call.caller_name),
        "direction": Direction.OUT if call.outbound else Direction.IN,
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
        "parked": {"by": call.parking.by, "until": call.parking.until} if call.parking is not None else None,
        "agent": offer.agent if offer else None,
        "offer": offer_state(offer),
        "connected_at": call.connected_at if offer and offer.connected else None,
        "held": call.held,
        "detour": call.detour.flow if call.detour is not None and not call.detour.over else None,
        "consult": party_row(call.consult) if call.consult is not None else None,
        "parties": [party_row(party) for party in call.parties],
        "recording": offer.recorded if offer else None,
        "help_since": call.help_since,
        "transferred_to": call.transferred_to,
        "customers": list(customers),
    }
    if audience is EVERYTHING:
        row["monitors"] = dict(call.monitors)
    return row


def shown(text: str) -> str:
    """Outside text cut to TEXT_SHOWN characters, and without what UTF-8 cannot carry."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"


class View:
    """The picture. ``agents`` and ``queues`` are the names a site has; others are added as met.
    ``today`` keeps the day's figures; ``customers`` says who calls."""

    def __init__(
        self,
        agents: Iterable[str],
        queues: Iterable[str],
        today: Today | None = None,
        customers: Customers = nobody_known,
    ) -> None:
        self.today = Today() if today is None else today
        self.customers = customers
        self.agents = {name: Agent(name) for name in agents}
        self.calls: dict[CallId, Call] = {}
        self._waiting = {name: Line() for name in queues}
        self._own: dict[str, dict[CallId, Row | None]] = {}
        """Each agent's calls, as he was last told them; None where he was not."""
        self._agent_rows = Rows(self._agent, self.agents)
        self._queue_rows = Rows(self.queue, self._waiting)
        self._call_rows = Rows(self._card)
        self._notices: list[Row] = []
        self._told_today: Row = {}
        self._stirred: set[str] = set()
        self._last = (0.0, "")
        """When the last event was that touched a row, and its class name."""

    def apply(
        self, event: Event, call: Call | None, wanted: Callable[[Audience], bool] = lambda audience: True
    ) -> list[Change]:
        """Takes in an event, and its call with the event applied. Returns what changed for the agents
        that are ``wanted``; what changed for EVERYTHING is in ``news``."""
        if isinstance(event, AgentChanged):
            return self._apply_agent(event, wanted)
        if isinstance(event, FollowUpDue):
            notice = {"followup": event.followup, "text": "a follow-up is due"}
            due = Change(event.agent, event.at, type(event).__name__, notices=(notice,))
            return [due] if wanted(event.agent) else []
        if not isinstance(event, CallEvent) or call is None:
            return []
        touched = self.today.apply(event, call)
        self.touch(touched)
        old, new = self.calls.get(call.id), call if call.live else None
        told = [change for change in _refused(event, call) if wanted(change.audience)]
        notices = _notices(event) if wanted(EVERYTHING) else ()
        if new is old and not notices:
            return told  # none for a digit and the like
        self._last = (event.at, type(event).__name__)
        self._notices += notices
        if new is None:
            self.calls.pop(call.id, None)
            self._call_rows.gone(call.id)
        else:
            self.calls[call.id] = new
            self._call_rows.touch(call.id)
        self._apply_queues(old, new)
        return [*self._apply_offers(call.id, old, new, touched.agents, wanted), *told]

    def known(self, id: CallId, wanted: Callable[[Audience], bool] = lambda audience: True) -> list[Change]:
        """Takes in that something else is known of the call's caller. Returns as ``apply``."""
        call = self.calls.get(id)
        if call is None:
            return []
        self._call_rows.touch(id)
        return self._apply_offers(id, call, call, (), wanted)

    def news(self) -> Change | None:
        """What changed for EVERYTHING since this was last asked, as it is now; None if nothing did."""
        agents, _ = self._agent_rows.news()
        queues, _ = self._queue_rows.news()
        calls, gone = self._call_rows.news()
        notices, self._notices = tuple(self._notices), []
        today = self.today.all.row()
        more = {} if today == self._told_today else {"today": today}
        self._told_today = today
        if not (agents or queues or calls or gone or notices or more):
            return None
        at, event = self._last
        return Change(EVERYTHING, at, event, agents, queues, calls, gone, notices, more)

    def touch(self, touched: Touched) -> None:
        """Figures of the day are other than before, of these queues and agents."""
        for queue in touched.queues:
            self._touch_queue(queue)
        for agent in touched.agents:
            if agent in self.agents:
                self._agent_rows.touch(agent)

    def counted(self, touched: Touched, at: float) -> list[Change]:
        """Figures of the day are other than before, by no event: what changed for these agents."""
        self.touch(touched)
        self._last = (at, "Counted")
        names = (name for name in touched.agents if name in self.agents)
        return [Change(name, *self._last, agents=(self._agent(name),)) for name in names]

    def _touch_queue(self, name: str) -> None:
        self._queue_rows.touch(name)
        self._stirred.add(name)

    def stirred(self) -> set[str]:
        """The queues in which something happened since this was last asked."""
        stirred, self._stirred = self._stirred, set()
        return stirred

    def reading(self, queue: str, figure: Figure | Own, now: float) -> Reading:
        """A queue's figure as it is now."""
        line, day = self._waiting.get(queue) or Line(), self.today.queue(queue)
        match figure:
            case Figure.WAITING:
                return Reading(len(line.order))
            case Figure.LONGEST_WAIT:
                return Reading(now - line.since[0], rises=True) if line.since else Reading(0.0)
            case Figure.ABANDONED:
                return Reading(day.abandoned)
            case Figure.SERVICE_LEVEL_ANSWERED:
                return Reading(day.service_level_answered)
            case Figure.SERVICE_LEVEL_OFFERED:
                return Reading(day.service_level_offered)
            case Figure.WAIT_MEAN:
                return Reading(day.wait_mean_s)
            case Own():
                return Reading(None)

    def _apply_agent(self, event: AgentChanged, wanted: Callable[[Audience], bool]) -> list[Change]:
        self.agents[event.agent] = Agent(event.agent, event.state, event.at, shown(event.reason), event.call)
        self._agent_rows.touch(event.agent)
        self._last = (event.at, type(event).__name__)
        return [Change(event.agent, *self._last, agents=(self._agent(event.agent),))] if wanted(event.agent) else []

    def _apply_queues(self, old: Call | None, new: Call | None) -> None:
        """Moves the call between queues."""
        before, after = _place(old), _place(new)
        if before == after:
            return
        if before is not None:
            self._waiting[before[0]].remove(before[1])
            self._touch_queue(before[0])
        if after is not None:
            self._waiting.setdefault(after[0], Line()).add(after[1])
            self._touch_queue(after[0])

    def _apply_offers(
        self,
        id: CallId,
        old: Call | None,
        new: Call | None,
        touched: Collection[str],
        wanted: Callable[[Audience], bool],
    ) -> list[Change]:
        """Shows the call to the agents it is offered to, and takes it from those it no longer is; those
        who are ``touched`` are told their own row."""
        changes = []
        shown_to = dict.fromkeys((*asked(old), *asked(new)))
        for name in dict.fromkeys((*shown_to, *touched)):
            agents = (self._agent(name),) if name in touched and name in self.agents and wanted(name) else ()
            if name not in shown_to:
                changes += [Change(name, *self._last, agents)] if agents else []
                continue
            own = self._own.setdefault(name, {})
            told = own.pop(id, None)
            if new is not None and visible(new, name):
                row = own[id] = card(new, name, self.customers(id)) if wanted(name) else None
                if row is not None and (row != told or agents):
                    changes.append(Change(name, *self._last, agents, calls=(row,)))
            elif wanted(name):
                changes.append(Change(name, *self._last, agents, gone=(id,)))
        return changes

    def _agent(self, name: str) -> Row:
        agent, work = self.agents[name], self.today.agent(name)
        return {
            "name": name,
            "state": agent.state,
            "since": agent.since,
            "reason": agent.reason,
            "call": agent.call,
            "calls_today": work.calls,
            "talk_today_s": round(work.talk_s, 3),
        }

    def _card(self, id: str) -> Row | None:
        call = self.calls.get(CallId(id))
        return None if call is None else card(call, EVERYTHING, self.customers(call.id))

    def queue(self, name: str) -> Row:
        """A queue: how many calls wait, the first of them in order, since when the longest does, and the
        figures of the day, and of its last quarter-hours."""
        line = self._waiting.get(name) or Line()
        return {
            "name": name,
            "waiting": len(line.order),
            "calls": [call for _, _, call in line.order[:WAITING_SHOWN]],
            "longest_since": line.since[0] if line.since else None,
            "today": self.today.queue(name).row(),
            "recent": self.today.recent(name).row(),
        }

    @property
    def queues(self) -> list[Row]:
        return [self.queue(name) for name in self._waiting]

    def seen_by(self, audience: Audience) -> dict[str, Any]:
        """All that the audience may see: ``agents``, ``queues``, ``calls``; for EVERYTHING also ``today``,
        the figures of all queues together."""
        if audience is None:  # EVERYTHING
            agents, queues, calls = list(self.agents), self.queues, list(self.calls)
        else:
            agents, queues, calls = [audience] if audience in self.agents else [], [], list(self._own.get(audience, ()))
        seen: dict[str, Any] = {
            "agents": [self._agent(name) for name in agents],
            "queues": queues,
            "calls": [card(self.calls[id], audience, self.customers(id)) for id in calls],
        }
        return seen if audience is not None else {**seen, "today": self.today.all.row()}


def _place(call: Call | None) -> tuple[str, Order] | None:
    """The queue where the call waits, and its place there; None where it waits in none, or is parked."""
    if call is None or call.place is not Place.QUEUE or call.parking is not None:
        return None
    return call.queue, (-call.priority, call.queued_at or call.arrived_at, call.id)


def _refused(event: CallEvent, call: Call) -> Iterator[Change]:
    """What the agent of a talk should be told, whose card would tell him nothing of it."""
    if isinstance(event, Failed) and event.command in REFUSED:
        row = {"call": event.call, "refused": event.command, "text": REFUSED[event.command]}
        for open in call.offers:
            if open.offer == event.offer:
                yield Change(open.agent, event.at, type(event).__name__, notices=(row,))


def _notices(event: CallEvent) -> tuple[Row, ...]:
    match event:
        case MonitorEnded(why=why) if why:
            return ({"call": event.call, "supervisor": event.supervisor, "text": shown(why)},)
        case Failed(command="Monitor" | "StopMonitor" | "Hangup"):
            return ({"call": event.call, "supervisor": "", "text": shown(f"{event.command}: {event.why}")},)
    return ()
