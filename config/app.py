"""Builds every part of the server, runs them, and stops them in order."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from config import admin, browser_phones, customers, health, lookup, pop
from config.alerting import alerting
from config.beep import BEEP_SOUND
from config.board import Board
from config.knowledge import contact, helpers, music, numbers_of, remembered, standing, talked, waiting_followups, ways
from config.premises import (
    CannotStart,
    audit_secret,
    lock,
    make_fallback_sounds,
    make_folders,
    make_prompts,
    read_secret,
    token_secret,
    webhook_secret,
)
from config.reload import Reload
from config.reload import routes as reload_routes
from config.settings import Site
from config.telling import telling
from config.usage import DAY_S, branches
from cti.access import Gate
from cti.ami.client import AmiClient
from cti.calls.events import CallEvent
from cti.calls.part import Part, Work
from cti.calls.tracker import Message, Tracker
from cti.consult import ConsultPart
from cti.control import ControlPart
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
from cti.engine import Engine
from cti.executor import Executor
from cti.invite import CardUrl
from cti.keys import KeyFolder
from cti.recording_pause import RecordingPausePart
from ivr.api import routes as menu_routes
from ivr.fetch import Fetcher
from ivr.handler import MenuPart
from ivr.outside import World
from ivr.pictures import routes as picture_routes
from ivr.pins import Pins
from ivr.switches import Switches
from ivr.usage import Usage
from recordings.api import routes as recordings_routes
from recordings.audit import AuditLog
from recordings.audit_api import routes as audit_routes
from recordings.before import routes as before_routes
from recordings.day import DaysPart
from recordings.desk_api import routes as desk_routes
from recordings.files import Files
from recordings.handler import RecordsPart
from recordings.spool import recover
from recordings.store import Store as Records
from routing.api import routes as routing_routes
from routing.dial_api import routes as dial_routes
from routing.dispositions_api import routes as disposition_routes
from routing.handler import RoutingPart
from routing.metrics import EstimateErrors
from routing.parking_api import routes as parking_routes
from routing.redis_server import RedisServer
from routing.store import GRACE_S, RedisStore, connect
from routing.taking_api import routes as taking_routes

log = structlog.get_logger()

LOOK_S = 10.0


class Link:
    """Joins the AMI client and the engine, each of which needs the other first."""

    def __init__(self, site: Site) -> None:
        secret = read_secret(site.ami_secret_file, "the secret of the manager user")
        try:
            self.ami = AmiClient(site.ami(secret), on_event=self._on_event, on_up=self._on_up, on_down=self._on_down)
        except ValueError as error:
            raise CannotStart(f"there can be no link to Asterisk: {error}") from None
        self.engine: Engine | None = None

    def _on_event(self, message: Message) -> None:
        if self.engine is not None:
            self.engine.on_message(message)

    async def _on_up(self) -> None:
        if self.engine is not None:
            await self.engine.on_up()

    def _on_down(self, why: str) -> None:
        if self.engine is not None:
            self.engine.on_down(why)


@dataclass(frozen=True, slots=True)
class Works:
    """What runs: the web application, the tasks without which it is of no use, and what loads a
    changed site."""

    app: FastAPI
    tasks: frozenset[asyncio.Task[None]]
    reload: Reload


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

        redis = await _redis(site, stack)

        records = await Records.open(site.database)
        stack.push_async_callback(records.close)
        audit = await _audit_log(site, records, stack)
        spool = site.state / "spool"
        if rows := await recover(spool, records):
            log.info("events that an earlier run left are in the database now", rows=rows)
        history = await records.unfinished()
        files = Files(site.recordings)

        registry = CollectorRegistry()
        routing = RoutingPart(site.queues, site.agents, live_state(site, redis), EstimateErrors(registry).add)
        fetcher = await stack.enter_async_context(Fetcher(site.settings.lookups.hosts, webhook_secret(site)))
        webhooks = await stack.enter_async_context(telling(site, records, fetcher, registry))
        recorder = RecordsPart(records, files, spool, webhooks.wake)
        followups, days = await waiting_followups(records), DaysPart(records, site.zone)
        known = await stack.enter_async_context(
            customers.opened(
                site,
                records,
                lambda call: board.feed.known(call),  # noqa: PLW0108 (made below)
                lookup.elsewhere(site.settings.customers.lookup, fetcher, registry),
            )
        )
        alerted = await stack.enter_async_context(alerting(site, fetcher))
        board = Board(site, registry, history, known.callers.found, alerted)
        link = Link(site)
        seen = pop.known(known.callers.found, site.cards.region)

        async def turn(work: Work) -> None:
            await engine.ask(work)

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
            may_call=site.callbacks,
        )
        menus = MenuPart(site.flows, prompts, site.settings.numbers, world, turn, music(site))
        reload = Reload(site, menus, make_prompts, audit.put)

        control = (ControlPart(music(site)), RecordingPausePart(), ConsultPart())
        leads = ways(site, routing, lambda: menus.flows)
        engine = build_engine(
            site,
            link,
            (recorder, menus, routing, *control, usage, followups, days, known.callers, *board.parts, *watchers),
            routing,
            history,
            pop.card_url(site.settings.web.card_url, seen),
        )

        _started(stack, days.read(time.time()), "days")
        await recorder.start()
        stack.push_async_callback(recorder.stop)
        loop = _started(stack, engine.run(), "engine")
        await engine.ask(partial(routing.start, remember=partial(remembered, records, history)))
        ami = _started(stack, link.ami.run(), "ami")
        await caught_up(link.ami, engine)

        looked = health.of_site(site, link.ami, records, redis, lambda: recorder.pending + audit.pending)
        _started(stack, looked.run(), "health")
        _started(stack, _counted_anew(board, records), "today")
        pops = [one.rule() for one in site.settings.pop]
        app = create_app(
            gate=Gate(token_secret(site), site.access, KeyFolder(site.keys)),
            people=site.access,
            passwords={name: p.password for name, p in site.people.items()},
            feed=board.feed,
            ask=engine.ask,
            calls=lambda: engine.calls,
            health=_health(link.ami, recorder),
            registry=registry,
            routers=[
                routing_routes(routing, engine.ask),
                taking_routes(routing, engine.ask, lambda: engine.calls),
                dial_routes(routing, engine.ask, site.dials),
                parking_routes(routing, engine.ask, lambda: engine.calls),
                disposition_routes(routing, engine.ask, talked(records), site.zone),
                board.routes(),
                consult_routes(engine.ask, lambda: engine.calls, helpers(site, routing)),
                control_routes(engine.ask, lambda: engine.calls, leads),
                place_routes(leads, board.feed.view),
                suggestion_routes(site.suggestions, lambda: engine.calls, known.callers.found, site.today),
                before_routes(records, numbers_of(lambda: engine.calls, known.ways)),
                help_routes(engine.ask, lambda: engine.calls),
                recording_control_routes(engine.ask, lambda: engine.calls),
                recordings_routes(records, files),
                desk_routes(records, followups, engine.ask, site.agents, days, site.targets),
                *known.routers,
                reload_routes(reload),
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
        yield Works(app, frozenset({loop, ami, *webhooks.tasks}), reload)


async def _counted(records: Records, days: int) -> Mapping[tuple[str, str], int]:
    """How often each way through the menus was taken in these last days."""
    return await branches(records, time.time() - days * DAY_S)


async def _audit_log(site: Site, records: Records, stack: AsyncExitStack) -> AuditLog:
    """The site's audit log, which writes until the stack is left."""
    log = AuditLog(records, audit_secret(site), site.audit_head)
    await log.start()
    stack.push_async_callback(log.stop)
    return log


