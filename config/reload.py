"""Loads a changed site into the running server: checked first, refused whole, for new calls only.

What is applied: flows, numbers, prompts; and who is in people.yaml no more, or in another role, is logged out.
The rest of a site is read when the server starts; what of it has changed is told. Three ways lead here:
SIGHUP, the admin's button, and `cordboard reload`, which finds the server as ``running.py`` says.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from config import running, settings
from config.files.people import PersonSettings
from config.running import OWNER
from config.settings import Site
from cti.access import Person
from cti.audit import Entry, Note, Result, say
from cti.problems import ANYWHERE, Responses
from cti.site.files import Problem, SiteError
from ivr.differences import differences
from ivr.handler import MenuPart
from ivr.prompts import Prompts
from ivr.tree import Flows

log = structlog.get_logger(__name__)

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
    way keep theirs. ``note`` is told what a signal did: the audit log knows of the others. ``log_ins`` is told
    of the site by which people log in from now on."""

    def __init__(
        self,
        site: Site,
        menus: MenuPart,
        make_prompts: Callable[[Site], Prompts],
        note: Note = lambda entry: None,
        log_ins: Callable[[Site], None] = lambda site: None,
    ) -> None:
        self._note = note
        self._log_ins = log_ins
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
            self._log_ins(site)
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
        changes += _kept_out(self._loaded.access, site.access)
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


def _kept_out(before: Mapping[str, Person], now: Mapping[str, Person]) -> Iterator[str]:
    for name, person in sorted(before.items()):
        if name not in now:
            yield f"{name} may not log in any more"
        elif now[name].role is not person.role:
            yield f"{name} is {now[name].role} and no longer {person.role}: logged out until the restart"
        elif now[name].password_mark != person.password_mark:
            yield f"{name} has a new password: logged out"


def _but_passwords(people: Mapping[str, PersonSettings]) -> Mapping[str, PersonSettings]:
    return {name: person.model_copy(update={"password": ""}) for name, person in people.items()}


def _needs_restart(running: Site, site: Site) -> Iterator[str]:
    if running.queues != site.queues:
        yield "queues.yaml"
    if _but_passwords(running.people) != _but_passwords(site.people):
        yield "people.yaml"
    if (running.forms, running.samples) != (site.forms, site.samples):
        yield "quality.yaml"
    for name in type(site.settings).model_fields:
        if name != "numbers" and getattr(running.settings, name) != getattr(site.settings, name):
            yield f"site.yaml: {name}"


_ANSWERS: Responses = {**ANYWHERE, 409: {"description": "Something is wrong in the site"}}


def routes(reload: Reload) -> APIRouter:
    """The route of the admin's button and of `cordboard reload`."""
    router = APIRouter(prefix="/api", tags=["operations"], dependencies=[running.for_the_owner(reload.key)])

    @router.post("/reload", response_model=Reloaded, responses=_ANSWERS)
    async def reload_site(request: Request) -> Reloaded | JSONResponse:
        """Loads the site's flows, numbers and prompts anew. 409 with ``problems`` if anything is wrong:
        the earlier ones go on."""
        try:
            done = await reload.now()
            say(request.scope, changes=len(done.changes))
            return done
        except SiteError as error:
            problems = [wrong.model_dump() for wrong in wrongs(error)]
            return JSONResponse({"error": "the site is wrong; nothing was changed", "problems": problems}, 409)

    return router


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


def ask(state: Path) -> Reloaded:
    """Has the server of a site reload. Raises NotRunning, and SiteError for what it refuses."""
    answer = running.ask(state, "POST", "/api/reload", PATIENCE_S)
    if answer.status_code == httpx.codes.CONFLICT:
        raise SiteError([Problem(p["where"], 0, "", p["what"]) for p in answer.json()["problems"]])
    return Reloaded.model_validate(answer.json())
