"""``cordboard doctor``: looks at everything a site needs, and says what is wrong and what to do."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from config.settings import Site
from cti.ami.client import AmiClient, AmiError, AmiSettings
from cti.calls.legs import AGENT_CONTEXT, ENGINE_CONTEXT, FALLBACK_CONTEXT
from cti.sip import SipUnreachable, options

NEEDED_ACTIONS = (
    "AGI", "Bridge", "CoreShowChannels", "Hangup", "Originate", "Ping", "PlayDTMF",
    "PJSIPShowContacts", "Redirect", "Setvar", "ShowDialPlan",
)  # fmt: skip
"""What the manager user must be allowed; docs/how-to says which class brings which."""

OLDEST_AMI = (5, 0)
"""The manager interface's version in Asterisk 16."""

LEAST_FREE = 1 << 30
"""Bytes: about 18 hours of recorded talk."""

CLOCK_LIMIT_S = 2.0
_BANNER = re.compile(r"/(\d+)\.(\d+)")
_CONTACT = re.compile(r"^sips?:(?:[^@;>]*@)?(?P<host>[^:;>]+)(?::(?P<port>\d+))?")


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was seen, and what to do about it."""

    what: str
    verdict: Verdict
    seen: str
    do: str = ""


def good(what: str, seen: str) -> Finding:
    return Finding(what, Verdict.GOOD, seen)


def bad(what: str, seen: str, do: str) -> Finding:
    return Finding(what, Verdict.BAD, seen, do)


def doubtful(what: str, seen: str, do: str) -> Finding:
    return Finding(what, Verdict.DOUBTFUL, seen, do)


async def examine(site: Site) -> AsyncIterator[Finding]:
    """Every check in turn; those that need Asterisk only where it can be reached."""
    for finding in local(site):
        yield finding
    try:
        secret = site.ami_secret_file.read_text(encoding="ascii").strip()
    except OSError as error:
        yield bad("AMI log-in", f"no secret: {error}", f"write the manager user's secret into {site.ami_secret_file}")
        return
    a = site.settings.asterisk
    settings = AmiSettings(host=a.host, port=a.port, user=a.user, secret=secret, tls=a.tls, tls_ca=a.tls_ca)
    async with _link(settings) as (ami, trouble):
        if trouble:
            do = f"is manager.conf enabled on {a.host}:{a.port}, and does its [{a.user}] have this secret?"
            yield bad("AMI log-in", trouble, do)
            return
        yield good("AMI log-in", f"as {a.user} at {a.host}:{a.port}, {ami.banner}")
        yield version(ami.banner)
        for check in (_permissions, _dialplan, _clock):
            yield await _guarded(check, ami)
        async for finding in _phones(ami, site):
            yield finding


def local(site: Site) -> Iterable[Finding]:
    """What can be seen without Asterisk: folders, disk, programs."""
    yield good("site files", f"{len(site.flows)} flow(s), {len(site.queues)} queues, {len(site.people)} people")
    for what, folder in (("sounds folder", site.sounds), ("recordings folder", site.recordings), ("state", site.state)):
        yield writable(what, folder)
    speaker = site.settings.speech.espeak[0]
    if shutil.which(speaker):
        yield good("speech", speaker)
    else:
        yield bad(
            "speech",
            f"{speaker} is not there",
            "sudo apt-get install espeak-ng, or name it in site.yaml: speech.espeak",
        )


def writable(what: str, folder: Path) -> Finding:
    """Whether we can write into the folder, and how much room it has."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return bad(what, f"{folder}: {error.strerror}", "make it, and give it to the user Cordboard runs as")
    if not os.access(folder, os.W_OK | os.X_OK):
        return bad(what, f"{folder} is not writable", "give it to the user Cordboard runs as")
    free = shutil.disk_usage(folder).free
    seen = f"{folder}, {free / (1 << 30):.1f} GiB free"
    return good(what, seen) if free >= LEAST_FREE else doubtful(what, seen, "make room: recordings need it")


