"""Builds every part of the server, runs them, and stops them in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from config import admin, browser_phones, customers, drain, health, lookup
from config.alerting import alerting
from config.board import Board
from config.erasing import routes as erase_routes
from config.files import pop
from config.keeping import keeping
from config.knowledge import contact, helpers, music, numbers_of, remembered, standing, talked, waiting_followups, ways
from config.limits import SiteLimits, WithinLimits
from config.line import Link, build_engine, caught_up
from config.live import forgetting
from config.login import LogIns, provider
from config.pipeline_health import queue_checks
from config.pipeline_process import at_work
from config.premises import (
    lock,
    make_fallback_sounds,
    make_folders,
    make_prompts,
    webhook_secret,
)
from config.reload import Reload
from config.reload import routes as reload_routes
from config.reporting import reporting, teams
from config.settings import Site
from config.stores import live_state, spool, stores
from config.telling import telling
from config.usage import DAY_S, branches
from config.vitals import looking
from cti.actions.consult import ConsultPart
from cti.actions.control import ControlPart
from cti.actions.door import Door
from cti.actions.pause import RecordingPausePart
from cti.ami.client import AmiClient
from cti.calls.part import Part, Work
from cti.customers.exchange import UPLOADS
from cti.desk.api import create_app
from cti.desk.consult import consult_routes
from cti.desk.control import control_routes
from cti.desk.help import routes as help_routes
from cti.desk.phone import routes as phone_routes
from cti.desk.places import routes as place_routes
from cti.desk.pop import allowed
from cti.desk.pop import routes as pop_routes
from cti.desk.recording import routes as recording_control_routes
from cti.desk.suggestions import routes as suggestion_routes
from cti.sight import SIGHTS
from ivr.api import routes as menu_routes
from ivr.fetch import Fetcher
from ivr.handler import MenuPart
from ivr.outside import World
from ivr.pictures import routes as picture_routes
from ivr.pins import Pins
from ivr.switches import Switches
from ivr.usage import Usage
from recordings.api import routes as recordings_routes
from recordings.audit.api import routes as audit_routes
from recordings.desk.api import routes as desk_routes
from recordings.desk.before import routes as before_routes
from recordings.desk.day import DaysPart
from recordings.files import Files
from recordings.handler import RecordsPart
from recordings.quality.api import routes as grading_routes
from recordings.quality.team_api import routes as quality_routes
from recordings.records.export_api import routes as export_routes
from recordings.reports.api import routes as report_routes
from recordings.review.api import routes as review_routes
from recordings.review.waveform import routes as waveform_routes
from recordings.store import Store as Records
from recordings.transcripts.api import routes as transcript_routes
from routing.api import routes as routing_routes
from routing.dial_api import routes as dial_routes
from routing.dispositions_api import routes as disposition_routes
from routing.handler import RoutingPart
from routing.metrics import EstimateErrors
from routing.parking_api import routes as parking_routes
from routing.taking_api import routes as taking_routes

CANCEL_AGAIN_S = 5.0
"""Seconds after which a task that has not ended is cancelled once more."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Works:
    """What runs: the web application, the tasks without which it is of no use, what loads a
    changed site, and the processes that work on recordings, to be entered."""

    app: FastAPI
    tasks: frozenset[asyncio.Task[None]]
    reload: Reload
    recordings: AbstractAsyncContextManager[None]


