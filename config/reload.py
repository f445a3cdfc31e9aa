"""Loads a changed site into the running server: checked first, refused whole, for new calls only.

What is applied: flows, numbers, prompts. The rest of a site is read when the server starts; what of
it has changed is told. Three ways lead here: SIGHUP, the admin's button, and `cordboard reload`,
which finds the server by a file in the state folder that only the site's owner can read.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hmac import compare_digest
from pathlib import Path

import httpx
import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from config import settings
from config.settings import Site
from cti.access import WHO, Gate, Need, Person, Right, Role
from cti.audit import Entry, Note, Result, say
from cti.site_files import Problem, SiteError
from ivr.differences import differences
from ivr.handler import MenuPart
from ivr.prompts import Prompts
from ivr.tree import Flows

log = structlog.get_logger(__name__)

FILE = "running.json"
"""In the state folder: the address of the running server, and what opens its reload."""

OWNER = Person("owner of the site", Role.SYSTEM)
"""Who can read the state folder, or send the server a signal."""

PATIENCE_S = 300.0
"""Seconds `cordboard reload` waits: new texts may have to be spoken."""


class Reloaded(BaseModel):
    """What a reload did. ``changes`` are those of the flows, in words; ``restart`` are parts of the
    site that have changed too, and are only read when the server starts. ``versions`` by flow."""

    changes: list[str]
    restart: list[str]
    versions: dict[str, str]


class Wrong(BaseModel):
    """A problem of a site: the file, line and key, and what is wrong with it."""

    where: str
    what: str


def wrongs(error: SiteError) -> list[Wrong]:
    return [
        Wrong(where=f"{p.file}:{p.line} {p.key}".strip(), what=p.message + (f" ({p.hint})" if p.hint else ""))
        for p in error.problems
    ]


class Reload:
    """Reloads a site's menus. ``make_prompts`` makes an empty set of sounds for a site: calls under
    way keep theirs. ``note`` is told what a signal did: the audit log knows of the others."""

    def __init__(
        self,
        site: Site,
        menus: MenuPart,
        make_prompts: Callable[[Site], Prompts],
        note: Note = lambda entry: None,
    ) -> None:
        self._note = note
        self._running = self._loaded = site
        self._menus = menus
        self._make_prompts = make_prompts
        self._turn = asyncio.Lock()
        self.key = secrets.token_urlsafe(32)

    @property
    def loaded(self) -> Site:
        """The site whose flows, numbers and prompts new calls get; the rest of it may wait for a restart."""
        return self._loaded

    async def now(self) -> Reloaded:
        """Checks the site and loads it. Raises SiteError, and then nothing has changed."""
        async with self._turn:
            site = await self._read()
            prompts = self._make_prompts(site)
            await prompts.load(site.flows)
            self._menus.use(site.flows, prompts, site.settings.numbers)
            told = self._compared(site)
            self._loaded = site
            log.info("the site was loaded anew", changes=len(told.changes))
            return told

    async def checked(self) -> Reloaded:
        """What ``now`` would do. Raises SiteError."""
        return self._compared(await self._read())

    async def _read(self) -> Site:
        site = await asyncio.to_thread(settings.load, self._running.folder)
        if missing := list(_unknown(site.flows, self._running)):
            raise SiteError(missing)
        return site

    def _compared(self, site: Site) -> Reloaded:
        changes = differences(self._loaded.flows, site.flows)
        before, after = self._loaded.settings.numbers, site.settings.numbers
        changes += [
            f"the number {number} leads to {after.get(number, 'no flow')} (was: {before.get(number, 'no flow')})"
            for number in sorted(before.keys() | after.keys())
            if before.get(number) != after.get(number)
        ]
        versions = {name: flow.version for name, flow in site.flows.items()}
        return Reloaded(changes=changes, restart=sorted(_needs_restart(self._running, site)), versions=versions)

    async def told(self) -> None:
        """As ``now``, for a signal: what is wrong goes to the log."""
        result = Result.FAILED
        try:
            await self.now()
            result = Result.DONE
        except SiteError as error:
            log.error("the site was not loaded anew: it is wrong", problems=[str(p) for p in error.problems])
        finally:
            self._note(Entry(time.time(), OWNER.name, OWNER.role, "", "site.loaded", "", result))


def _unknown(flows: Flows, running: Site) -> Iterator[Problem]:
    """What flows name that the running server has not read yet."""
    there = {
        "queue": running.queues,
        "destination": running.settings.transfers,
        "box": running.settings.boxes,
        "agent": running.agents,
        "webhook": running.settings.webhooks,
        "level": running.queues.levels,
    }
    for flow in flows.values():
        for name, node in flow.nodes.items():
            for want in node.wants():
                if want.kind in there and want.name not in there[want.kind]:
                    where = ".".join(map(str, ("nodes", name, *want.key)))
                    message = f"the {want.kind} {want.name!r} is new, and the running server does not have it"
                    yield Problem(flow.file, 0, where, message, "restart the server")


def _needs_restart(running: Site, site: Site) -> Iterator[str]:
    if running.queues != site.queues:
        yield "queues.yaml"
    if running.people != site.people:
        yield "people.yaml"
    for name in type(site.settings).model_fields:
        if name != "numbers" and getattr(running.settings, name) != getattr(site.settings, name):
            yield f"site.yaml: {name}"


def routes(reload: Reload) -> APIRouter:
    """The route of the admin's button and of `cordboard reload`."""
    router = APIRouter(prefix="/api", tags=["operations"])

    @router.post("/reload", response_model=Reloaded, responses={409: {}})
    async def reload_site(request: Request) -> Reloaded | JSONResponse:
        """Loads the site's flows, numbers and prompts anew. 409 with ``problems`` if anything is wrong:
        the earlier ones go on."""
        _let_in(request, reload.key)
        try:
            done = await reload.now()
            say(request.scope, changes=len(done.changes))
            return done
        except SiteError as error:
            problems = [wrong.model_dump() for wrong in wrongs(error)]
            return JSONResponse({"error": "the site is wrong; nothing was changed", "problems": problems}, 409)

    return router


