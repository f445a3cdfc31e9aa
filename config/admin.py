"""The HTTP API of the administrator's page: people, configuration, its check, and the health."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import BaseModel

from config import shown
from config.health import Health, Report
from config.reload import Reload, Wrong, wrongs
from config.settings import Site
from config.shown import Known, Setting
from cti.access import RIGHTS, Admin, Keeper
from cti.site.files import SiteError


@dataclass(frozen=True, slots=True)
class People:
    """The people as loaded, and the rights that come with each role."""

    people: list[Known]
    roles: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The site as loaded; ``versions`` are those of the flows that new calls get."""

    settings: list[Setting]
    versions: dict[str, str]


class Checked(BaseModel):
    """What the site's files are like now. With ``problems`` they cannot be loaded; else ``changes`` are what
    loading them would change, ``restart`` what only a restart would."""

    problems: list[Wrong]
    changes: list[str]
    restart: list[str]


def routes(site: Site, reload: Reload, health: Health) -> APIRouter:
    """The routes. ``site`` is the one that the server was started with."""
    router = APIRouter(prefix="/api", tags=["operations"])

    @router.get("/health")
    async def all_parts(_: Keeper) -> Report:
        """Every part of the server: how it is, since when, and what to do."""
        return await health.report()

    @router.get("/people")
    async def people(_: Admin) -> People:
        """Who may log in, as whom, and with which phones; without passwords."""
        return People(shown.people(site.people), {role: sorted(rights) for role, rights in RIGHTS.items()})

    @router.get("/site")
    async def configuration(_: Admin) -> Configuration:
        """The configuration as loaded, secrets masked."""
        versions = {name: flow.version for name, flow in reload.loaded.flows.items()}
        return Configuration(shown.settings(site, reload.loaded.settings.numbers), versions)

    @router.get("/site/check")
    async def check(_: Admin) -> Checked:
        """Checks the site's files as they are now, and loads nothing."""
        try:
            found = await reload.checked()
        except SiteError as error:
            return Checked(problems=wrongs(error), changes=[], restart=[])
        return Checked(problems=[], changes=found.changes, restart=found.restart)

    return router
