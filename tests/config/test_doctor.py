"""What the doctor sees, and what to do about it."""

from __future__ import annotations

import os
import shutil
import time
from collections import namedtuple
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config import doctor, settings
from config.doctor import Finding, Verdict
from config.line import Link
from config.manager_user import NEEDED_ACTIONS, READ
from config.settings import Site
from cti.ami import client
from cti.ami.client import AmiClient, AmiSettings
from cti.sip import SipAnswer, SipUnreachable
from tests.certificates import Authority
from tests.cti.ami.peer import Answer, Headers, Peer, listed, served

GOOD, DOUBTFUL, BAD = Verdict.GOOD, Verdict.DOUBTFUL, Verdict.BAD
CONTEXT = listed("ListDialplan", [{"Context": "x", "ExtensionLabel": "join"}])


@pytest.fixture
def loaded(site: Path) -> Site:
    return settings.load(site)


def pointed(site: Site, port: int, secret: str = Peer.secret) -> Site:
    """The site, at a scripted Asterisk."""
    site.ami_secret_file.write_text(secret)
    asterisk = site.settings.asterisk.model_copy(update={"port": port})
    return replace(site, settings=site.settings.model_copy(update={"asterisk": asterisk}))


def variables(values: Mapping[str, str]) -> Answer:
    """The answers to Getvar; empty, as Asterisk's, for what is not there."""

    def answer(action: Mapping[str, str]) -> Sequence[Headers]:
        name = action["Variable"]
        return [{"Response": "Success", "Variable": name, "Value": values.get(name, "")}]

    return answer


def asterisk(**answers: Answer) -> dict[str, Answer]:
    """The answers of an Asterisk where all is well but that no phone is known."""
    well: dict[str, Answer] = {
        "ListCommands": [{"Response": "Success", **dict.fromkeys(NEEDED_ACTIONS, "it does  (Priv: all)")}],
        "ShowDialPlan": CONTEXT,
        "Getvar": variables({}),
    }
    return well | answers


async def findings(site: Site) -> dict[str, Finding]:
    return {f.what: f async for f in doctor.examine(site)}


# Without Asterisk


def test_the_folders(loaded: Site) -> None:
    found = {f.what: f for f in doctor.local(loaded)}
    assert (found["site files"].verdict, found["site files"].seen) == (GOOD, "3 flow(s), 2 queues, 4 people")
    for what, folder in (("sounds folder", loaded.sounds), ("recordings folder", loaded.recordings)):
        assert found[what].verdict is not BAD
        assert str(folder) in found[what].seen
        assert folder.is_dir()


def test_a_folder_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    assert doctor.writable("x", tmp_path / "file").verdict is BAD
    below = doctor.writable("x", tmp_path / "file" / "folder")
    assert (below.verdict, below.seen) == (BAD, f"{tmp_path / 'file' / 'folder'}: Not a directory")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert doctor.writable("x", tmp_path).seen == f"{tmp_path} is not writable"


@pytest.mark.parametrize(("free", "verdict"), [(1 << 30, GOOD), ((1 << 30) - 1, DOUBTFUL)])
def test_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 0, free))
    assert doctor.writable("x", tmp_path) == Finding(
        "x", verdict, f"{tmp_path}, 1.0 GiB free", "" if verdict is GOOD else "make room: recordings need it"
    )


@pytest.mark.parametrize(("there", "verdict"), [("/usr/bin/espeak-ng", GOOD), (None, BAD)])
def test_the_speaker(loaded: Site, monkeypatch: pytest.MonkeyPatch, there: str | None, verdict: Verdict) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: there)
    found = {f.what: f for f in doctor.local(loaded)}
    assert found["speech"].verdict is verdict


