"""What the manager user needs, has too much, and is not told."""

from __future__ import annotations

import re

import pytest

from config.manager_user import NEEDED_ACTIONS, READ, beyond, filtered_out, lacks, not_read, read_too

COMMANDS = {
    "Response": "Success",
    "ActionID": "8c4f-1",
    "AGI": "Add an AGI command to execute by Async AGI. (Priv: agi,all)",
    "Ping": "Keepalive command. (Priv: <none>)",
    "Getvar": "Gets a channel variable. (Priv: call,reporting,all)",
    "Status": "List channel status. (Priv: system,call,reporting,all)",
}


def test_what_is_needed_and_what_is_too_much() -> None:
    assert lacks(COMMANDS) == [name for name in NEEDED_ACTIONS if name not in ("AGI", "Getvar", "Ping")]
    assert not beyond(COMMANDS).actions
    more = {
        "Command": "Execute Asterisk CLI Command. (Priv: command,all)",
        "DBPut": "Put DB entry. (Priv: system,all)",
        "GetConfig": "Retrieve configuration. (Priv: system,config,all)",
        "ModuleLoad": "Module management. (Priv: system,all)",
    }
    assert str(beyond(COMMANDS | more)) == "Command, DBPut, GetConfig and 1 more (command, config, system)"


def test_classes_of_events() -> None:
    assert not_read(READ) == read_too(READ) == []
    assert not_read("call, agi") == ["dtmf", "user"]
    assert not_read("all") == []
    assert read_too(f"{READ},system") == ["system"]
    assert read_too("all") == ["all"]


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ([], []),
        (["^Event: (Hangup|Hold)"], []),
        (["Event: Hold\r\n"], ["Hangup"]),
        (["Hold", "Hangup"], []),
        (["!Event: Hangup"], ["Hangup"]),
        (["^Event: ", "!Hold"], ["Hold"]),
    ],
)
def test_filters_of_events(filters: list[str], kept: list[str]) -> None:
    assert filtered_out(filters, ["Hangup", "Hold"]) == kept


def test_a_filter_that_is_no_pattern() -> None:
    with pytest.raises(re.error):
        filtered_out(["("], ["Hangup"])
