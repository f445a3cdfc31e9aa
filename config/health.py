"""How the parts of the running server are: each with its state, since when, and what to do about it.

Looked at when somebody asks, and every LOOK_S seconds besides, so that it is known since when something is wrong.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from config import doctor
from config.doctor import Finding, Verdict, bad, doubtful, good
from config.settings import Site
from cti.ami.client import AmiClient, AmiError
from cti.desk.guard import API_VERSION
from recordings.store import Store

LOOK_S = 30.0
FRESH_S = 2.0
"""What was seen so long ago is shown again, however many ask."""
PATIENCE_S = 5.0
"""A part that does not answer in this time does not answer."""
BEHIND = 5000
"""Rows that may wait for the database before something must be wrong with it."""

Check = Callable[[], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it is: ``since`` (Unix seconds, as far as this server saw) it is in this ``state``; what
    was ``seen``, and what to ``do``, empty where all is well."""

    part: str
    state: Verdict
    since: float
    seen: str
    do: str


@dataclass(frozen=True, slots=True)
class Report:
    """All parts, in order; the version of each program; when the server was started, Unix seconds."""

    parts: Sequence[Part]
    versions: Mapping[str, str]
    started_at: float


def stand(before: Mapping[str, Part], findings: Sequence[Finding], now: float) -> dict[str, Part]:
    """How the parts stand, after how they stood. Pure."""
    parts = {}
    for found in findings:
        old = before.get(found.what)
        since = old.since if old is not None and old.state is found.verdict else now
        parts[found.what] = Part(found.what, found.verdict, since, found.seen, found.do)
    return parts


class Health:
    """Looks by ``checks``, each of which is of one part by its name."""

    def __init__(
        self, checks: Mapping[str, Check], versions: Callable[[], Mapping[str, str]], clock: Callable[[], float]
    ) -> None:
        self._checks = checks
        self._versions = versions
        self._clock = clock
        self._started_at = clock()
        self._parts: Mapping[str, Part] = {}
        self._looked_at = 0.0
        self._looking = asyncio.Lock()

    @property
    def parts(self) -> Mapping[str, Part]:
        """The parts as last looked at."""
        return self._parts

    async def report(self) -> Report:
        async with self._looking:
            if not 0 <= self._clock() - self._looked_at < FRESH_S:
                found = await asyncio.gather(*(_found(what, check) for what, check in self._checks.items()))
                self._looked_at = self._clock()
                self._parts = stand(self._parts, found, self._looked_at)
        return Report(list(self._parts.values()), self._versions(), self._started_at)

    async def run(self) -> None:
        """Looks again and again, until cancelled."""
        while True:
            await self.report()
            await asyncio.sleep(LOOK_S)


async def _found(what: str, check: Check) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await check()
    except TimeoutError:
        return bad(what, f"no answer in {PATIENCE_S:g} s", "see whether it runs, and what this machine is busy with")
    except (AmiError, OSError) as error:
        return bad(what, str(error), "see the server's log")


def checks(site: Site, ami: AmiClient, records: Store, redis: Redis, pending: Callable[[], int]) -> Mapping[str, Check]:
    """What is looked at. ``pending`` are rows that are not in the database yet."""

    async def link() -> Finding:
        a = site.settings.asterisk
        if not ami.connected:
            do = f"is Asterisk running at {a.host}:{a.port}? `cordboard doctor` looks at the rest"
            return bad("Asterisk", ami.trouble, ami.remedy or do)
        seen = doctor.version(ami.banner)
        found = f"linked to {a.host}:{a.port} as {a.user}, {ami.banner}"
        return Finding("Asterisk", seen.verdict, found, seen.do)

    async def certificate() -> Finding:
        return doctor.certificate("AMI certificate", ami)

    async def trunk(what: str, name: str) -> Finding:
        return await doctor.line(ami, what, f"PJSIP/{name}")

    async def database() -> Finding:
        behind = pending()
        try:
            async with records.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError) as error:
            do = "start it: until then what happens is kept in memory and in the state folder's spool"
            return bad("database", f"{type(error).__name__}, {behind} rows wait", do)
        if behind > BEHIND:
            return doubtful("database", f"{behind} rows are not written yet", "see what keeps it busy, or its disk")
        return good("database", f"answers, {behind} rows wait")

    async def store() -> Finding:
        try:
            await redis.ping()
        except (RedisError, OSError) as error:
            return bad("live state", f"{type(error).__name__}", "start it: until then no call is offered to an agent")
        return good("live state", "answers")

    async def disk(what: str, folder: str) -> Finding:
        found = await asyncio.to_thread(doctor.writable, what, getattr(site, folder))
        return replace(found, seen=found.seen.removeprefix(f"{site.folder}{os.sep}"))

    found: dict[str, Check] = {"Asterisk": link, "clock": partial(doctor.clock, ami)}
    if site.settings.asterisk.tls:
        found["AMI certificate"] = certificate
    for name in site.settings.trunks:
        found[f"trunk {name}"] = partial(trunk, f"trunk {name}", name)
    found |= {"live state": store, "database": database}
    for what, folder in (("recordings folder", "recordings"), ("sounds folder", "sounds"), ("state folder", "state")):
        found[what] = partial(disk, what, folder)
    return found


def of_site(
    site: Site,
    ami: AmiClient,
    records: Store,
    redis: Redis,
    pending: Callable[[], int],
    further: Mapping[str, Check] = MappingProxyType({}),
) -> Health:
    """The health of a site's server; ``further`` checks come last."""

    def versions() -> Mapping[str, str]:
        return {
            "Cordboard": _own_version(),
            "API": API_VERSION,
            "Python": platform.python_version(),
            "Asterisk": ami.banner,
            "Database": site.database.partition("+")[0],
        }

    return Health({**checks(site, ami, records, redis, pending), **further}, versions, time.time)


def _own_version() -> str:
    try:
        return version("cordboard")
    except PackageNotFoundError:
        return "from its source, not installed"