@pytest.mark.parametrize(
    ("banner", "verdict"),
    [
        ("Asterisk Call Manager/11.0.0", GOOD),
        ("Asterisk Call Manager/5.0.2", GOOD),
        ("Asterisk Call Manager/4.0.3", BAD),
        ("Asterisk Call Manager/1.1", BAD),
        ("Asterisk Call Manager", DOUBTFUL),
        ("", DOUBTFUL),
    ],
)
def test_version(banner: str, verdict: Verdict) -> None:
    assert doctor.version(banner).verdict is verdict


# The log-in


async def test_all_is_well(loaded: Site) -> None:
    async with Peer(asterisk()) as peer:
        found = await findings(pointed(loaded, peer.port))
        assert {name: found[name].verdict for name in ("AMI log-in", "permissions", "dialplan include")} == {
            "AMI log-in": GOOD,
            "permissions": GOOD,
            "dialplan include": GOOD,
        }
        asked = [action["Context"] for action in peer.named("ShowDialPlan")]
    assert asked == ["cordboard", "cordboard-fallback", "cordboard-agent"]


async def test_a_log_in_refused(loaded: Site) -> None:
    async with Peer(asterisk()) as peer:
        site = pointed(loaded, peer.port, "a wrong secret")
        found = await findings(site)
        last = found["AMI log-in"]
        assert (last.verdict, last.seen) == (BAD, "log-in refused: Authentication failed")
        assert (
            last.do == f"is manager.conf enabled on 127.0.0.1:{peer.port}, and does its [cordboard] have this secret?"
        )
        assert list(found)[-1] == "AMI log-in"


async def test_nobody_there(loaded: Site) -> None:
    async with Peer() as peer:
        port = peer.port
    found = await findings(pointed(loaded, port))
    assert found["AMI log-in"].verdict is BAD
    assert "cannot connect" in found["AMI log-in"].seen


@pytest.mark.parametrize(
    ("secret", "seen"),
    [
        (None, "the secret cannot be read: No such file or directory"),
        (b"two\nlines", "Secret has a line break or a NUL in its value"),
        (b"\xff", "'ascii' codec can't decode byte 0xff in position 0: ordinal not in range(128)"),
    ],
    ids=["none", "two lines", "binary"],
)
async def test_a_secret_that_is_none(loaded: Site, secret: bytes | None, seen: str) -> None:
    loaded.ami_secret_file.unlink()
    if secret is not None:
        loaded.ami_secret_file.write_bytes(secret)
    found = await findings(loaded)
    assert (found["AMI log-in"].verdict, found["AMI log-in"].seen) == (BAD, seen)
    assert str(loaded.ami_secret_file) in found["AMI log-in"].do


async def test_certificates_that_are_not_there(loaded: Site) -> None:
    changed = loaded.settings.asterisk.model_copy(update={"tls": True, "tls_ca": Path("gone.pem")})
    site = replace(loaded, settings=loaded.settings.model_copy(update={"asterisk": changed}))
    found = await findings(site)
    assert found["AMI log-in"].verdict is BAD
    assert str(loaded.folder / "gone.pem") in found["AMI log-in"].seen


async def test_missing_permissions(loaded: Site) -> None:
    allowed = [name for name in NEEDED_ACTIONS if name not in ("AGI", "Originate")]
    commands = [{"Response": "Success", **dict.fromkeys(allowed, "x")}]
    async with Peer(asterisk(ListCommands=commands)) as peer:
        found = await findings(pointed(loaded, peer.port))
    assert (found["permissions"].verdict, found["permissions"].seen) == (BAD, "may not: AGI, Originate")
    assert "write = agi,call,originate,reporting" in found["permissions"].do


async def test_more_than_is_needed(loaded: Site) -> None:
    commands = dict.fromkeys(NEEDED_ACTIONS, "x (Priv: call,all)") | {"Command": "x (Priv: command,all)"}
    async with Peer(asterisk(ListCommands=[{"Response": "Success", **commands}])) as peer:
        found = await findings(pointed(loaded, peer.port))
    assert (found["permissions"].verdict, found["permissions"].seen) == (
        DOUBTFUL,
        "more than is needed: Command (command)",
    )
    assert "write = agi,call,originate,reporting" in found["permissions"].do


