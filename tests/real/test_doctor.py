"""The doctor at a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from config import doctor
from config.doctor import Finding, Verdict
from demo.debian import Program
from demo.phones import Phones
from demo.stage import Stage, stage


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
    assert {"AMI log-in", "permissions", "events", "dialplan include", "clock", "phone of sue", "trunk bob"} <= set(
        found
    )


async def test_phones_that_are_not_registered_are_doubtful(at: Stage) -> None:
    found = await look(at)
    for name in ("phone of alice", "phone of bob", "phone of sue", "trunk bob"):
        assert found[name].verdict is Verdict.DOUBTFUL
        assert "is not registered" in found[name].seen
