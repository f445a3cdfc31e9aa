"""Keys of programs: which are good, for what, and how often."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from cti.access import CallController, CallReader, CallSupervisor, Gate, Person, Role, Scope, Supervisor
from cti.keys import BURST, RATE, USED_EVERY_S, KeyFolder, Pace
from tests.cti.gated import gated

NOW = 2_000_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(tmp_path: Path, clock: Clock) -> KeyFolder:
    return KeyFolder(tmp_path / "keys", clock, clock)


def test_a_key_is_good_for_its_scopes(keys: KeyFolder) -> None:
    key = keys.add("crm", [Scope.EVENTS, Scope.CALLS_READ])
    scopes = frozenset({Scope.EVENTS, Scope.CALLS_READ})
    assert keys.holder(key) == Person("key:crm", Role.SUPERVISOR, scopes=scopes)


def test_only_the_hash_is_kept_and_only_for_us(keys: KeyFolder, tmp_path: Path) -> None:
    key = keys.add("crm", [Scope.EVENTS])
    (path,) = (tmp_path / "keys").iterdir()
    assert key.rpartition("_")[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_another_process_knows_a_key_at_once_and_forgets_it_at_once(keys: KeyFolder, tmp_path: Path) -> None:
    server = KeyFolder(tmp_path / "keys")
    key = keys.add("crm", [Scope.EVENTS])
    assert server.holder(key) is not None
    assert keys.revoke("crm")
    assert server.holder(key) is None
    assert not keys.revoke("crm")
    assert keys.add("crm", [Scope.EVENTS]) != key
    assert server.holder(key) is None


def test_the_last_use_is_shown(keys: KeyFolder, clock: Clock) -> None:
    key = keys.add("crm", [Scope.EVENTS])
    assert [k.used_at for k in keys.all()] == [None]
    keys.holder(key[:-1] + "x")
    assert [k.used_at for k in keys.all()] == [None]
    for later, shown in ((0.0, NOW), (USED_EVERY_S / 2, NOW), (USED_EVERY_S, NOW + USED_EVERY_S)):
        clock.now = NOW + later
        keys.holder(key)
        assert [k.used_at for k in keys.all()] == [shown]


@pytest.mark.parametrize("name", ["", "Crm", "a_b", "../crm", "a/b", ".crm", "x" * 41])
def test_names_that_cannot_be(keys: KeyFolder, name: str) -> None:
    with pytest.raises(ValueError, match="not a key's name"):
        keys.add(name, [Scope.EVENTS])
    assert not keys.revoke(name)


def test_what_is_not_made(keys: KeyFolder) -> None:
    keys.add("crm", [Scope.EVENTS])
    with pytest.raises(ValueError, match="already"):
        keys.add("crm", [Scope.EVENTS])
    with pytest.raises(ValueError, match="good for nothing"):
        keys.add("other", [])


@given(st.text(max_size=80) | st.from_regex(r"cb_[a-z./]{0,10}_[0-9a-f]{0,70}"))
def test_whatever_is_shown_is_only_refused(shown: str) -> None:
    assert KeyFolder(Path("/nowhere")).holder(shown) is None


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"hash": "x", "scopes": ["all"], "made_at": 1}', "\xff"])
def test_a_broken_file_is_no_key(keys: KeyFolder, tmp_path: Path, broken: str) -> None:
    key = keys.add("crm", [Scope.EVENTS])
    (tmp_path / "keys" / "crm.json").write_text(broken, encoding="latin-1")
    assert keys.holder(key) is None
    assert not keys.all()


def test_a_scope_cannot_be_had_by_a_name_alone(keys: KeyFolder, tmp_path: Path) -> None:
    keys.add("a", [Scope.EVENTS])
    b = keys.add("b", [Scope.EVENTS])
    assert keys.holder(b.replace("cb_b_", "cb_a_")) is None
    kept = json.loads((tmp_path / "keys" / "a.json").read_text())
    assert keys.holder(f"cb_a_{kept['hash']}") is None


@given(st.lists(st.floats(0, 1), max_size=300))
def test_never_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    pace, now, allowed = Pace(), 0.0, 0
    for pause in pauses:
        now += pause
        allowed += pace.wait("a", now) == 0.0
    assert allowed <= BURST + RATE * now + 1e-6
    assert pace.wait("b", now) == 0.0


def test_who_waits_as_long_as_told_may_go_on() -> None:
    pace = Pace()
    assert [pace.wait("a", 0.0) for _ in range(int(BURST))] == [0.0] * int(BURST)
    wait = pace.wait("a", 0.0)
    assert wait > 0
    assert pace.wait("a", wait * 1.001) == 0.0


@pytest.fixture
def app(keys: KeyFolder) -> FastAPI:
    routes = {"/read": CallReader, "/supervise": CallSupervisor, "/control": CallController, "/people": Supervisor}
    return gated(Gate(bytes(32), {}, keys), routes)


async def test_a_key_opens_what_it_is_for(app: FastAPI, keys: KeyFolder) -> None:
    key = keys.add("crm", [Scope.CALLS_READ])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        client.cookies.set("cordboard", key)
        assert (await client.get("/read")).status_code == 401
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {key}"
        found = {path: (await client.get(path)).status_code for path in ("/read", "/supervise", "/control", "/people")}
        assert found == {"/read": 200, "/supervise": 200, "/control": 403, "/people": 403}
        keys.revoke("crm")
        assert (await client.get("/read")).status_code == 401


async def test_a_key_that_asks_too_often_has_to_wait(app: FastAPI, keys: KeyFolder, clock: Clock) -> None:
    headers = {"Authorization": f"Bearer {keys.add('crm', [Scope.CALLS_READ])}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        answers = [await client.get("/read") for _ in range(int(BURST) + 1)]
        assert [a.status_code for a in answers] == [200] * int(BURST) + [429]
        clock.now += int(answers[-1].headers["retry-after"])
        assert (await client.get("/read")).status_code == 200