def version(banner: str) -> Finding:
    """Whether this Asterisk is new enough, by its greeting."""
    found = _BANNER.search(banner)
    if found is None:
        return doubtful("Asterisk's version", banner, "expected a greeting like 'Asterisk Call Manager/11.0.0'")
    if (int(found[1]), int(found[2])) < OLDEST_AMI:
        return bad("Asterisk's version", banner, "Cordboard needs Asterisk 16 or newer")
    return good("Asterisk's version", f"manager interface {found[1]}.{found[2]}")


@asynccontextmanager
async def _link(settings: AmiSettings) -> AsyncIterator[tuple[AmiClient, str]]:
    up: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def on_up() -> None:
        if not up.done():
            up.set_result(None)

    ami = AmiClient(settings, on_event=lambda _: None, on_up=on_up, on_down=lambda _: None)
    running = asyncio.create_task(ami.run())
    try:
        try:
            async with asyncio.timeout(settings.deadline_s):
                await up
        except TimeoutError:
            yield ami, ami.trouble
        else:
            yield ami, ""
    finally:
        running.cancel()
        await asyncio.wait({running})


async def _guarded(check: Callable[[AmiClient], object], ami: AmiClient) -> Finding:
    name = check.__name__.lstrip("_")
    try:
        found = check(ami)
        assert asyncio.iscoroutine(found)
        finding = await found
        assert isinstance(finding, Finding)
        return finding
    except AmiError as error:
        return bad(name, str(error), "see docs/how-to/asterisk.md for the manager user's permissions")


async def _permissions(ami: AmiClient) -> Finding:
    allowed = await ami.action("ListCommands")
    missing = [name for name in NEEDED_ACTIONS if name not in allowed]
    if missing:
        do = "give the manager user write = agi,call,originate,reporting in manager.conf"
        return bad("permissions", f"may not: {', '.join(missing)}", do)
    return good("permissions", f"all {len(NEEDED_ACTIONS)} actions allowed")


async def _dialplan(ami: AmiClient) -> Finding:
    missing = []
    for context in (ENGINE_CONTEXT, FALLBACK_CONTEXT, AGENT_CONTEXT):
        try:
            await ami.listing("ShowDialPlan", {"Context": context})
        except AmiError:
            missing.append(context)
    if missing:
        do = "write it with `cordboard dialplan`, #include it in extensions.conf, then `dialplan reload`"
        return bad("dialplan include", f"not loaded: {', '.join(missing)}", do)
    return good("dialplan include", "loaded")


async def _clock(ami: AmiClient) -> Finding:
    pong = await ami.action("Ping")
    apart = time.time() - float(pong.get("Timestamp", "0"))
    if abs(apart) > CLOCK_LIMIT_S:
        return doubtful("clock", f"{apart:+.1f} s from Asterisk's", "run a time service (chrony) on both machines")
    return good("clock", f"{apart * 1000:+.0f} ms from Asterisk's")


async def _phones(ami: AmiClient, site: Site) -> AsyncIterator[Finding]:
    """Each person's phone: Asterisk's own word first, then a SIP OPTIONS of ours."""
    try:
        listed = await ami.listing("PJSIPShowContacts")
    except AmiError as error:
        yield bad("phones", str(error), "give the manager user write = reporting")
        return
    contacts = {m.get("Endpoint", "") or m.get("Aor", ""): m for m in listed}
    for name, person in site.people.items():
        if person.phone is None:
            continue
        what = f"phone of {name}"
        contact = contacts.get(person.phone.partition("/")[2])
        if contact is None:
            yield doubtful(what, f"{person.phone} is not registered", "log the phone in, or check the endpoint's name")
        elif contact.get("Status") == "Reachable":
            yield good(
                what, f"{person.phone} answers Asterisk in {int(contact.get('RoundtripUsec', '0')) / 1000:.0f} ms"
            )
        else:
            yield await _ask(what, contact.get("Uri", ""))


async def _ask(what: str, uri: str) -> Finding:
    found = _CONTACT.match(uri)
    if found is None:
        return doubtful(what, f"its contact {uri!r} is no SIP address", "look at it with `pjsip show contacts`")
    try:
        answer = await options(found["host"], int(found["port"] or 5060))
    except SipUnreachable as error:
        return doubtful(what, str(error), "is it switched on, and can it be reached from here?")
    return good(what, f"answers OPTIONS with {answer.status} in {answer.round_trip_s * 1000:.0f} ms")