def _let_in(request: Request, key: str) -> None:
    """Only an administrator, or who can read the state folder. Raises HTTPException."""
    given = request.headers.get("authorization", "").partition(" ")[2]
    if compare_digest(given.encode(), key.encode()):
        request.scope[WHO] = OWNER
        return
    gate: Gate = request.app.state.gate
    person = request.scope[WHO] = gate.who(request)
    if person is None:
        raise HTTPException(401, "log in first", headers={"WWW-Authenticate": "Bearer"})
    if refusal := Need(Right.SITE).refusal(person):
        raise HTTPException(403, refusal)


@contextmanager
def findable(state: Path, url: str, key: str) -> Iterator[None]:
    """Lets `cordboard reload` find the server while it runs."""
    path = state / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"url": url, "key": key}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def on_hangup(reload: Reload | None) -> Iterator[None]:
    """Lets SIGHUP reload the site; leaves the signal alone where there is nothing to reload."""
    if reload is None:
        yield
        return
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def begin() -> None:
        task = loop.create_task(reload.told(), name="reload")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, begin)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


class NotRunning(Exception):
    """No server runs on the site, or it cannot be asked."""


def ask(state: Path) -> Reloaded:
    """Has the server of a site reload. Raises NotRunning, and SiteError for what it refuses."""
    path = state / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotRunning("no server runs on this site") from None
    except (OSError, ValueError) as error:
        raise NotRunning(f"{path} cannot be read: {type(error).__name__}") from None
    try:
        with httpx.Client(base_url=found["url"], timeout=PATIENCE_S, trust_env=False) as client:
            answer = client.post("/api/reload", headers={"Authorization": f"Bearer {found['key']}"})
    except httpx.HTTPError as error:
        raise NotRunning(f"the server does not answer: {error}") from None
    if answer.status_code == httpx.codes.CONFLICT:
        raise SiteError([Problem(p["where"], 0, "", p["what"]) for p in answer.json()["problems"]])
    if answer.status_code != httpx.codes.OK:
        raise NotRunning(f"the server answers {answer.status_code}")
    return Reloaded.model_validate(answer.json())
