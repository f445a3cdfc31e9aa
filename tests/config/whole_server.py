"""The server as ``cordboard run`` makes it, with records, live calls and people of each role, and no Asterisk.

Whoever drives it does so by ``Server.asks``, in a loop of his own: only then does anything happen in it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from config import new_site, settings
from config.app import running
from config.premises import ledger, make_folders, token_secret
from config.settings import Site
from cti.access import Gate, Person, Role
from cti.calls.words import CallId
from cti.sessions import SessionFolder
from recordings.records.record import Recording
from recordings.store import Store
from recordings.words import RecordingState
from tests.config.test_reload import FLOW, SPEAKER
from tests.contracts.ports import free_ports
from tests.recordings.scenarios import events, rows
from tests.recordings.sounds import tone

CALLER, CALLER_NAME = "+4915550199887", "Quibble"
"""Who calls: neither may be in an error."""
OVER = """
{0}   Arrived caller={caller} caller_name={name} dialled=100
{0}.1 Answered
{0}.2 EnteredMenu node=main
{0}.5 Queued queue=orders
{0}.6 Offered offer={1} agent=alice recording=2026/{1}
{0}.7 Accepted offer={1}
{0}.8 Connected offer={1} agent=alice
"""
_AS_THEY_ARE = {"caller": CALLER, "name": CALLER_NAME}


class Tokens(Mapping[str, str]):
    """A good token of each of these people, whose session may have been ended meanwhile; and ``bad`` ones."""

    def __init__(
        self, gate: Gate, sessions: SessionFolder, people: Mapping[str, Person], bad: Mapping[str, str]
    ) -> None:
        self._gate = gate
        self._sessions = sessions
        self._people = people
        self._bad = bad
        self._begun: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name in self._bad:
            return self._bad[name]
        person = self._people[name]
        if not self._sessions.good(self._begun.get(name, ""), person):
            self._begun[name] = self._sessions.begin(person, "", "").id
        return self._gate.token(person, session=self._begun[name])

    def __iter__(self) -> Iterator[str]:
        return iter((*self._people, *self._bad))

    def __len__(self) -> int:
        return len(self._people) + len(self._bad)


@dataclass(frozen=True)
class Server:
    """``tokens`` of people by name: one of each role, who is called as the role is; one more that is
    over, and one that is forged. ``known`` are values that lead somewhere, by the parameter of a path."""

    client: httpx.AsyncClient
    api: Mapping[str, Any]
    tokens: Mapping[str, str]
    known: Mapping[str, list[str]]

    async def asks(self, whose: str, **request: Any) -> httpx.Response:
        """The answer to a request of one of those who have a token."""
        headers = {**request.pop("headers", {}), "authorization": f"Bearer {self.tokens[whose]}"}
        return await self.client.request(headers=headers, **request)


@asynccontextmanager
async def server(folder: Path, database: str = "") -> AsyncIterator[Server]:
    """Runs one on a site in this folder, which is made; with the database of this URL, or a SQLite of its own."""
    site = _site(folder, database)
    make_folders(site)
    now = int(time.time())
    await _past(site, now)
    async with running(site) as works:
        transport = httpx.ASGITransport(works.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            yield Server(client, works.app.openapi(), _tokens(site, now), _known())


def _site(folder: Path, database: str) -> Site:
    new_site.write(folder)
    shutil.rmtree(folder / "flows")
    (folder / "flows").mkdir()
    (folder / "flows" / "main.yaml").write_text(FLOW)
    (folder / "queues.yaml").write_text("queues: {orders: {}, support: {}}\n")
    yaml = YAML()
    people = yaml.load(folder / "people.yaml")
    for role in Role:
        password = people["people"]["sue"]["password"]
        phone = {"phone": f"PJSIP/{role}"} if role in (Role.AGENT, Role.SUPERVISOR, Role.ADMIN) else {}
        people["people"][role.value] = {"role": role.value, **phone, "password": password}
    yaml.dump(people, folder / "people.yaml")
    text = yaml.load(folder / "site.yaml")
    text["asterisk"]["port"] = free_ports(1)[0]  # where nobody listens
    text["speech"] = {"espeak": SPEAKER}
    if database:
        text["database"] = database
    yaml.dump(text, folder / "site.yaml")
    return settings.load(folder)


async def _past(site: Site, now: int) -> None:
    """Two calls that are over, one with its recording and one whose recording is gone; two that go on."""
    store = await Store.open(site.database, ledger(site, "test"))
    begun = now - 1000
    for call, offer in (("c1", "o1"), ("c2", "o2")):
        over = OVER.format(begun, offer, **_AS_THEY_ARE) + f"{begun + 9} Ended by=caller"
        state = RecordingState.WHOLE if call == "c1" else RecordingState.MISSING
        found = Recording(
            stem=f"2026/{offer}", call=CallId(call), agent="alice", started_at=begun, state=state, length_s=1.0
        )
        await store.write(rows(events(over, call), run=call), [found])
    tone(site.recordings / "2026" / "o1-in.wav", 440, 1.0)
    tone(site.recordings / "2026" / "o1-out.wav", 440, 1.0)
    await store.write(rows(events(OVER.format(now - 60, "o3", **_AS_THEY_ARE), "live1"), run="live1"))
    waits = OVER.format(now - 50, "o4", **_AS_THEY_ARE).partition(f"{now - 50}.6")[0]
    await store.write(rows(events(waits, "live2"), run="live2"))
    await store.close()


def _tokens(site: Site, now: int) -> Mapping[str, str]:
    secret = token_secret(site)
    gate, forged, sessions = (
        Gate(secret, site.access),
        Gate(b"f" * 32, site.access),
        SessionFolder(site.sessions, secret),
    )
    people = {name: site.access[name] for name in (*Role, "alice")}
    admin = people["admin"]
    begun = sessions.begin(admin, "", "").id
    bad = {
        "expired": gate.token(admin, now - 2, lifetime_s=1, session=begun),
        "forged": forged.token(admin, session=begun),
    }
    return Tokens(gate, sessions, people, bad)


def _known() -> Mapping[str, list[str]]:
    numbers = ["1", "2", "3"]
    calls = ["c1", "c2", "live1", "live2"]
    return {
        "call": calls,
        "id": [*calls, *numbers],
        "name": ["alice", "agent", "main"],
        "stem": ["2026/o1", "2026/o2", "%2e%2e/secret", "/etc/passwd"],
        "wanted": calls,
    }
