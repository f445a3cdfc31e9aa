"""A site on a private Asterisk: what the demo, the real tests and the bench all stand on."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

from config import browser_phones, dialplan, new_site, settings
from config.manager_user import READ, WRITE
from config.serve import serve
from config.settings import Site
from cti.calls.part import Part
from cti.calls.tracker import Tracker
from demo.asterisk import PrivateAsterisk, free_ports
from demo.configuration import HOST, Manager, Phone, Plan, Ports, Tls
from demo.debian import Program

MANAGER = "cordboard"


@dataclass(frozen=True, slots=True)
class Stage:
    """A site and the private Asterisk it is for. ``passwords`` are those of the site's people, and
    ``phone_password`` the one all phones register with."""

    site: Site
    asterisk: PrivateAsterisk
    passwords: Mapping[str, str]
    phone_password: str


def make_site(folder: Path) -> None:
    """Makes the example site in ``folder``, and keeps its people's passwords beside it."""
    passwords = new_site.write(folder)
    logins = folder / "var" / "state" / "demo-log-ins.json"
    logins.touch(mode=0o600)
    logins.write_text(json.dumps(dict(passwords)), encoding="utf-8")


def point_site(
    folder: Path, ports: Ports, speaker: Program, changes: Mapping[str, Any], tls: Tls | None = None
) -> None:
    """Points a site at these ports and this speaker. ``changes`` go into site.yaml's top level."""
    yaml = YAML()
    text = yaml.load(folder / "site.yaml")
    text["asterisk"]["port"] = ports.ami
    if tls is not None:
        text["asterisk"].update(host="localhost", port=ports.ami_tls, tls=True, tls_ca=str(tls.authority))
    options = text.get("speech", {}).get("espeak", [""])[1:]
    text["speech"] = {"espeak": [*speaker.argv, *options]}
    text.update(changes)
    text["web"] = {**text.get("web", {}), "phone_url": f"ws://{HOST}:{ports.web}/ws"}
    yaml.dump(text, folder / "site.yaml")


@asynccontextmanager
async def stage(
    folder: Path,
    programs: Mapping[str, Program],
    *,
    phones: Sequence[Phone] = (),
    changes: Mapping[str, Any] = MappingProxyType({}),
    includes: Sequence[Path] = (),
    managers: Sequence[Manager] = (),
    files: Mapping[str, str] = MappingProxyType({}),
    calls: int = 100,
    tls: Tls | None = None,
) -> AsyncIterator[Stage]:
    """Sets the stage for the site that ``make_site`` made in ``folder``: its Asterisk, with a line
    for each person's phone.

    ``changes`` go into site.yaml; ``phones`` are further lines, ``includes`` further dialplan,
    ``managers`` further AMI users, ``files`` further configuration; ``calls`` is how many there is room for.
    With ``tls`` Cordboard is linked by it, at ``localhost``.
    Raises AsteriskFailed, SiteError.
    """
    ports = free_ports(calls)
    point_site(folder, ports, programs["espeak-ng"], changes, tls)
    site = settings.load(folder)
    include = folder / "extensions_cordboard.conf"
    include.write_text(dialplan.render(site), encoding="utf-8")
    password = secrets.token_hex(8)
    pjsip = folder / "pjsip_cordboard.conf"
    pjsip.touch(mode=0o600)
    pjsip.write_text(browser_phones.render(site), encoding="utf-8")
    own = [Phone(dialled.partition("/")[2], password) for p in site.people.values() for _, dialled in p.dialled]
    named = {phone.name for phone in phones} | {dialled.partition("/")[2] for dialled in site.browser_phones.values()}
    plan = Plan(
        phones=[*(phone for phone in own if phone.name not in named), *phones],
        managers=[
            Manager(MANAGER, site.ami_secret_file.read_text().strip(), READ, WRITE, Tracker("", "").events),
            *managers,
        ],
        includes=[include, *includes],
        pjsip=[pjsip],
        caller_context="cordboard",
        phone_context="cordboard",
        files=files,
        tls=tls,
    )
    passwords = json.loads((site.state / "demo-log-ins.json").read_text(encoding="utf-8"))
    async with PrivateAsterisk(programs["asterisk"], folder / "var" / "asterisk", plan, ports) as asterisk:
        yield Stage(site, asterisk, passwords, password)


@asynccontextmanager
async def serving(site: Site, *watchers: Part) -> AsyncIterator[str]:
    """Runs Cordboard on a site, in this process; gives its address. Raises as ``config.serve.serve``."""
    up: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(serve(site, started=up.put_nowait, watchers=watchers))
    started = asyncio.create_task(up.get())
    try:
        await asyncio.wait((running, started), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield await started
    finally:
        started.cancel()
        running.cancel()
        await asyncio.wait((running, started))