@pytest.mark.parametrize(
    ("lines", "verdict", "seen"),
    [
        (("read", READ), DOUBTFUL, "manager.conf has no eventfilter: all that happens is sent, and thrown away here"),
        (("read", "agi,call", "eventfilter,0", "Event"), BAD, "kept from us: those of class dtmf, those of class user"),
        (("read", READ, "eventfilter,0", "!DTMFEnd"), BAD, "kept from us: DTMFEnd"),
        (
            ("read", READ, "eventfilter,0", "("),
            BAD,
            "an eventfilter in manager.conf is no pattern: missing ), unterminated subpattern at position 0",
        ),
        (("read", f"{READ},system", "eventfilter,0", "Event"), DOUBTFUL, "more than are needed: system"),
        ((), DOUBTFUL, "Asterisk does not say which come: it has no func_config"),
        (("read", READ, "eventfilter,0", "^Event", "eventfilter,1", "!Cdr"), GOOD, f"{READ}, filtered"),
        # An Asterisk that does not count the lines.
        (("read", READ, "eventfilter,0", "^Event", "eventfilter,1", "^Event"), GOOD, f"{READ}, filtered"),
    ],
)
async def test_which_events_come(loaded: Site, lines: Sequence[str], verdict: Verdict, seen: str) -> None:
    written = {f"AST_CONFIG(manager.conf,cordboard,{key})": v for key, v in zip(lines[::2], lines[1::2], strict=True)}
    async with Peer(asterisk(Getvar=variables(written))) as peer:
        found = (await findings(pointed(loaded, peer.port)))["events"]
    assert (found.verdict, found.seen) == (verdict, seen)
    assert (f"read = {READ}" in found.do) is (verdict is not GOOD)


@pytest.mark.parametrize(
    ("days", "verdict", "seen"), [(29.5, DOUBTFUL, "good for 29 days"), (90.5, GOOD, "good for 90 days")]
)
async def test_a_link_by_tls(loaded: Site, tmp_path: Path, days: float, verdict: Verdict, seen: str) -> None:
    authority = Authority(tmp_path / "authority.pem")
    context = served(authority.gives(tmp_path / "server.pem", days=(-1, days)))
    async with Peer(asterisk(), tls=context) as peer:
        site = pointed(loaded, peer.port)
        changed = {"host": "localhost", "tls": True, "tls_ca": authority.path}
        at = site.settings.asterisk.model_copy(update=changed)
        found = await findings(replace(site, settings=site.settings.model_copy(update={"asterisk": at})))
        assert found["AMI encryption"].verdict is verdict
        assert seen in found["AMI encryption"].seen
        at = at.model_copy(update={"tls_ca": None})
        found = await findings(replace(site, settings=site.settings.model_copy(update={"asterisk": at})))
    assert (found["AMI log-in"].verdict, found["AMI log-in"].do) == (
        BAD,
        "name the authority that signed it in site.yaml: asterisk.tls_ca, a PEM file",
    )


