"""What the supervisors' board is made of: the day's figures, alerts, announcements."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from config.reporting import teams
from config.settings import Site
from cti.calls.call import Call, apply
from cti.calls.events import CallEvent
from cti.calls.words import CallId
from cti.desk.alerts import Alert, Alerts, Figure, Own, Reading, Rule
from cti.desk.announcements import Announcements
from cti.desk.board_api import routes
from cti.desk.callback_news import CallbackNews
from cti.desk.feed import Feed
from cti.desk.metrics import Metrics
from cti.desk.park_news import ParkNews
from cti.desk.part import DeskPart
from cti.desk.rows import Row
from cti.desk.today import Rules, Today
from cti.desk.view import EVERYTHING, Audience, Change, Customers, View, nobody_known
from cti.desk.wall import WALL, Wall, alert_row
from recordings.ledger.faults import Faults
from recordings.records.record import Recording
from recordings.records.today import stretches
from recordings.storage.room import WARN_S, Room
from recordings.store import Store

LOOK_S = 60.0
"""How often the disk is looked at."""
ROOM_RULES = [Rule("", Own.ROOM, above=False, limit=limit, for_s=0.0) for limit in (WARN_S, 1.0)]
"""The room for recordings lasts not long any more, or there is none."""


class Board:
    """The desks' feed with all that is on it, at its beginning. ``history`` are the events of calls that
    go on; ``customers`` says who calls; ``alerted`` is told of alerts,
    ``room`` says how long there is room for recordings."""

    def __init__(
        self,
        site: Site,
        registry: CollectorRegistry,
        history: Sequence[CallEvent],
        customers: Customers = nobody_known,
        alerted: Callable[[Alert], None] = lambda alert: None,
        room: Room | None = None,
    ) -> None:
        self._site = site
        self._began = time.time()
        self._history = history
        self.today = Today(_rules(site), self._began)
        view = View(site.agents, site.queues, self.today, customers)
        of_room = Room() if room is None else room

        def read(queue: str, figure: Figure | Own, now: float) -> Reading:
            if isinstance(figure, Own):
                return Reading(of_room.left_s, again_s=LOOK_S)
            return view.reading(queue, figure, now)

        rules = [alert.rule() for alert in site.settings.alerts]
        self._alerts = alerts = Alerts([*rules, *ROOM_RULES], read)
        self.faults = Faults(registry)
        self._announcements = Announcements(site.state / "announcements.json")

        wall = Wall(view, {name: self.serving(name) or () for name in site.queues}, teams(site))

        def beside(audience: Audience, now: float) -> dict[str, list[Row]]:
            if audience == WALL:
                return {**wall.snapshot(), "alerts": [alert_row(alert) for alert in alerts.raised]}
            shown = [one.row(audience) for one in self._announcements.current(now, audience)]
            if audience is not EVERYTHING:
                return {"announcements": shown}
            raised = [alert.row() for alert in alerts.raised]
            return {"announcements": shown, "alerts": raised, "recordings": self.faults.rows()}

        self.feed = Feed(view, beside=[beside], wall=wall)
        self.parts = (
            DeskPart(self.feed, Metrics(view, registry, alerts), alerts, alerted),
            CallbackNews(self.feed, self.serving),
            ParkNews(self.feed, self.serving),
        )
        follow(self.today, history)

    def routes(self) -> APIRouter:
        return routes(self.feed, self._announcements, self._alerts, self._site.agents, self.serving)

    def measured(self, recording: Recording) -> None:
        """Counts a recording that was measured, and tells supervisors where it is not whole."""
        if (row := self.faults.found(recording)) is not None:
            self.feed.tell(Change(EVERYTHING, self.feed.now, "RecordingFaulty", more={"recordings": [row]}))

    def serving(self, queue: str) -> Collection[str] | None:
        """Who has what the queue needs of each call, before any relaxation."""
        found = self._site.queues.by_name.get(queue)
        if found is None:
            return None
        return [
            agent.name
            for agent in self._site.agents.values()
            if all(agent.skills.get(skill, 0) >= level for skill, level in found.skills.items())
            and (not found.groups or found.groups & agent.groups)
        ]

    async def restore(self, records: Store) -> None:
        """Adds the calls of today that were over before. It takes its time: others have their turns."""
        await self.faults.restore(records)
        besides = {event.call for event in self._history}
        async for some in stretches(records, self.today.start, self._began, besides):
            for one in some:
                if one.came is not None:
                    self.today.came(one.queue, one.since)
                    self.today.waited(one.queue, one.since, one.until, one.came)
                else:
                    self.today.talk_began(one.agent, one.since)
                    self.today.talked(one.agent, one.since, one.until)
        self.feed.counted(self.today.touched, self.feed.now)


def follow(today: Today, history: Iterable[CallEvent]) -> None:
    """Takes in what happened to calls that go on, but what happened before the day began."""
    calls: dict[CallId, Call] = {}
    for event in history:
        call = calls[event.call] = apply(calls.get(event.call), event)
        today.apply(event, call)


def _rules(site: Site) -> Rules:
    settings = site.settings
    return Rules(
        zone=None if settings.zone is None else ZoneInfo(settings.zone),
        targets={name: queue.target.within_s for name, queue in site.queues.items()},
        short_s=settings.short_abandon,
    )
