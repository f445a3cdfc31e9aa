"""``cordboard doctor``: looks at everything a site needs, and says what is wrong and what to do."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from config import manager_user
from config.settings import Site
from cti.actions.joining import JOIN
from cti.ami.client import AmiClient, AmiError, AmiRefused, AmiSettings
from cti.calls.legs import AGENT_CONTEXT, ENGINE_CONTEXT, FALLBACK_CONTEXT
from cti.calls.tracker import Tracker
from cti.sip import SipUnreachable, options

OLDEST_AMI = (5, 0)
"""The manager interface's version in Asterisk 16."""

LEAST_FREE = 1 << 30
"""Bytes: about 4.5 hours of recorded talk."""

CLOCK_LIMIT_S = 2.0
CERTIFICATE_DAYS = 30
"""A certificate that ends sooner is worth a word."""

_MOST_FILTERS = 100
_BANNER = re.compile(r"/(\d+)\.(\d+)")
_CONTACT = re.compile(
    r"sips?:(?:[^@;>]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:;>\[\]]+)(?::(?P<port>\d{1,5}))?(?:;(?P<params>[^>]*))?"
)


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
    a = site.settings.asterisk
    try:
        at = site.ami(site.ami_secret_file.read_text(encoding="ascii").strip())
        ami = AmiClient(at, on_event=lambda _: None, on_up=_nothing, on_down=lambda _: None)
    except OSError as error:
        do = f"write the manager user's secret into {site.ami_secret_file}"
        yield bad("AMI log-in", f"the secret cannot be read: {error.strerror}", do)
        return
    except ValueError as error:
        yield bad("AMI log-in", str(error), f"look at asterisk in site.yaml, and at {site.ami_secret_file}")
        return
    async with _linked(ami) as trouble:
        if trouble:
            do = (
                ami.remedy or f"is manager.conf enabled on {a.host}:{a.port}, and does its [{a.user}] have this secret?"
            )
            yield bad("AMI log-in", trouble, do)
            return
        yield good("AMI log-in", f"as {a.user} at {a.host}:{a.port}, {ami.banner}")
        yield _encryption(ami, at)
        yield version(ami.banner)
        for what, check in (
            ("permissions", _permissions),
            ("events", partial(_events, a.user)),
            ("dialplan include", _dialplan),
            ("clock", clock),
        ):
            yield await _guarded(what, check(ami))
        for what, dialled in _lines(site).items():
            yield await _guarded(what, line(ami, what, dialled))


def local(site: Site) -> Iterable[Finding]:
    """What can be seen without Asterisk: folders, disk, programs."""
    yield good("site files", f"{len(site.menus)} flow(s), {len(site.queues)} queues, {len(site.people)} people")
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
async def _linked(ami: AmiClient) -> AsyncIterator[str]:
    """Gives what the first try to connect came to: empty for a link."""
    untried = ami.trouble
    running = asyncio.create_task(ami.run())
    try:
        while ami.trouble == untried:  # noqa: ASYNC110 - there is no event; and each try has its deadline
            await asyncio.sleep(0.01)
        yield ami.trouble
    finally:
        running.cancel()
        await asyncio.wait({running})


async def _nothing() -> None:
    """There is nothing to do after the log-in."""


async def _guarded(what: str, check: Awaitable[Finding]) -> Finding:
    try:
        return await check
    except AmiError as error:
        return bad(what, str(error), "see docs/how-to/asterisk.md for the manager user's permissions")


def _encryption(ami: AmiClient, at: AmiSettings) -> Finding:
    what = "AMI encryption"
    if at.in_the_clear:
        seen = f"none: the secret, callers' numbers and their keys go to {at.host} as they are"
        return doubtful(what, seen, manager_user.ENCRYPT)
    return certificate(what, ami) if at.tls else good(what, "none is needed on this machine")