async def _redis(site: Site, stack: AsyncExitStack) -> Redis:
    """A client of the site's Redis, or of one of our own, which is started."""
    url = site.settings.redis
    if url is None:
        server = RedisServer(site.state / "redis")
        await server.start()
        stack.push_async_callback(server.stop)
        url = server.url
    redis = connect(url)
    stack.push_async_callback(redis.aclose)
    return redis


def live_state(site: Site, redis: Redis) -> RedisStore:
    """Routing's live state. On a server of our own there is no other engine to be waited for."""
    return RedisStore(redis, grace_s=GRACE_S if site.settings.redis else 0.0)


def build_engine(
    site: Site,
    link: Link,
    parts: Sequence[Part],
    routing: RoutingPart,
    history: Sequence[CallEvent],
    card_url: CardUrl,
) -> Engine:
    """The engine with its tracker and executor, joined to the link."""
    tracker = Tracker(site.settings.asterisk.name, epoch=secrets.token_hex(4))
    lease_s = round(site.settings.lease)

    def emit(make: Callable[[float], CallEvent]) -> None:
        engine.emit(make)

    executor = Executor(
        link.ami,
        tracker,
        destinations=site.destinations,
        lease_s=lease_s,
        emit=emit,
        recordings=site.recordings,
        beep=site.sounds / BEEP_SOUND,
        outbound=site.outbound,
        callbacks=site.callbacks,
        dials=site.dials,
        card_url=card_url,
    )
    engine = link.engine = Engine(
        ami=link.ami,
        tracker=tracker,
        executor=executor,
        parts=parts,
        settle=routing.settle,
        lease_s=lease_s,
        history=history,
    )
    return engine


async def caught_up(ami: AmiClient, engine: Engine) -> None:
    """Returns when what is on Asterisk is known: until then callers are sent to the fallback, and desks
    would be shown calls as an earlier run left them. Where there is no link, the health says so, and
    nobody waits for it; LOOK_S seconds at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            await ami.tried.wait()
            if ami.connected:
                await engine.caught_up.wait()


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
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task had failed", task=task.get_name(), error=repr(error))
