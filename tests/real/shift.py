"""A hotline for tests of routing, and shifts on it: agents come, callers call, all go home at the end."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from config.settings import Site
from cti.calls import codec
from cti.calls import events as ev
from cti.calls.events import CallEvent, Event
from cti.calls.words import AgentState, CallId
from demo.debian import Program
from demo.phones import OnRing, Phone, PhoneCall
from tests.real.hotline import Hotline, hotline, soon

INTERNAL = Path(__file__).parent / "internal.conf"
NO_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$hash"


@dataclass(frozen=True, slots=True)
class Plan:
    """A site of routing, in YAML. ``agents`` maps names to skills and more, ``queues`` is queues.yaml,
    ``ways`` maps names to the nodes of flows by which callers come; each has a number of its own.
    ``flows`` are further flows."""

    agents: str
    queues: str
    ways: Mapping[str, str]
    flows: Mapping[str, str]

    @property
    def numbers(self) -> Mapping[str, str]:
        """The number of each way."""
        return {way: str(200 + place) for place, way in enumerate(self.ways)}

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Makes the site in ``folder`` this one. Returns what is to change in site.yaml."""
        yaml = YAML()
        people = yaml.load(folder / "people.yaml")
        kept = {name: fields for name, fields in people["people"].items() if fields["role"] != "agent"}
        given = yaml.load(self.agents)
        agents = {
            name: {"role": "agent", "password": NO_PASSWORD}
            | ({} if "phones" in fields else {"phone": f"PJSIP/{name}"})
            | fields
            for name, fields in given.items()
        }
        yaml.dump({"people": {**agents, **kept}}, folder / "people.yaml")
        (folder / "queues.yaml").write_text(self.queues, encoding="utf-8")
        for flow in (folder / "flows").iterdir():
            flow.unlink()
        own = {way: f"start: wait\nnodes:\n  wait: {node}\n" for way, node in self.ways.items()}
        for name, text in {**own, **self.flows}.items():
            (folder / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return {
            "web": {"port": 0},
            "lease": "30s",
            "fallback": {},
            "numbers": {number: way for way, number in self.numbers.items()},
            "transfers_to_numbers": {"context": "internal", "allow": ["77*"]},
        }


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who called."""

    phone: PhoneCall
    call: CallId


_numbers = count(5_550_000)


class Shift:
    """One shift: whoever came and called in it is gone at its end, and nothing of it remembered."""

    def __init__(self, line: Hotline, numbers: Mapping[str, str], phones: dict[str, Phone]) -> None:
        self.line = line
        self.watch = line.watch
        self._numbers = numbers
        self._phones = phones
        self._callers: dict[CallId, Caller] = {}

    async def come(self, *names: str, on_ring: OnRing = OnRing.ANSWER) -> None:
        """Agents get ready at their phones, the first named first: he is idle for the longest time."""
        for name in names:
            (await self.phone(name)).on_ring = on_ring
            await self.ask(name, AgentState.READY)

    async def phone(self, name: str) -> Phone:
        """A phone of an agent, registered."""
        if name not in self._phones:
            self._phones[name] = await self.line.person(name)
        return self._phones[name]

    async def ask(self, name: str, state: AgentState, reason: str = "", phone: str = "") -> None:
        """The supervisor puts an agent into a state."""
        desk = await self.line.desk("sue")
        asked = {"state": state, "reason": reason, "phone": phone}
        (await desk.post(f"/api/agents/{name}/state", json=asked)).raise_for_status()

    async def dials(self, way: str, number: str = "") -> Caller:
        """Somebody calls."""
        number = number or str(next(_numbers))
        before = sum(isinstance(e, ev.Arrived) and e.caller == number for e in self.watch.events)
        phone = await (await self.line.caller(number)).dial(self._numbers[way])
        arrived = await self.watch.wait(ev.Arrived, lambda e: e.caller == number, before + 1)
        self._callers[arrived.call] = caller = Caller(phone, arrived.call)
        return caller

    async def caller(self, way: str, number: str = "") -> Caller:
        """Somebody calls, and waits for an agent from now on."""
        caller = await self.dials(way, number)
        await self.queued(caller)
        return caller

    async def queued(self, caller: Caller, place: int = 1) -> ev.Queued:
        """The ``place``-th queue that the call came to."""
        return await self.watch.wait(ev.Queued, lambda e: e.call == caller.call, place)

    async def offered(self, caller: Caller, place: int = 1) -> ev.Offered:
        """The ``place``-th offer of the call."""
        return await self.watch.wait(ev.Offered, lambda e: e.call == caller.call, place)

    async def connected(self, caller: Caller) -> ev.Connected:
        return await self.watch.wait(ev.Connected, lambda e: e.call == caller.call)

    async def talks_to(self, caller: Caller) -> str:
        """Who answers the caller."""
        return (await self.connected(caller)).agent

    async def bye(self, caller: Caller) -> None:
        """The caller hangs up. Returns when whoever was asked or talked has been freed."""
        on = self.on(caller.call)
        before = len(self.watch.states(on))
        await caller.phone.hang_up()
        await self._ended(caller.call)
        if on:
            await self.watch.wait(ev.AgentChanged, lambda e: e.agent == on, before + 1)

    def on(self, call: CallId) -> str:
        """Who is asked for the call or talks on it; empty for nobody."""
        latest = {e.agent: e.call for e in self.watch.events if isinstance(e, ev.AgentChanged)}
        return next((agent for agent, on in latest.items() if on == call), "")

    async def served(self, count: int) -> list[CallId]:
        """The first calls in the order in which they are served: each talk is over at once."""
        found: list[CallId] = []
        for place in range(1, count + 1):
            connected = await self.watch.wait(ev.Connected, count=place)
            found.append(connected.call)
            await self.bye(self._callers[connected.call])
        return found

    async def why(self, caller: Caller) -> Any:
        """Why the call waits; None where it doesn't."""
        answer = await (await self.line.desk("sue")).get(f"/api/calls/{caller.call}/why")
        return answer.json() if answer.status_code == 200 else None

    def after(self, event: Event) -> list[Event]:
        """What happened to the same call after an event."""
        assert isinstance(event, CallEvent)
        later = self.watch.events[self.watch.events.index(event) + 1 :]
        return [e for e in later if isinstance(e, CallEvent) and e.call == event.call]

    async def end(self) -> None:
        """Everybody goes home."""
        await asyncio.gather(*(caller.phone.hang_up() for caller in self._callers.values()))
        for call in self._callers:
            await self._ended(call)
        desk = await self.line.desk("sue")

        async def here() -> list[str]:
            return [a["name"] for a in (await desk.get("/api/agents")).json() if a["state"] != "offline"]

        async def gone() -> bool:
            return not await here()

        for name in await here():
            await self.ask(name, AgentState.OFFLINE)
        await soon(gone)
        self.watch.events.clear()

    async def _ended(self, call: CallId) -> None:
        await self.watch.wait(ev.Ended, lambda e: e.call == call)


@asynccontextmanager
async def shifts(folder: Path, programs: Mapping[str, Program], sounds: Path, plan: Plan) -> AsyncIterator[Hotline]:
    """The hotline of a plan, in a folder with a copy of any site."""
    changes = {**plan.write(folder), "folders": {"sounds": str(sounds)}}
    async with hotline(folder, programs, changes=changes, includes=[INTERNAL]) as line:
        yield line


async def journal(site: Site, complete: Callable[[Sequence[Event]], bool]) -> Sequence[Event]:
    """What was written down, in order, as soon as it is ``complete``."""

    async def found() -> Sequence[Event]:
        rows = await asyncio.to_thread(_rows, site)
        return rows if complete(rows) else ()

    return await soon(found)


def _rows(site: Site) -> list[Event]:
    with closing(sqlite3.connect(site.state / "cordboard.db")) as database:
        rows = database.execute("SELECT data FROM journal ORDER BY seq").fetchall()
    return [codec.decode(json.loads(data)) for (data,) in rows]
