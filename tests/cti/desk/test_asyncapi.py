"""What the feed says is what its description says, and nothing else."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cti.access import Scope
from cti.calls.talk_events import MonitorEnded, MonitorStarted
from cti.calls.words import AgentState, MonitorMode, Place
from cti.customers.callers import row
from cti.customers.card import Card
from cti.desk.feed import NOT_ALLOWED
from cti.desk.guard import API_VERSION
from cti.keys import KeyFolder
from tests.cti.desk.desktop import GATE, NOW, PEOPLE, Desk, connected
from tests.cti.desk.stories import C1, rings, talks

FILE = Path(__file__).parents[3] / "docs" / "reference" / "feed.asyncapi.yaml"
DESCRIBED = YAML(typ="safe").load(FILE)
SCHEMAS = DESCRIBED["components"]["schemas"]


def check(message: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{message['type']}", "components": DESCRIBED["components"]}
    jsonschema.Draft202012Validator(schema).validate(message)


def test_the_version_is_the_apis() -> None:
    assert DESCRIBED["info"]["version"] == API_VERSION
    assert Desk().app.openapi()["info"]["version"] == API_VERSION


@pytest.mark.parametrize(("row", "key", "words"), [("agent", "state", AgentState), ("call", "place", Place)])
def test_the_words_are_ours(row: str, key: str, words: type[StrEnum]) -> None:
    assert SCHEMAS[row]["properties"][key]["enum"] == [word.value for word in words]


def test_each_message_has_its_schema_and_each_reference_leads_somewhere() -> None:
    messages = DESCRIBED["components"]["messages"]
    assert DESCRIBED["channels"]["feed"]["messages"].keys() == messages.keys()
    for name in messages:
        assert SCHEMAS[name]["properties"]["type"] == {"const": name}
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", ["sue", "ann"])
async def test_what_is_said_is_as_described(name: str) -> None:
    desk = Desk()
    desk.customers[C1] = [row(Card(id=1, version=1, changed_at=NOW, name="Ada", owner="ann"))]
    told: set[str] = set()
    async with connected(desk.app, GATE.token(PEOPLE[name])) as socket:
        check(await socket.hear())
        story = [*talks("ann"), MonitorStarted(at=NOW, call=C1, supervisor="max", mode=MonitorMode.WHISPER)]
        await desk.happens(*story, MonitorEnded(at=NOW, call=C1, supervisor="max", why="no answer"))
        while "Connected" not in told:
            message = await socket.hear()
            check(message)
            told.add(message["event"])
            last = message["seq"]
    for after, kind in (("", "snapshot"), (f"stream={desk.feed.stream}&after={last}", "change")):
        async with connected(desk.app, GATE.token(PEOPLE[name]), after) as socket:
            message = await socket.hear()
            check(message)
            assert message["type"] in (kind, "alive")
    rows = desk.feed.view.seen_by(None)
    assert rows["agents"][0].keys() == SCHEMAS["agent"]["properties"].keys()
    assert rows["queues"][0].keys() == SCHEMAS["queue"]["properties"].keys()
    assert rows["calls"][0].keys() == SCHEMAS["call"]["properties"].keys()
    assert rows["calls"][0]["customers"][0].keys() == SCHEMAS["customer"]["properties"].keys()


@given(st.sampled_from(["type", "seq", "now", "calls"]))
def test_the_description_is_strict(key: str) -> None:
    snapshot = {"type": "snapshot", "stream": "x", "seq": 1, "now": NOW, **Desk().feed.view.seen_by(None)}
    check(snapshot)
    for wrong in ({k: v for k, v in snapshot.items() if k != key}, snapshot | {key + "x": 1}):
        with pytest.raises((jsonschema.ValidationError, KeyError)):
            check(wrong)


async def test_a_key_hears_the_feed_if_it_is_for_it(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    desk = Desk(keys=keys)
    await desk.happens(*rings("ann"))
    async with connected(desk.app, keys.add("crm", [Scope.EVENTS]), origin=None) as socket:
        snapshot = await socket.hear()
        check(snapshot)
        assert [call["agent"] for call in snapshot["calls"]] == ["ann"]
    async with connected(desk.app, keys.add("wall", [Scope.CALLS_READ]), origin=None) as socket:
        assert await socket.closed() == NOT_ALLOWED
