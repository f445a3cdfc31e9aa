"""What the pillars tell each other, of whom none knows another."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from config.settings import Site
from config.usage import DAY_S
from cti.access import Person
from cti.calls.call import Call
from cti.calls.events import CallEvent
from cti.calls.part import Output
from cti.calls.standing import Standing
from cti.calls.words import AgentState, CallId
from cti.desk.consult import Helpers
from cti.desk.control import Ways
from cti.desk.view import audience_of, visible
from ivr.outside import Contact, InLine
from ivr.tree import Flows
from ivr.verbs.leave import comes_back
from recordings.desk import contacts
from recordings.desk.before import Numbers
from recordings.desk.followups import FollowUpsPart, untold
from recordings.journal import last_states, open_callbacks
from recordings.store import Store
from routing.agents import NotAllowed, UnknownAgent
from routing.dispositions_api import Talk, Talked
from routing.handler import RoutingPart
from routing.recall import CALLBACKS_S, REMEMBERED_S, Remembered, recall
from routing.store import StoreDown

CONTACT_DAYS = 90
"""How long a caller and the agent who spoke with him count as acquainted."""


def numbers_of(
    calls: Callable[[], Mapping[CallId, Call]], ways: Callable[[str], Awaitable[Collection[str]]]
) -> Numbers:
    """Answers from which numbers the caller of a live call may have called before."""

    async def ask(id: CallId, who: Person) -> Collection[str] | None:
        call = calls().get(id)
        return await ways(call.caller) if call is not None and visible(call, audience_of(who)) else None

    return ask


def music(site: Site) -> Mapping[str, str]:
    """The class of music of each queue."""
    return {name: queue.music for name, queue in site.queues.items()}


def standing(routing: RoutingPart) -> InLine:
    """Answers how a call stands in its queue."""

    def ask(call: CallId) -> Standing | None:
        return routing.standing(call, time.time())

    return ask


def contact(records: Store) -> Contact:
    """Answers who spoke with a caller in the last CONTACT_DAYS."""

    async def ask(caller: str, first: bool) -> str:
        return await contacts.last_agent(records, caller, time.time() - CONTACT_DAYS * DAY_S, first=first)

    return ask


def talked(records: Store) -> Talked:
    """Answers which talk an agent had on a call."""

    async def ask(call: CallId, agent: str) -> Talk | None:
        return await contacts.last_talk(records, call, agent)

    return ask


async def waiting_followups(records: Store) -> FollowUpsPart:
    """The part of the loop that tells of follow-ups, with those that an earlier run did not tell of."""
    part = FollowUpsPart()
    async with records.connect() as connection:
        for followup in await untold(connection):
            part.set(followup)
    return part


async def remembered(records: Store, history: Sequence[CallEvent], agents: Collection[str]) -> Remembered:
    """What the journal knows of agents and callbacks that the live state has lost."""
    now = time.time()
    states = recall(await last_states(records, agents, now - REMEMBERED_S), history)
    return Remembered(states, await open_callbacks(records, now - CALLBACKS_S))


def helpers(site: Site, routing: RoutingPart) -> Helpers:
    """Whom agents may ask about their callers."""

    async def ask(agent: str, queue: str, call: Call, by: str, now: float) -> Sequence[Output]:
        try:
            if queue:
                return await routing.consult_any(queue, call, by, now)
            return await routing.consult(agent, call, by, now)
        except (UnknownAgent, NotAllowed, StoreDown) as error:
            raise ValueError(str(error)) from error

    def ready() -> Collection[str]:
        return [name for name, status in routing.floor.crew.statuses.items() if status.state is AgentState.READY]

    return Helpers(agent=ask, ready=ready, queues=routing.floor.consults.queues, numbers=site.outbound)


def ways(site: Site, routing: RoutingPart, flows: Callable[[], Flows]) -> Ways:
    """Where agents may send their callers, as things are."""

    def logged_in() -> Collection[str]:
        return [name for name, status in routing.floor.crew.statuses.items() if status.state is not AgentState.OFFLINE]

    def back() -> Collection[str]:
        return [name for name in flows() if comes_back(name, flows())]

    return Ways(
        queues=lambda: routing.floor.queues,
        agents=logged_in,
        flows=flows,
        back=back,
        numbers=site.outbound,
        park_s=site.settings.parking,
    )
