"""What the administrator's page is told: the health, the people, and the configuration without secrets."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from unittest.mock import MagicMock

import httpx
import pytest
from fastapi import FastAPI

from config import admin, health, settings, shown
from config.doctor import Finding, Verdict, bad, good
from config.health import Health, stand
from config.new_site import write
from config.premises import make_prompts
from config.reload import Reload
from config.shown import MASK, masked
from cti.access import Gate, Person, Role
from cti.ami.client import AmiError

GATE = Gate(bytes(32), {role.value: Person(role, role) for role in Role})


def test_since_when_a_part_is_in_its_state() -> None:
    parts = stand({}, [good("disk", "5 GiB free"), bad("link", "refused", "start it")], 10.0)
    parts = stand(parts, [good("disk", "4 GiB free"), good("link", "up")], 20.0)
    assert {name: (part.state, part.since, part.seen) for name, part in parts.items()} == {
        "disk": (Verdict.GOOD, 10.0, "4 GiB free"),
        "link": (Verdict.GOOD, 20.0, "up"),
    }


async def test_a_part_that_hangs_or_fails_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.01)
    looks = 0

    async def hangs() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    async def fails() -> Finding:
        raise AmiError("the link is down")

    async def well() -> Finding:
        nonlocal looks
        looks += 1
        return good("disk", "there")

    looked = Health({"store": hangs, "clock": fails, "disk": well}, lambda: {"Python": "3"}, lambda: 5.0)
    found = [(p.part, p.state, p.seen) for p in (await looked.report()).parts]
    assert found == [
        ("store", Verdict.BAD, "no answer in 0.01 s"),
        ("clock", Verdict.BAD, "the link is down"),
        ("disk", Verdict.GOOD, "there"),
    ]
    await looked.report()
    assert looks == 1  # a moment later nothing is looked at anew


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql+asyncpg://me:hunter2@db.example:5432/calls", f"postgresql+asyncpg://db.example:5432/{MASK}"),
        ("https://hooks.example/T0/hunter2?key=hunter2", f"https://hooks.example/{MASK}"),
        ("redis://:hunter2@[::1]:6379/0", f"redis://[::1]:6379/{MASK}"),
        ("https://hooks.example:hunter2/", MASK),
        ("PJSIP/alice", "PJSIP/alice"),
    ],
)
def test_a_url_tells_no_secret(text: str, told: str) -> None:
    assert masked(text) == told


async def test_the_site_as_it_is_loaded(tmp_path: Path) -> None:
    passwords = write(tmp_path / "site")
    text = (tmp_path / "site" / "site.yaml").read_text()
    text += "webhooks: {codes: 'https://hooks.example/hunter2'}\nredis: redis://:hunter2@redis.example\n"
    text += "pop: [{url: 'https://crm.example/hunter2/?n={number}'}]\n"
    text = text.replace("hosts: [billing.example]", "hosts: [billing.example, crm.example]")
    (tmp_path / "site" / "site.yaml").write_text(text)
    site = settings.load(tmp_path / "site")
    app = FastAPI()
    app.state.gate = GATE
    app.include_router(admin.routes(site, Reload(site, MagicMock(), make_prompts), MagicMock()))
    headers = {"Authorization": f"Bearer {GATE.token(Person('admin', Role.ADMIN))}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        loaded = (await client.get("/api/site")).json()
        values = {(one["file"], one["key"]): one["value"] for one in loaded["settings"]}
        assert values["site.yaml", "webhooks.codes"] == f"https://hooks.example/{MASK}"
        assert values["site.yaml", "pop.0.url"] == f"https://crm.example/{MASK}"
        assert values["site.yaml", "lease"] == "10.0"
        assert values["site.yaml", "numbers.*"] == "main"
        assert {file for file, _ in values} == {"site.yaml", "queues.yaml"}
        assert loaded["versions"].keys() == site.flows.keys()

        people = (await client.get("/api/people")).json()
        assert people["people"] == json.loads(json.dumps([asdict(one) for one in shown.people(site.people)]))
        assert people["people"][0]["name"] == "alice"
        assert people["roles"]["system"] == ["log in", "see the health"]
        everything = json.dumps([loaded, people])
        assert not [word for word in ("hunter2", "argon2", *passwords.values()) if word in everything]

        assert (await client.get("/api/site/check")).json() == {"problems": [], "changes": [], "restart": []}
        (tmp_path / "site" / "site.yaml").write_text(text.replace("lease: 10s", "lease: 20s"))
        assert (await client.get("/api/site/check")).json()["restart"] == ["site.yaml: lease"]
        (tmp_path / "site" / "site.yaml").write_text(text.replace("lease: 10s", "lease: soon"))
        problems = (await client.get("/api/site/check")).json()["problems"]
        assert [problem["where"].split(":")[0] for problem in problems] == ["site.yaml"]
        assert (await client.get("/api/site")).json() == loaded
