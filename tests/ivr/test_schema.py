"""The JSON Schema of flow files: what is good passes, what is wrong in its form does not."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cti.site.files import parse, plain, read
from ivr.schema import flow_schema
from ivr.verbs import VERBS

SCHEMA = flow_schema()
CHECKER = jsonschema.Draft202012Validator(SCHEMA)
EXAMPLES = sorted(Path(str(resources.files("config"))).joinpath("site", "flows").glob("*.yaml"))


def as_editors(data: Any) -> Any:
    """The document as JSON has it: days are texts."""
    return json.loads(json.dumps(plain(data), default=str))


def valid(data: Any) -> bool:
    return bool(CHECKER.is_valid(as_editors(data)))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_verb_is_in_it() -> None:
    offered = [one["$ref"] for one in SCHEMA["properties"]["nodes"]["additionalProperties"]["oneOf"]]
    assert offered == [f"#/$defs/{verb}" for verb in VERBS]
    assert all(SCHEMA["$defs"][verb]["description"] for verb in VERBS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_example_passes(path: Path) -> None:
    assert [error.message for error in CHECKER.iter_errors(as_editors(read(path).data))] == []


GOOD = {
    "a text": "say: Hello, next: a",
    "a file": "say: {file: a.wav}, next: a",
    "a list": "say: [{file: a.wav}, Hello, {say: you}], next: a",
    "languages": "say: {en: Hello, zh: [你好]}, next: a",
    "a duration": "menu: Press., keys: {1: a, '*': b}, timeout: 500ms",
    "ways with words": "menu: Press., keys: {1: {to: a, say: For a press 1.}}",
    "digits": "collect: Number, digits: 4-8, next: a, terminator: null",
    "a whole number of digits": "collect: Number, digits: 4, next: a",
    "hours": "hours: {zone: Asia/Tokyo, open: {mon-fri: '08:00-20:00'}, closed_on: [2026-12-25]}, open: a, closed: b",
    "special days": (
        "hours: {zone: Europe/Berlin, open: {mon: '08:00-20:00'}, special: {2026-12-24: closed}}, open: a, closed: b"
    ),
    "a transfer to a number": "transfer: {number: '+49301234'}",
    "a transfer": "transfer: front-desk",
}


@pytest.mark.parametrize("node", GOOD.values(), ids=GOOD)
def test_what_is_good_passes(node: str) -> None:
    assert valid(parse(f"start: a\nnodes:\n  a: {{{node}}}", "a.yaml").data)


BAD = {
    "no verb": "next: a",
    "two verbs": "say: Hello, menu: Press., keys: {1: a}, next: a",
    "a key that is none": "menu: Press., keys: {12: a}",
    "no keys": "menu: Press., keys: {}",
    "an unknown key": "say: Hello, nxt: a",
    "nothing needed left out": "say: Hello",
    "a bare number of seconds": "menu: Press., keys: {1: a}, timeout: 5",
    "too many tries": "menu: Press., keys: {1: a}, retries: 99",
    "an empty prompt": "say: '', next: a",
    "a prompt of nothing": "say: [], next: a",
    "a prompt with another key": "say: {sound: a.wav}, next: a",
    "digits in words": "collect: Number, digits: some, next: a",
    "hours of a number": "hours: {zone: Europe/Berlin, open: {mon: 8}}, open: a, closed: b",
    "hangup: false": "hangup: false",
}


@pytest.mark.parametrize("node", BAD.values(), ids=BAD)
def test_what_is_wrong_does_not(node: str) -> None:
    assert not valid(parse(f"start: a\nnodes:\n  a: {{{node}}}", "a.yaml").data)


@pytest.mark.parametrize(
    "text", ["{}", "start: a", "start: a\nnodes: {}", "start: a\nnodes: {a: {hangup: true}}\nvoice: en"]
)
def test_what_is_wrong_around_the_nodes(text: str) -> None:
    assert not valid(parse(text, "a.yaml").data)