@asynccontextmanager
async def running(site: Site, watchers: Sequence[Part] = ()) -> AsyncIterator[Works]:
    """Everything but the web server, up and working. ``watchers`` are further parts that look on.

    Raises CannotStart, SiteError (a prompt that cannot be made), RedisServerError, StoreDown.
    """
    async with AsyncExitStack() as stack:
        make_folders(site)
        lock(site, stack)
        prompts = make_prompts(site)
        await prompts.load(site.flows)
        await make_fallback_sounds(site, prompts)

        redis, records, audit = await stores(site, stack)
        history = await records.unfinished()
        files, registry = Files(site.recordings), CollectorRegistry()
        routing = RoutingPart(site.queues, site.agents, live_state(site, redis), EstimateErrors(registry).add)
        fetcher = await stack.enter_async_context(Fetcher(site.settings.lookups.hosts, webhook_secret(site)))
        webhooks = await stack.enter_async_context(telling(site, records, fetcher, registry))
        recorder = RecordsPart(
            records,
            files,
            spool(site),
            webhooks.wake,
            lambda found: board.measured(found),  # noqa: PLW0108 (made below)
            lambda: kept.room.full,
        )
        followups, days = await waiting_followups(records), DaysPart(records, site.zone)
        known = await stack.enter_async_context(
            customers.opened(
                site,
                records,
                lambda call: board.feed.known(call),  # noqa: PLW0108 (made below)
                lookup.elsewhere(site.settings.customers.lookup, fetcher, registry),
            )
        )

        async def turn(work: Work) -> None:
            await engine.ask(work)

        forget = forgetting(site, redis, routing, turn)
        kept = await stack.enter_async_context(keeping(site, records, known, forget, registry))
        reports = await stack.enter_async_context(reporting(site, records, fetcher))
        alerted = await stack.enter_async_context(alerting(site, fetcher))
        board = Board(site, registry, history, known.callers.found, alerted, kept.room)
        link, limits = Link(site), SiteLimits.of(site.settings.limits, registry)
        seen = pop.known(known.callers.found, site.cards.region)
        switches, usage = Switches(site.state / "switches.json"), Usage(site.state / "usage.json")
        stack.push_async_callback(usage.save)
        world = World(
            prompts,
            fetcher,
            Pins(redis, site.settings.webhooks, fetcher.post),
            switches.state,
            usage.of,
            standing=standing(routing),
            contact=contact(records),
            customer=known.card,
            may_call=WithinLimits(site.callbacks, limits.tolls, time.time),
            room=lambda: not kept.room.full,
        )
        door = Door(lambda: engine.calls, site.settings.most_calls, drain.turned_away(registry))
        menus = MenuPart(
            site.flows, prompts, site.settings.numbers, world, turn, music(site), door=limits.behind(door.turned_away)
        )
        log_ins = LogIns(site)
        reload = Reload(site, menus, make_prompts, audit.put, log_ins.use)

        others = (door, ControlPart(music(site)), ConsultPart(), usage, followups, days, known.callers, limits.part)
        leads = ways(site, routing, lambda: menus.flows)
        engine = build_engine(
            site,
            link,
            (recorder, menus, RecordingPausePart(), routing, *others, *board.parts, *watchers),
            routing,
            history,
            pop.card_url(site.settings.web.card_url, seen),
            limits.tolls,
            lambda: kept.room.full,
        )

        _started(stack, days.read(time.time()), "days")
        await recorder.start()
        stack.push_async_callback(recorder.stop)
        loop = _started(stack, engine.run(), "engine")
        await engine.ask(partial(routing.start, remember=partial(remembered, records, history)))
        ami = _started(stack, link.ami.run(), "ami")
        await caught_up(link.ami, engine)

        queued = {**queue_checks(site, records, registry), drain.PART: drain.check(door)}
        looked = await stack.enter_async_context(
            looking(site, registry, link.ami, engine.ask, records, redis, recorder, audit, queued)
        )
        _started(stack, _counted_anew(board, records), "today")
        pops = [one.rule() for one in site.settings.pop]
        app = create_app(
            gate=log_ins.gate,
            sessions=log_ins.sessions,
            passwords=log_ins.passwords,
            oidc=provider(site),
            feed=board.feed,
            ask=engine.ask,
            calls=lambda: engine.calls,
            health=_health(link.ami, recorder),
            registry=registry,
            sights={**SIGHTS, **site.settings.numbers_shown},
            routers=[
                routing_routes(routing, engine.ask),
                taking_routes(routing, engine.ask, lambda: engine.calls),
                dial_routes(routing, engine.ask, site.dials, partial(limits.tolls.refusal, site.dials)),
                parking_routes(routing, engine.ask, lambda: engine.calls),
                disposition_routes(routing, engine.ask, talked(records), site.zone),
                board.routes(),
                consult_routes(engine.ask, lambda: engine.calls, helpers(site, routing)),
                control_routes(engine.ask, lambda: engine.calls, leads),
                place_routes(leads, board.feed.view),
                suggestion_routes(site.suggestions, lambda: engine.calls, known.callers.found, site.today),
                report_routes(records, reports, teams(site), site.zone),
                before_routes(records, numbers_of(lambda: engine.calls, known.ways)),
                help_routes(engine.ask, lambda: engine.calls),
                recording_control_routes(engine.ask, lambda: engine.calls),
                waveform_routes(records),
                export_routes(records, customers.ways(site.cards.region)),
                transcript_routes(records, kept.storage),
                recordings_routes(records, kept.storage, customers.ways(site.cards.region)),
                grading_routes(records, site.forms),
                quality_routes(records, site.forms, site.samples, site.graders, site.zone),
                review_routes(records),
                desk_routes(records, followups, engine.ask, site.agents, days, site.targets),
                *known.routers,
                *kept.routers,
                reload_routes(reload),
                erase_routes(kept.erase, reload.key),
                drain.routes(door, routing.hold_calls, engine.ask, site.destinations, reload.key),
                admin.routes(site, reload, looked),
                audit_routes(audit),
                picture_routes(lambda: menus.flows, partial(_counted, records)),
                menu_routes(switches, lambda: menus.flows),
                phone_routes(browser_phones.accounts(site)),
                pop_routes(pops, seen, lambda: engine.calls),
            ],
            uploads=UPLOADS,
            allows={"connect-src": [url for url in (site.settings.web.phone_url,) if url], **allowed(pops)},
            secure_cookie=site.settings.web.secure_cookie,
            note=audit.put,
        )
        yield Works(app, frozenset({loop, ami, *webhooks.tasks}), reload, at_work(site, records))


async def _counted(records: Records, days: int) -> Mapping[tuple[str, str], int]:
    """How often each way through the menus was taken in these last days."""
    return await branches(records, time.time() - days * DAY_S)


def _health(ami: AmiClient, recorder: RecordsPart) -> Callable[[], Mapping[str, str]]:
    def look() -> Mapping[str, str]:
        behind = recorder.pending
        return {
            "asterisk": "" if ami.connected else ami.trouble,
            "database": f"{behind} rows are not written yet" if behind > health.BEHIND else "",
        }

    return look


def _started(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Works until the stack is left."""
    task = asyncio.create_task(work, name=name)
    stack.push_async_callback(_stopped, task)
    return task


async def _counted_anew(board: Board, records: Records) -> None:
    try:
        await board.restore(records)
    except Exception:  # the calls that come are counted all the same
        log.exception("the calls that were over today could not be counted anew")


async def _stopped(task: asyncio.Task[None]) -> None:
    while not task.done():  # what it waits for may swallow a cancellation, as in Engine.run
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task had failed", task=task.get_name(), error=repr(error))