async def test_a_link_over_a_network_in_the_clear(loaded: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Peer(asterisk()) as peer:
        site = pointed(loaded, peer.port)
        assert (await findings(site))["AMI encryption"].verdict is GOOD
        monkeypatch.setattr(client, "_is_here", lambda host: False)
        found = (await findings(site))["AMI encryption"]
        assert (found.verdict, "asterisk.tls" in found.do) == (DOUBTFUL, True)
        with capture_logs() as logs:
            Link(site)
        assert [(log["event"], log["host"]) for log in logs] == [("ami is not encrypted", "127.0.0.1")]


async def test_an_include_that_is_not_loaded(loaded: Site) -> None:
    def show(action: Mapping[str, str]) -> Sequence[Headers]:
        there = action["Context"] == "cordboard"
        return CONTEXT if there else [{"Response": "Error", "Message": "Did not find context"}]

    async with Peer(asterisk(ShowDialPlan=show)) as peer:
        found = await findings(pointed(loaded, peer.port))
    assert (found["dialplan include"].verdict, found["dialplan include"].seen) == (
        BAD,
        "not loaded: cordboard-fallback, cordboard-agent",
    )


async def test_an_include_of_an_earlier_version(loaded: Site) -> None:
    async with Peer(asterisk(ShowDialPlan=listed("ListDialplan", [{"Context": "x"}]))) as peer:
        found = await findings(pointed(loaded, peer.port))
    assert (found["dialplan include"].verdict, found["dialplan include"].seen) == (BAD, "of an earlier version")


async def test_actions_that_are_refused_are_findings_too(loaded: Site) -> None:
    no: Answer = [{"Response": "Error", "Message": "Permission denied"}]
    async with Peer({"ListCommands": no, "ShowDialPlan": no, "Getvar": no}) as peer:
        found = await findings(pointed(loaded, peer.port))
    assert (found["permissions"].verdict, found["permissions"].seen) == (BAD, "Permission denied")
    assert found["phone of alice"].verdict is DOUBTFUL


@pytest.mark.parametrize(("ahead", "verdict"), [(0.0, GOOD), (60.0, DOUBTFUL), (-60.0, DOUBTFUL)])
async def test_the_clock(ahead: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    answer = [{"Response": "Success", "Timestamp": f"{1000 + ahead:.6f}"}]
    async with Peer({"Ping": answer}) as peer, linked(peer) as ami:
        found = await doctor.clock(ami)
    assert found.verdict is verdict
    if verdict is DOUBTFUL:
        assert found.seen == f"{-ahead:+.1f} s from Asterisk's"


# Phones


@asynccontextmanager
async def linked(peer: Peer) -> AsyncIterator[AmiClient]:
    """A client of the peer, logged in."""
    settings = AmiSettings(host="127.0.0.1", port=peer.port, user=peer.user, secret=peer.secret)
    ami = AmiClient(settings, on_event=lambda _: None, on_up=doctor._nothing, on_down=lambda _: None)
    async with doctor._linked(ami) as trouble:
        assert trouble == ""
        yield ami


STATE = "DEVICE_STATE(PJSIP/a)"
CONTACTS = {
    STATE: "NOT_INUSE",
    "PJSIP_ENDPOINT(a,aors)": "a,b",
    "PJSIP_AOR(a,contact)": "a;@1",
    "PJSIP_AOR(b,contact)": "b;@2,b;@3",
    "PJSIP_CONTACT(a;@1,uri)": "sip:a@192.0.2.1:5070",
    "PJSIP_CONTACT(b;@2,uri)": "sip:b@192.0.2.2;transport=TCP",
    "PJSIP_CONTACT(b;@3,uri)": "sips:b@[2001:db8::1]:5061",
}

LINES: Mapping[str, tuple[Mapping[str, str], Verdict, str]] = {
    "unknown": ({STATE: "INVALID"}, BAD, "Asterisk knows no PJSIP/a"),
    "not registered": ({STATE: "UNAVAILABLE"}, DOUBTFUL, "PJSIP/a is not registered"),
    "Asterisk watches it": (
        CONTACTS | {"PJSIP_CONTACT(b;@3,status)": "Reachable", "PJSIP_CONTACT(b;@3,rtt)": "12345"},
        GOOD,
        "PJSIP/a answers Asterisk in 12 ms",
    ),
    "Asterisk watches it, without a time": (
        CONTACTS | {"PJSIP_CONTACT(a;@1,status)": "Reachable", "PJSIP_CONTACT(a;@1,rtt)": "N/A"},
        GOOD,
        "PJSIP/a answers Asterisk",
    ),
    "no contact is told": ({STATE: "INUSE"}, GOOD, "Asterisk says of PJSIP/a: INUSE"),
    "nothing is told": ({}, DOUBTFUL, "Asterisk says nothing of PJSIP/a"),
    "it is asked": (CONTACTS, GOOD, "answers OPTIONS with 200 in 5 ms"),
    "a browser": (
        CONTACTS | {"PJSIP_CONTACT(a;@1,uri)": "sip:x@192.0.2.1:4433;transport=ws;x=y"},
        GOOD,
        "registered over ws, by which it cannot be asked from here",
    ),
    "no address": (
        {STATE: "UNKNOWN", "PJSIP_ENDPOINT(a,aors)": "a", "PJSIP_AOR(a,contact)": "c", "PJSIP_CONTACT(c,uri)": "tel:1"},
        DOUBTFUL,
        "its contact 'tel:1' is no SIP address",
    ),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """Whom OPTIONS was sent to; only TCP is answered."""
    sent: list[tuple[str, int, str]] = []

    async def options(host: str, port: int, *, transport: str = "udp") -> SipAnswer:
        sent.append((host, port, transport))
        if transport == "udp":
            raise SipUnreachable(f"{host}:{port} over udp did not answer")
        return SipAnswer(status=200, reason="OK", round_trip_s=0.005)

    monkeypatch.setattr(doctor, "options", options)
    return sent


@pytest.mark.parametrize(("values", "verdict", "seen"), LINES.values(), ids=LINES)
@pytest.mark.usefixtures("asked")
async def test_a_line(values: Mapping[str, str], verdict: Verdict, seen: str) -> None:
    async with Peer({"Getvar": variables(values)}) as peer, linked(peer) as ami:
        found = await doctor.line(ami, "phone of a", "PJSIP/a")
    assert (found.verdict, found.seen) == (verdict, seen)
    assert bool(found.do) is (verdict is not GOOD)


async def test_each_contact_is_asked_in_its_own_way(asked: list[tuple[str, int, str]]) -> None:
    async with Peer({"Getvar": variables(CONTACTS)}) as peer, linked(peer) as ami:
        await doctor.line(ami, "phone of a", "PJSIP/a")
    assert asked == [("192.0.2.1", 5070, "udp"), ("192.0.2.2", 5060, "tcp"), ("2001:db8::1", 5061, "udp")]


async def test_a_line_that_does_not_answer(asked: list[tuple[str, int, str]]) -> None:
    values = CONTACTS | {"PJSIP_ENDPOINT(a,aors)": "a"}
    async with Peer({"Getvar": variables(values)}) as peer, linked(peer) as ami:
        found = await doctor.line(ami, "phone of a", "PJSIP/a")
    assert (found.verdict, found.seen) == (DOUBTFUL, "192.0.2.1:5070 over udp did not answer")


async def test_lines_of_other_kinds_are_asked_of_asterisk_only(asked: list[tuple[str, int, str]]) -> None:
    async with Peer({"Getvar": variables({"DEVICE_STATE(IAX2/a)": "NOT_INUSE"})}) as peer, linked(peer) as ami:
        found = await doctor.line(ami, "phone of a", "IAX2/a")
        assert [action["Variable"] for action in peer.named("Getvar")] == ["DEVICE_STATE(IAX2/a)"]
    assert (found.verdict, asked) == (GOOD, [])


async def test_every_phone_and_trunk_is_looked_at(loaded: Site) -> None:
    site = replace(loaded, settings=loaded.settings.model_copy(update={"trunks": ("provider",)}))
    states = {f"DEVICE_STATE(PJSIP/{name})": "NOT_INUSE" for name in ("alice", "bob", "sue", "provider")}
    async with Peer(asterisk(Getvar=variables(states))) as peer:
        found = await findings(pointed(site, peer.port))
    looked_at = [name for name in found if name.startswith(("phone", "trunk"))]
    assert looked_at == ["phone of alice", "phone of bob", "phone of sue", "trunk provider"]
    assert {found[name].verdict for name in looked_at} == {GOOD}