def certificate(what: str, ami: AmiClient) -> Finding:
    """How long the certificate is good for that Asterisk has shown."""
    if ami.certificate_ends is None:
        return good(what, "TLS; no certificate was seen yet")
    days = int((ami.certificate_ends - time.time()) // 86_400)
    seen = f"TLS, with a certificate that is good for {days} days"
    if days < CERTIFICATE_DAYS:
        return doubtful(what, seen, "give Asterisk a new one before: without it there is no link")
    return good(what, seen)


async def _permissions(ami: AmiClient) -> Finding:
    allowed = await ami.action("ListCommands")
    if missing := manager_user.lacks(allowed):
        do = f"give the manager user write = {manager_user.WRITE} in manager.conf"
        return bad("permissions", f"may not: {', '.join(missing)}", do)
    beyond = manager_user.beyond(allowed)
    if beyond.actions:
        do = f"leave the manager user no more than write = {manager_user.WRITE}, for its secret may be stolen"
        return doubtful("permissions", f"more than is needed: {beyond}", do)
    return good("permissions", f"all {len(manager_user.NEEDED_ACTIONS)} actions allowed, and nothing else")


async def _events(user: str, ami: AmiClient) -> Finding:
    """What the manager user is told, by manager.conf as it is now. Raises AmiError."""
    read = await _value(ami, f"AST_CONFIG(manager.conf,{user},read)")
    do = f"give the manager user read = {manager_user.READ} in manager.conf, and the eventfilter of the sample"
    if not read:
        return doubtful("events", "Asterisk does not say which come: it has no func_config", do)
    filters = await _filters(ami, user)
    try:
        kept = manager_user.filtered_out(filters, Tracker("", "").events)
    except re.error as error:
        return bad("events", f"an eventfilter in manager.conf is no pattern: {error}", do)
    missing = [*(f"those of class {name}" for name in manager_user.not_read(read)), *kept]
    if missing:
        return bad("events", f"kept from us: {', '.join(missing)}", do)
    if more := manager_user.read_too(read):
        return doubtful("events", f"more than are needed: {', '.join(more)}", do)
    if not filters:
        return doubtful("events", "manager.conf has no eventfilter: all that happens is sent, and thrown away here", do)
    return good("events", f"{manager_user.READ}, filtered")


async def _filters(ami: AmiClient, user: str) -> Sequence[str]:
    found: list[str] = []
    while len(found) < _MOST_FILTERS:
        one = await _value(ami, f"AST_CONFIG(manager.conf,{user},eventfilter,{len(found)})")
        if not one or one in found:
            break
        found.append(one)
    return found


async def _dialplan(ami: AmiClient) -> Finding:
    missing = []
    lines: Sequence[Mapping[str, str]] = ()
    for context in (ENGINE_CONTEXT, FALLBACK_CONTEXT, AGENT_CONTEXT):
        try:
            lines = await ami.listing("ShowDialPlan", {"Context": context})
        except AmiError:
            missing.append(context)
    if missing:
        do = "write it with `cordboard dialplan`, #include it in extensions.conf, then `dialplan reload`"
        return bad("dialplan include", f"not loaded: {', '.join(missing)}", do)
    if all(line.get("ExtensionLabel") != JOIN for line in lines):
        do = "write it with `cordboard dialplan`, then `dialplan reload`"
        return bad("dialplan include", "of an earlier version", do)
    return good("dialplan include", "loaded")


async def clock(ami: AmiClient) -> Finding:
    """How far Asterisk's clock is from ours. Raises AmiError."""
    pong = await ami.action("Ping")
    apart = time.time() - float(pong.get("Timestamp", "0"))
    if abs(apart) > CLOCK_LIMIT_S:
        return doubtful("clock", f"{apart:+.1f} s from Asterisk's", "run a time service (chrony) on both machines")
    return good("clock", f"{apart * 1000:+.0f} ms from Asterisk's")


def _lines(site: Site) -> Mapping[str, str]:
    """The dial strings to look at, by what they are."""
    phones = {
        f"phone of {name}" if phone == person.usual_phone else f"further phone of {name}, {phone}": phone
        for name, person in site.people.items()
        for _, phone in person.dialled
    }
    return phones | {f"trunk {name}": f"PJSIP/{name}" for name in site.settings.trunks}


async def line(ami: AmiClient, what: str, dialled: str) -> Finding:
    """A phone or a trunk: Asterisk's own word first, then a SIP OPTIONS of ours.

    All by Getvar: the actions that list contacts need the class ``system``, which may do much harm. Raises AmiError.
    """
    state = await _value(ami, f"DEVICE_STATE({dialled})")
    if state == "INVALID":
        return bad(what, f"Asterisk knows no {dialled}", "correct its name, or write the endpoint into pjsip.conf")
    if state == "UNAVAILABLE":
        return doubtful(what, f"{dialled} is not registered", "log the phone in, or see why it cannot reach Asterisk")
    uris = []
    for contact in await _contacts(ami, dialled):
        if await _value(ami, f"PJSIP_CONTACT({contact},status)") == "Reachable":
            micros = await _value(ami, f"PJSIP_CONTACT({contact},rtt)")
            took = f" in {int(micros) / 1000:.0f} ms" if micros.isdecimal() else ""
            return good(what, f"{dialled} answers Asterisk{took}")
        uris.append(await _value(ami, f"PJSIP_CONTACT({contact},uri)"))
    asked = [await _ask(what, uri) for uri in uris if uri]
    if not state and not asked:
        return doubtful(what, f"Asterisk says nothing of {dialled}", "load func_devstate.so into it")
    unasked = good(what, f"Asterisk says of {dialled}: {state}")
    return next((f for f in asked if f.verdict is Verdict.GOOD), asked[0] if asked else unasked)


async def _contacts(ami: AmiClient, line: str) -> Sequence[str]:
    """The names of a PJSIP endpoint's contacts; none for other lines."""
    technology, _, name = line.partition("/")
    if technology.upper() != "PJSIP":
        return ()
    places = await _value(ami, f"PJSIP_ENDPOINT({name.rpartition('@')[2]},aors)")
    listed = [await _value(ami, f"PJSIP_AOR({place.strip()},contact)") for place in places.split(",") if place]
    return [contact for contacts in listed for contact in contacts.split(",") if contact]


async def _value(ami: AmiClient, function: str) -> str:
    """What a dialplan function says; empty where it says nothing or is not loaded."""
    try:
        return (await ami.action("Getvar", {"Variable": function})).get("Value", "")
    except AmiRefused:
        return ""


async def _ask(what: str, uri: str) -> Finding:
    found = _CONTACT.match(uri)
    if found is None:
        return doubtful(what, f"its contact {uri!r} is no SIP address", "look at it with `pjsip show contacts`")
    wanted = re.search(r"(?:^|;)transport=(\w+)", found["params"] or "", re.IGNORECASE)
    transport = wanted[1].lower() if wanted else "udp"
    if transport not in ("udp", "tcp"):
        return good(what, f"registered over {transport}, by which it cannot be asked from here")
    host, port = found["host"].strip("[]"), int(found["port"] or 5060)
    try:
        answer = await options(host, port, transport="tcp" if transport == "tcp" else "udp")
    except SipUnreachable as error:
        return doubtful(what, str(error), "is it switched on, and can it be reached from here?")
    return good(what, f"answers OPTIONS with {answer.status} in {answer.round_trip_s * 1000:.0f} ms")
