"""Whatever comes from outside, one action in is one action out, and means what was meant.

Everything is sent as it would be, and read as Asterisk reads it. What once went wrong, or goes wrong elsewhere, is
kept in corpus.json and is tried each time.
"""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cti.actions import executor as executing
from cti.actions.sending import Fields
from cti.ami.wire import WireError, encode
from cti.calls import commands
from cti.calls.call import Call
from cti.calls.commands import Command
from cti.customers.store import Store as Customers
from cti.outbound import NUMBER
from recordings.files import Files, NotARecording
from recordings.store import Filters, Store
from tests.cti.calls import talk
from tests.cti.calls.talk import AGENT_CHANNEL, CALL, CALLER_CHANNEL, OFFER
from tests.cti.desk.desktop import Desk
from tests.cti.engine_room import Posted
from tests.cti.workbench import Bench
from tests.examples import EXAMPLES

CORPUS: list[str] = list(json.loads((Path(__file__).parent / "corpus.json").read_text()).values())
PRODUCT = ("cti", "ivr", "routing", "recordings", "config")
GOOD = ["PJSIP/bob", "front-desk", "2026/11/22/x", "555012"]
HOSTILE = (
    st.sampled_from([*CORPUS, *GOOD])
    | st.text("\r\n\0&,|$ {}[]()\"'\\/.;:=<>@%aA0+", max_size=30)
    | st.text(max_size=30)
)
KINDS: list[Any] = [kind for kind in vars(commands).values() if isinstance(kind, type) and issubclass(kind, Command)]
NUMBERS = [kind for kind in KINDS if "number" in get_type_hints(kind)]
TO_TALK = [*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS]

FIELDS = {
    "AGI": {"Channel", "Command", "CommandID"},
    "Hangup": {"Channel"},
    "MixMonitorMute": {"Channel", "Direction", "State"},
    "Originate": {
        "Channel", "ChannelId", "Context", "Exten", "Priority", "Timeout", "Async", "CallerID", "Variable",
        "Application", "Data",
    },
    "PlayDTMF": {"Channel", "Digit", "Receive"},
    "Redirect": {
        "Channel", "Context", "Exten", "Priority", "ExtraChannel", "ExtraContext", "ExtraExten", "ExtraPriority",
    },
    "Setvar": {"Channel", "Variable", "Value"},
    "StopMixMonitor": {"Channel"},
}  # fmt: skip
"""All that is ever asked of Asterisk. The AMI user of a site may do these things and nothing else."""
ARGUMENTS = {"ANSWER": 1, "STREAM": 4, "RECORD": 7, "SET": 4, "EXEC": 2}
"""How many words an AGI command is, by the first."""


class Wire(Posted):
    """Writes each action down as it goes over the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def post(self, name: str, fields: Fields | None = None, *, action_id: str = "", **told: Any) -> None:
        self.sent.append(encode(name, fields or {}, action_id or "1"))
        super().post(name, fields, action_id=action_id, **told)


def carried_out(command: Command, call: Call, recordings: Path) -> list[list[tuple[str, str]]]:
    """What Asterisk reads: the headers of each action."""
    bench = Bench(TO_TALK, offered=True, recordings=recordings)
    wire = bench.executor._ami = Wire()
    bench.executor.carry_out(command, call)
    assert len(wire.sent) == len(wire.actions)
    return [list(read(sent)) for sent in wire.sent]


def read(sent: bytes) -> Iterator[tuple[str, str]]:
    """As Asterisk's manager.c (get_input) does: a line ends at a line feed, an action at an empty line."""
    assert b"\0" not in sent
    *lines, end, nothing = sent.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    assert (end, nothing) == (b"", b"")
    assert b"" not in lines
    for line in lines:
        name, colon, value = line.decode().partition(": ")
        assert colon
        yield name, value


@st.composite
def hostile_commands(draw: st.DrawFn) -> Command:
    """Any command, each text of which is hostile; of our own making is only which call and offer it is for,
    and whom of the site's people."""
    kind = draw(st.sampled_from(KINDS))
    hints = get_type_hints(kind)
    own = {"call": CALL, "offer": draw(st.sampled_from([OFFER, "cordboard-2"])), "supervisor": "sue"}
    values: dict[str, Any] = {
        field.name: own[field.name]
        if field.name in own
        else draw(HOSTILE if hints[field.name] in (str, str | None) else st.from_type(hints[field.name]))
        for field in fields(kind)
    }
    made: Command = kind(**{name: 2.5 if hints[name] is float else value for name, value in values.items()})
    return made


