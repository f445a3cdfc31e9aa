"""A thousand card numbers and PINs go into a running server by every way in; then all that was written is searched.

Callers type them at secret steps, in the midst of a talk too; they are callers' names, rows of a table, and all
that every route of the API can be sent.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from config import pins as kept_pins
from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.words import CallId
from demo.debian import Program
from demo.phones import PhoneCall
from demo.tones import present, tone
from tests.planted import CARD, PIN, cards, files, found, pins
from tests.real.conftest import INTERNAL
from tests.real.hotline import QUEUES, Hotline, hotline
from tests.real.test_hostile import ring

FLOWS = {
    "main": f"""
start: account
nodes:
  account: {{collect: Account., digits: 1, name: account, next: card, otherwise: card}}
  card: {{collect: Your card., digits: {CARD}, name: card, secret: true, next: pin, otherwise: pin}}
  pin: {{verify: pin, account: account, say: Your PIN., digits: {PIN}, retries: 0, next: orders, locked: orders,
    otherwise: orders}}
  orders: {{queue: orders, screen: [account]}}
""",
    "again": f"""
start: again
nodes:
  again: {{collect: Your card., digits: {CARD}, name: card, secret: true, next: so, otherwise: so}}
  so: {{back: {{Card: known}}}}
""",
}
LOW, HIGH = 697.0, 1209.0
"""The tones of key 1."""


async def types(line: Hotline, phone: PhoneCall, call: CallId, account: str, card: str, pin: str) -> None:
    """A caller goes through all secret steps."""
    for place, typed in enumerate((account, card, pin), 1):
        await line.watch.wait(ev.EnteredMenu, lambda e: e.call == call, place)
        await phone.press(typed)
    await line.watch.wait(ev.Queued, lambda e: e.call == call)


async def calls(line: Hotline, number: str, card: str, pin: str) -> tuple[PhoneCall, CallId]:
    phone = await (await line.caller(number)).dial("100")
    call = (await line.watch.wait(ev.Arrived, lambda e: e.caller == number)).call
    await types(line, phone, call, number[-1], card, pin)
    return phone, call


async def talks(line: Hotline, phone: PhoneCall, call: CallId, card: str, more: Iterator[str]) -> None:
    """In the midst of a talk the caller gives his card to a flow, by keys and so that it could be heard too. The agent
    writes down what he should not."""
    desk, sue, root = await line.desk("alice"), await line.desk("sue"), await line.desk("root")
    await line.watch.wait(ev.Connected, lambda e: e.call == call)
    (await sue.post(f"/api/calls/{call}/transfer", json={"flow": "again", "back": True})).raise_for_status()
    await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "again")
    await asyncio.gather(phone.say(tone(LOW, 1.5, -18) + tone(HIGH, 1.5, -18)), phone.press(card))
    await line.watch.wait(talk_events.Resumed)
    sends = [
        (desk, f"/api/calls/{call}/disposition", {"notes": f"Visa {next(more)}"}),
        (desk, "/api/followups", {"number": "5550123", "at": time.time() + 3600, "text": next(more), "call": call}),
        (desk, "/api/customers", {"name": next(more), "notes": next(more), "numbers": ["5550123"]}),
        (sue, "/api/announcements", {"text": f"Who has {next(more)}?"}),
    ]
    for who, path, body in sends:
        answer = await who.post(path, json=body)
        assert answer.status_code < 300, (path, answer.text)
    await phone.hang_up()
    record = await line.record(call, lambda r: bool(r["recordings"]) and r["recordings"][0]["state"] != "expected")
    samples, rate = await line.sound(record["recordings"][0])
    assert present(samples.mean(axis=1), rate, (LOW, HIGH)) == set()
    body = {"recording": record["recordings"][0]["stem"], "second": 1.0, "text": f"says {next(more)}"}
    (await sue.post(f"/api/records/{call}/comments", json=body)).raise_for_status()
    (await root.post("/api/holds", json={"call": call, "reason": next(more)})).raise_for_status()


class Sent:
    """Requests to every route, made of what the API says of itself, with card numbers wherever text may be."""

    def __init__(self, api: Mapping[str, Any], more: Iterator[str]) -> None:
        self._api, self._more = api, more

    async def all(self, client: httpx.AsyncClient) -> None:
        for path, methods in self._api["paths"].items():
            for method, route in methods.items():
                if "parameters" in route or "requestBody" in route:
                    await self._send(client, method, path, route)

    async def _send(self, client: httpx.AsyncClient, method: str, path: str, route: Mapping[str, Any]) -> None:
        query = {}
        for part in route.get("parameters", ()):
            value = str(self._value(part["schema"]))
            if part["in"] == "path":
                path = path.replace(f"{{{part['name']}}}", value)
            else:
                query[part["name"]] = value
        schema = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        headers = {"User-Agent": next(self._more), "X-Forwarded-For": next(self._more)}
        body = None if schema is None else self._value(schema)
        answer = await client.request(method, path, params=query, json=body, headers=headers)
        assert answer.status_code != 500, f"{method} {path}"

    def _value(self, schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            schema = self._api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._value(choices[0])
        match schema.get("type"):
            case _ if "enum" in schema or "const" in schema:
                return schema.get("const", schema.get("enum", [None])[0])
            case "object":
                more = schema.get("additionalProperties")
                own = {name: self._value(part) for name, part in schema.get("properties", {}).items()}
                return own | ({next(self._more): self._value(more)} if isinstance(more, dict) else {})
            case "array":
                return [self._value(schema.get("items", {}))]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return next(self._more)


async def test_nothing_that_was_planted_is_found(
    site: Path, made_site: Path, peers: Mapping[str, Program], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in FLOWS.items():
        (site / "flows" / f"{name}.yaml").write_text(text)
    (site / "queues.yaml").write_text(QUEUES)
    typed, others = cards()[:6], iter(cards()[6:])
    typed_pins = pins()[:6]
    given = itertools.cycle(cards()[6:])
    everything = {one.encode() for one in (*cards(), *pins())}
    secrets = {one.encode() for one in (*typed, *typed_pins)}
    changes = {"web": {"port": 0}, "customers": {"region": "DE"}}
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as line:
        for account, pin in enumerate(typed_pins):
            await kept_pins.keep(line.stage.site, str(account), pin)
        phones = (calls(line, f"555012{at}", typed[at], typed_pins[at]) for at in range(5))
        waiting, _ = await asyncio.gather(
            asyncio.gather(*phones),
            asyncio.gather(*(ring(line, f'"Visa {next(others)}"', next(others)) for _ in range(10))),
        )
        shown = [await (await line.desk("sue")).get(path) for path in ("/api/calls", "/api/queues")]
        for phone, _ in waiting[1:]:
            await phone.hang_up()
        await line.person("alice")
        await line.state("alice")
        await talks(line, *waiting[0], typed[5], others)
        root = await line.desk("root")
        rows = "".join(f"Mr {card[9:]} {card},,{card}\n" for card in itertools.islice(others, 500))
        table = await root.post(
            "/api/customers/import", params={"columns": "name,,notes"}, content=f"name,number,notes\n{rows}".encode()
        )
        assert len(table.text.splitlines()) == 1, table.text  # of what could not be taken
        await Sent((await root.get("/api/openapi.json")).json(), given).all(root)
        shown += [await root.get(path) for path in ("/metrics", "/healthz", "/api/audit", "/api/records.csv")]
        shown += [await root.get("/api/customers/export")]
        assert all(one.status_code == 200 for one in shown)

    said = [capsys.readouterr().err.encode(), *(one.content for one in shown)]
    assert b"ami link is up" in said[0]
    assert found(b"\n".join(said), everything) == set()
    written = {path.relative_to(site): path.read_bytes() for path in files(site)}
    assert len(written) > 30
    own = {path: text for path, text in written.items() if path.parts[:2] != ("var", "asterisk")}
    assert {path: hits for path, text in own.items() if (hits := found(text, everything))} == {}
    assert {path: hits for path, text in written.items() if (hits := found(text, secrets))} == {}
