"""What routing and the records tell to flows, whose pillar knows neither."""

from __future__ import annotations

import time
from collections.abc import Mapping

from config.settings import Site
from config.usage import DAY_S
from cti.calls.events import CallId
from cti.calls.standing import Standing
from ivr.outside import Contact, InLine
from recordings import contacts
from recordings.store import Store
from routing.handler import RoutingPart

CONTACT_DAYS = 90
"""How long a caller and the agent who spoke with him count as acquainted."""


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
