"""Builds every part of the server, runs them, and stops them in order."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import secrets
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from config import dialplan
from config.beep import BEEP_SOUND, make_beep
from config.knowledge import contact, music, remembered, standing
from config.reload import Reload, findable, on_hangup
from config.reload import routes as reload_routes
from config.settings import Site
from config.usage import DAY_S, branches
from cti.access import Gate
from cti.ami.client import AmiClient
from cti.calls.events import CallEvent
from cti.calls.part import Part, Work
from cti.calls.tracker import Message, Tracker
from cti.desk.api import create_app
from cti.desk.feed import DeskPart, Feed
from cti.desk.metrics import Metrics
from cti.desk.view import View
from cti.engine import Engine
from cti.executor import Executor
from ivr.api import routes as menu_routes
from ivr.fetch import Fetcher
from ivr.handler import MenuPart
from ivr.outside import World
from ivr.pictures import routes as picture_routes
from ivr.pins import Pins
from ivr.prompts import Prompts
from ivr.speech import Unmade, speakers
from ivr.switches import Switches
from ivr.usage import Usage
from recordings.api import routes as recordings_routes
from recordings.files import Files
from recordings.handler import RecordsPart
from recordings.spool import recover
from recordings.store import Store as Records
from routing.api import routes as routing_routes
from routing.handler import RoutingPart
from routing.metrics import EstimateErrors
from routing.redis_server import RedisServer
from routing.store import GRACE_S, RedisStore, connect

log = structlog.get_logger()

_STOP_S = 5
_GARBAGE = 10_000
"""Objects made and not gone yet, before garbage is looked for."""


class CannotStart(Exception):
    """Something the server needs is not to be had; the message says what and what to do."""


def read_secret(path: Path, what: str) -> str:
    """A secret from its file. Raises CannotStart."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{what} cannot be read from {path}: {error}. `cordboard init` makes one.") from None


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


class Broken(Exception):
    """A part of the server has died while it ran; nothing works without it."""


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
        _lock(site, stack)
        prompts = make_prompts(site)
        await prompts.load(site.flows)
        await make_fallback_sounds(site, prompts)

        url = site.settings.redis
        if url is None:
            server = RedisServer(site.state / "redis")
            await server.start()
            stack.push_async_callback(server.stop)
            url = server.url
        redis = connect(url)
        stack.push_async_callback(redis.aclose)

        records = await Records.open(site.database)
        stack.push_async_callback(records.close)
        spool = site.state / "spool"
        if rows := await recover(spool, records):
            log.info("events that an earlier run left are in the database now", rows=rows)
        history = await records.unfinished()
        files = Files(site.recordings)

        registry = CollectorRegistry()
        routing = RoutingPart(site.queues, site.agents, live_state(site, redis), EstimateErrors(registry).add)
        recorder = RecordsPart(records, files, spool)
        view = View(site.agents, site.queues)
        feed = Feed(view)
        desk = DeskPart(feed, Metrics(view, registry))
        link = Link(site)

        async def turn(work: Work) -> None:
            await engine.ask(work)

        switches, usage = Switches(site.state / "switches.json"), Usage(site.state / "usage.json")
        stack.push_async_callback(usage.save)
        fetcher = await stack.enter_async_context(Fetcher(site.settings.lookups.hosts))
        world = World(
            prompts,
            fetcher,
            Pins(redis, site.settings.webhooks, fetcher.post),
            switches.state,
            usage.of,
            standing=standing(routing),
            contact=contact(records),
            may_call=site.callbacks,
        )
        menus = MenuPart(site.flows, prompts, site.settings.numbers, world, turn, music(site))
        reload = Reload(site, menus, make_prompts)

        async def counted(days: int) -> Mapping[tuple[str, str], int]:
            return await branches(records, time.time() - days * DAY_S)

        pictures = picture_routes(lambda: menus.flows, counted)
        engine = build_engine(site, link, (recorder, menus, routing, usage, desk, *watchers), routing, history)

        await recorder.start()
        stack.push_async_callback(recorder.stop)
        loop = asyncio.create_task(engine.run(), name="engine")
        stack.push_async_callback(_stopped, loop)
        await engine.ask(partial(routing.start, remember=partial(remembered, records, history)))
        ami = asyncio.create_task(link.ami.run(), name="ami")
        stack.push_async_callback(_stopped, ami)

        secret = _token_secret(site)
        app = create_app(
            gate=Gate(secret, site.access),
            people=site.access,
            passwords={name: p.password for name, p in site.people.items()},
            feed=feed,
            ask=engine.ask,
            calls=lambda: engine.calls,
            health=_health(link.ami, recorder),
            registry=registry,
            routers=[
                routing_routes(routing, engine.ask),
                recordings_routes(records, files),
                reload_routes(reload),
                pictures,
                menu_routes(switches, lambda: menus.flows),
            ],
            secure_cookie=site.settings.web.secure_cookie,
        )
        yield Works(app, frozenset({loop, ami}), reload)


