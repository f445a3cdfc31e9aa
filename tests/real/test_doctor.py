"""The doctor at a real Asterisk: the manager user of the demo may do what is needed, and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from config import doctor
from config.doctor import NEEDED_ACTIONS, Finding, Verdict
from cti.ami.client import AmiClient, AmiSettings
from demo.asterisk import PrivateAsterisk, free_ports
from demo.configuration import Manager, Plan
from demo.debian import Program
from demo.phones import Phones
from demo.stage import WRITE, Stage, stage


@pytest.fixture
async def at(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Stage]:
    changes = {"folders": {"sounds": str(made_site / "sounds")}, "trunks": ["bob", "nobody"]}
    async with stage(site, peers, changes=changes) as running:
        yield running


async def look(at: Stage) -> dict[str, Finding]:
    return {finding.what: finding async for finding in doctor.examine(at.site)}


async def test_everything_is_good_when_the_phones_are_registered(at: Stage) -> None:
    async with Phones(at.asterisk.ports.sip) as phones:
        for name in ("alice", "bob", "sue"):
            await phones.add(name, at.phone_password)
        found = await look(at)
    unknown = found.pop("trunk nobody")
    assert (unknown.verdict, unknown.seen) == (Verdict.BAD, "Asterisk knows no PJSIP/nobody")
    assert [f for f in found.values() if f.verdict is not Verdict.GOOD] == []
    assert "answers OPTIONS" in found["phone of alice"].seen
    assert {"AMI log-in", "permissions", "dialplan include", "clock", "phone of sue", "trunk bob"} <= set(found)


async def test_phones_that_are_not_registered_are_doubtful(at: Stage) -> None:
    found = await look(at)
    for name in ("phone of alice", "phone of bob", "phone of sue", "trunk bob"):
        assert found[name].verdict is Verdict.DOUBTFUL
        assert "is not registered" in found[name].seen


async def test_the_managers_classes_are_the_least(tmp_path: Path, peers: Mapping[str, Program]) -> None:
    """Without any one of them something that is needed is not allowed."""
    classes = WRITE.split(",")
    sets = {"all": classes, **{left_out: [c for c in classes if c != left_out] for left_out in classes}}
    plan = Plan(managers=[Manager(name, "secret", "call", ",".join(write)) for name, write in sets.items()])
    ports = free_ports()
    missing: dict[str, set[str]] = {}
    async with PrivateAsterisk(peers["asterisk"], tmp_path / "asterisk", plan, ports):
        for name in sets:
            settings = AmiSettings(host="127.0.0.1", port=ports.ami, user=name, secret="secret")
            ami = AmiClient(settings, on_event=lambda _: None, on_up=doctor._nothing, on_down=lambda _: None)
            async with doctor._linked(ami) as trouble:
                assert trouble == ""
                allowed = await ami.action("ListCommands")
                missing[name] = set(NEEDED_ACTIONS) - allowed.keys()
    assert missing == {
        "all": set(),
        "agi": {"AGI"},
        "call": {"Bridge", "Hangup", "PlayDTMF", "Redirect", "Setvar"},
        "originate": {"Originate"},
        "reporting": {"CoreShowChannels", "ShowDialPlan"},
    }