@settings(max_examples=5 * EXAMPLES)
@given(command=hostile_commands(), caller=HOSTILE, name=HOSTILE)
def test_one_action_in_is_one_action_out(
    tmp_path_factory: pytest.TempPathFactory, command: Command, caller: str, name: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "recordings"
    for headers in carried_out(command, Call(id=CALL, caller=caller, caller_name=name), folder):
        action, known = headers[0][1], dict(headers[2:])
        assert [one for one, _ in headers[:2]] == ["Action", "ActionID"]
        assert known.keys() <= FIELDS[action]
        assert len(known) == len(headers) - 2 or action == "Originate"
        for place in ("Channel", "Channel1", "Channel2", "ExtraChannel", "Data", "Exten", "Context", "Application"):
            assert not set(known.get(place, "")) & set("$&|\"'\\"), (place, known[place])
        if action == "AGI":
            words = shlex.split(known["Command"])
            assert len(words) == ARGUMENTS[words[0]], words
            if words[0] == "RECORD":
                assert Path(words[2]).resolve().is_relative_to(folder.resolve())
        if known.get("Application"):
            assert (known["Application"], known["Data"].partition(",")[0]) == ("ChanSpy", AGENT_CHANNEL)
        for set_to in (value for header, value in headers if header == "Variable" and action == "Originate"):
            assert set_to.count("=") >= 1
            assert "," not in set_to.replace("(add,", "")
            assert not set(set_to) & set("$\"'\\")


@given(kind=st.sampled_from(NUMBERS), number=HOSTILE | st.from_regex(NUMBER))
@example(kind=NUMBERS[0], number="110")
def test_only_numbers_of_the_list_reach_a_dialplan(
    tmp_path_factory: pytest.TempPathFactory, kind: type[Command], number: str
) -> None:
    values: dict[str, Any] = {"call": CALL, "number": number, "offer": "cordboard-2", "ring_s": 9.0}
    command = kind(**{one: value for one, value in values.items() if one in get_type_hints(kind)})
    called = Call(id=CALL) if kind is commands.CallOut else Call(id=CALL, channel=CALLER_CHANNEL)
    allowed = number.startswith(("+4930", "555")) or number == "110"
    for headers in carried_out(command, called, tmp_path_factory.getbasetemp()):
        known = dict(headers)
        if number and (known["Action"] == "Originate" or known.get("Context") == "outbound"):
            assert allowed
            assert NUMBER.fullmatch(number)


@given(name=HOSTILE, suffix=st.sampled_from(["caller", "agent", "stereo", "tape", "path"]))
def test_no_name_of_a_recording_is_a_path_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, name: str, suffix: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "recordings"
    try:
        path = getattr(Files(folder), suffix)(name)
    except NotARecording:
        return
    assert path.resolve().is_relative_to(folder.resolve())
    assert "\0" not in str(path)


async def test_what_is_looked_for_is_a_text_and_nothing_else(tmp_path: Path) -> None:
    """With the real tables: nothing breaks, nothing is found that is not there, nothing is gone."""
    url = f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"
    customers, records = await Customers.open(url), await Store.open(url)
    try:
        for text in CORPUS:  # without what the gate of the API does not let in
            sent = text.replace("\0", "").encode("utf-8", "replace").decode()
            assert (await customers.search(sent, having={"level": sent}))[0] == []
            assert await customers.of_number(sent) == []
            assert (await records.search(Filters(caller=sent, notes=sent, text=sent)))[0] == []
            assert await records.call(sent) is None
        assert await customers.groups()
    finally:
        await customers.close()
        await records.close()


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
async def test_no_text_comes_in_that_no_database_takes(text: str) -> None:
    desk = Desk()
    async with desk.client("sue") as client:
        half = text.encode("utf-8", "surrogatepass")
        for path in (f"/api/calls/{quote(half)}", f"/api/calls?text={quote(half)}"):
            assert (await client.get(path)).status_code < 500
        for body in ({"mode": text}, {text: 1}, [[text]]):
            answer = await client.put("/api/calls/c/monitor", content=json.dumps(body))
            assert answer.status_code == 400, answer.text


def trees(*words: str) -> Iterator[tuple[Path, ast.Module]]:
    """The product's modules that have one of these words in them."""
    root = Path(executing.__file__).parents[2]
    for path in (path for part in PRODUCT for path in sorted((root / part).rglob("*.py"))):
        if "node_modules" not in path.parts and any(word in (source := path.read_text("utf-8")) for word in words):
            yield path.relative_to(root), ast.parse(source)


def test_no_statement_is_put_together_from_texts() -> None:
    """What goes into SQL goes as a value: no text that is run is made at run time."""
    made = [
        f"{path}: {ast.unparse(call)}"
        for path, tree in trees("text(", "literal_column(", "execute(", "exec_driver_sql(")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _name(call) in ("text", "literal_column", "execute", "exec_driver_sql")
        for one in call.args[:1]
        if isinstance(one, ast.JoinedStr | ast.BinOp) or (isinstance(one, ast.Call) and _name(one) == "format")
    ]
    assert [one for one in made if "migrations" not in one] == ["cti/database.py: cursor.execute(f'PRAGMA {pragma}')"]


def test_only_the_link_writes_to_asterisk() -> None:
    """And only it: an action is bytes in one place, and commands become actions in one folder."""
    writing = {str(path.parent) for path, _ in trees("from cti.ami.wire import")}
    assert writing == {"cti/ami"}
    posting = {
        str(path.parent)
        for path, tree in trees(".post(")
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and _name(one) == "post" and _owner(one).endswith("ami")
    }
    assert posting == {"cti/actions"}


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _owner(call: ast.Call) -> str:
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""


@pytest.mark.parametrize("text", CORPUS)
def test_the_last_gate_lets_no_line_through(text: str) -> None:
    try:
        sent = encode("Setvar", {"Variable": text}, "1")
    except WireError:
        return
    assert len(list(read(sent))) == 3


def test_no_pattern_is_hung_up() -> None:
    with pytest.raises(WireError, match="one channel"):
        encode("Hangup", {"Channel": "/.*/"}, "1")