def live_state(site: Site, redis: Redis) -> RedisStore:
    """Routing's live state. On a server of our own there is no other engine to be waited for."""
    return RedisStore(redis, grace_s=GRACE_S if site.settings.redis else 0.0)


def build_engine(
    site: Site, link: Link, parts: Sequence[Part], routing: RoutingPart, history: Sequence[CallEvent]
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


async def serve(
    site: Site, *, started: Callable[[str], None], watchers: Sequence[Part] = (), hangup_reloads: bool = False
) -> None:
    """Runs the whole server until cancelled; ``started`` is told its address. ``hangup_reloads``:
    the signal SIGHUP loads a changed site.

    Raises as ``running``, and Broken.
    """
    web = site.settings.web
    async with running(site, watchers) as works:
        config = uvicorn.Config(
            works.app,
            host=web.host,
            port=web.port,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            ws_per_message_deflate=False,  # packing each message costs more than sending it
            timeout_graceful_shutdown=_STOP_S,
        )
        server = _Server(config)
        bound = _bound(config)
        bound.listen()  # from now on whoever connects is served, if a moment later
        host, port = bound.getsockname()[:2]
        serving = asyncio.create_task(server.serve(sockets=[bound]), name="web")
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        try:
            with findable(site.state, url, works.reload.key), on_hangup(works.reload if hangup_reloads else None):
                _settle_down()
                started(url)
                over, _ = await asyncio.wait({serving, *works.tasks}, return_when=asyncio.FIRST_COMPLETED)
            died = over.pop()
            raise Broken(f"{died.get_name()} has ended: {died.exception() or 'nobody asked it to'}")
        finally:
            server.should_exit = True
            await asyncio.wait({serving})
            bound.close()


def _settle_down() -> None:
    """What is there now stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)


def make_prompts(site: Site) -> Prompts:
    """No sounds yet, and what makes them as the site has it."""
    return Prompts(site.sounds, site.prompts, speakers(site.settings.speech.espeak, site.kokoro_voices))


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the command line, which cancels us."""
        yield


def _bound(config: uvicorn.Config) -> socket.socket:
    try:
        return config.bind_socket()
    except SystemExit:
        where = f"{config.host}:{config.port}"
        raise CannotStart(f"{where} is taken. Stop what uses it, or set web.port in site.yaml.") from None


def make_folders(site: Site) -> None:
    """The folders a site writes to. Raises CannotStart."""
    for folder, mode in ((site.sounds, 0o755), (site.recordings, 0o755), (site.state, 0o700)):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=mode)
        except OSError as error:
            raise CannotStart(f"the folder {folder} cannot be made: {error.strerror}") from None


async def make_fallback_sounds(site: Site, prompts: Prompts) -> None:
    """The sounds that are played by name: the two that the dialplan plays by itself, and the beep.
    Raises CannotStart."""
    try:
        make_beep(site.sounds)
    except OSError as error:
        raise CannotStart(f"the beep could not be written into {site.sounds}: {error.strerror}") from None
    fallback = site.settings.fallback
    for name, text in ((dialplan.FALLBACK_SOUND, fallback.say), (dialplan.SORRY_SOUND, fallback.sorry)):
        try:
            sound = await prompts.spoken(fallback.voice, text)
        except (Unmade, OSError) as error:
            raise CannotStart(f"the fallback's message {text!r} could not be spoken: {error}") from None
        fresh = site.sounds / f".{name}.wav"
        shutil.copyfile(f"{sound.path}.wav", fresh)
        fresh.replace(site.sounds / f"{name}.wav")


def _lock(site: Site, stack: AsyncExitStack) -> None:
    """One server a site: two would answer the same calls."""
    path = site.state / "lock"
    try:
        handle = stack.enter_context(path.open("w"))
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(f"another Cordboard runs on this site ({site.folder}); stop it first") from None


def _token_secret(site: Site) -> bytes:
    path = site.token_secret_file
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    try:
        key = bytes.fromhex(read_secret(path, "the key that signs log-ins"))
    except ValueError:
        key = b""
    if len(key) < 32:
        raise CannotStart(f"{path} does not hold a key. Remove it: a new one is made, and everybody logs in again.")
    return key


def _health(ami: AmiClient, recorder: RecordsPart) -> Callable[[], Mapping[str, str]]:
    def look() -> Mapping[str, str]:
        behind = recorder.pending
        return {
            "asterisk": "" if ami.connected else ami.trouble,
            "database": f"{behind} rows are not written yet" if behind > _BEHIND else "",
        }

    return look


_BEHIND = 5000


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task had failed", task=task.get_name(), error=repr(error))
