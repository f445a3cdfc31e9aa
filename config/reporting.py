"""Reports while the server runs: the sums kept fresh, and what the site has sent by itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.alerting import mailer
from config.files.reports import SendSettings
from config.files.roster import FILE, Duty, Roster, duties
from config.settings import Site
from cti.mail import Attachment, Mailer
from cti.site.files import SiteError, check, read
from ivr.fetch import Fetcher
from ivr.verbs.survey import Survey
from recordings.reports.counting import Rules
from recordings.reports.files import MEDIA, written
from recordings.reports.intervals import Span, begun, spans
from recordings.reports.keeper import Keeper
from recordings.reports.query import Report, TooMuch, Wanted, report
from recordings.reports.rollups import Rollups
from recordings.reports.schedule import due
from recordings.reports.work import Duties
from recordings.store import Store

LOOK_S = 60.0
MOST_SPANS = 1_000
log = structlog.get_logger(__name__)


def rules(site: Site) -> Rules:
    """How the site's calls are counted."""
    nodes = ((name, node) for flow in site.flows.values() for name, node in flow.nodes.items())
    surveys = frozenset(name for name, node in nodes if isinstance(node, Survey))
    return Rules(site.targets, site.settings.short_abandon, surveys, site.settings.reports.satisfied)


def on_duty(site: Site) -> Duties:
    """Who is on the roster when, by roster.yaml; nobody where there is none, or it cannot be read."""
    path = site.folder / FILE
    if not path.exists():
        return lambda start, end: ()
    try:
        roster = check(Roster, read(path))
    except SiteError as error:
        log.error("reports are without adherence: the roster cannot be read", problems=len(error.problems))
        return lambda start, end: ()
    zone = site.settings.zone or "UTC"

    def between(start: float, end: float) -> Iterable[Duty]:
        day = datetime.fromtimestamp(start, UTC).date() - timedelta(days=1)
        last = datetime.fromtimestamp(end, UTC).date() + timedelta(days=1)
        found: dict[tuple[str, float], Duty] = {}
        while day <= last:
            for duty in duties(roster, day, zone, site.agents):
                if duty.start < end and duty.end > start:
                    found[duty.agent, duty.start] = duty
            day += timedelta(days=1)
        return found.values()

    return between


def rollups(site: Site, store: Store) -> Rollups:
    """The sums of the site's reports."""
    return Rollups(store, rules(site), on_duty(site))


def teams(site: Site) -> dict[str, list[str]]:
    """The agents of each group."""
    groups = sorted({group for agent in site.agents.values() for group in agent.groups})
    return {group: [agent.name for agent in site.agents.values() if group in agent.groups] for group in groups}


@asynccontextmanager
async def reporting(site: Site, store: Store, fetcher: Fetcher) -> AsyncIterator[Keeper]:
    """Keeps the sums fresh, and sends reports, until the end of the block. Raises CannotStart."""
    keeper = Keeper(rollups(site, store))
    sender = Sender(site, store, keeper, fetcher)
    tasks = [asyncio.create_task(keeper.run(), name="reports"), asyncio.create_task(sender.run(), name="sent reports")]
    try:
        yield keeper
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await keeper.close()


class Sender:
    """Sends what ``reports.send`` says, each once; what is not taken is sent again a little later. How far
    each has come is in a file of the state folder. Raises CannotStart."""

    def __init__(self, site: Site, store: Store, keeper: Keeper, fetcher: Fetcher) -> None:
        self._site, self._store, self._keeper, self._fetcher = site, store, keeper, fetcher
        self._file = site.state / "reports-sent.json"
        wanted = any(send.mail for send in site.settings.reports.send)
        self._mailer: Mailer | None = mailer(site.settings.mail, site.state) if wanted and site.settings.mail else None

    async def run(self) -> None:
        """Works until cancelled."""
        while self._site.settings.reports.send:
            try:
                await self.look(time.time())
            except (SQLAlchemyError, OSError, TooMuch, ValueError) as error:
                log.warning("a report was not made", error=type(error).__name__)
            await asyncio.sleep(LOOK_S)

    async def look(self, now: float) -> None:
        """Sends what is due. Raises SQLAlchemyError, OSError, TooMuch, ValueError."""
        place = await asyncio.to_thread(self._places)
        for send in self._site.settings.reports.send:
            for target in (*(["mail"] if send.mail else []), *(f"webhook {name}" for name in send.webhooks)):
                key = f"{send.name}: {target}"
                span = due(now, send.every, send.at, place.get(key), self._site.zone)
                if span is not None:
                    await self._keeper.fresh(now)
                    if await self._send(send, target, span):
                        place[key] = span[1]
                elif key not in place:  # new: sent from the next time on
                    place[key] = begun(now, send.every, self._site.zone)
                await asyncio.to_thread(self._keep, place)

    async def _send(self, send: SendSettings, target: str, span: Span) -> bool:
        zone = self._site.zone
        parts = spans(*span, send.interval, zone, MOST_SPANS)
        async with self._store.connect() as connection:
            made = await report(connection, Wanted(send.by, parts, None, send.together, teams(self._site)))
        if target == "mail":
            if self._mailer is None:
                return False
            body = await asyncio.to_thread(written, made, zone, send.format)
            day = datetime.fromtimestamp(span[0], zone).date()
            file = Attachment(f"{send.name}-{day}.{send.format}", MEDIA[send.format].partition(";")[0], body)
            subject = f"Report {send.name}: {send.every} from {day}"
            return await self._mailer.send(send.mail, subject, f"{subject}, by {send.by}.\n", [file])
        url = self._site.settings.webhooks[target.removeprefix("webhook ")]
        return await self._fetcher.deliver(url, _body(send, span, made))

    def _places(self) -> dict[str, float]:
        try:
            found: dict[str, float] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            log.error("which reports were sent cannot be read: they are sent from the next time on")
            return {}
        return found

    def _keep(self, places: Mapping[str, float]) -> None:
        fresh = self._file.with_name(f".{self._file.name}")
        fresh.write_text(json.dumps(places), encoding="utf-8")
        fresh.replace(self._file)


def _body(send: SendSettings, span: Span, made: Report) -> bytes:
    told: dict[str, Any] = {
        "name": send.name,
        "by": send.by.value,
        "from": span[0],
        "to": span[1],
        "lines": [asdict(line) for line in made.lines],
        "total": asdict(made.total),
    }
    return json.dumps({"report": told}, separators=(",", ":")).encode()
