"""What the executor does for callers who leave something behind, come back, or go elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cti.calls.call import Call
from cti.calls.commands import Tape, Transfer
from tests.cti.calls import talk
from tests.cti.calls.talk import CALL, CALLER_CHANNEL
from tests.cti.workbench import Bench

AGI = {"Channel": CALLER_CHANNEL}
KNOWN = Call(id=CALL, caller="5550123", caller_name="Ann")
TO_TALK = [*talk.ARRIVES, *talk.RINGS, *talk.ACCEPTS, *talk.TALKS]
TAPE = Tape(call=CALL, play=3, recording="2026/11/22/t", longest_s=60.0, silence_s=4.0, stop_keys="#", beep=True)


def test_a_tape_has_its_folder_and_a_beep(tmp_path: Path) -> None:
    bench = Bench(recordings=tmp_path)
    bench.executor.carry_out(TAPE, KNOWN)
    assert (tmp_path / "2026" / "11" / "22").is_dir()
    record = f'RECORD FILE "{tmp_path}/2026/11/22/t" wav "#" 60000 s=4'
    assert bench.ami.actions == [
        ("AGI", {**AGI, "Command": 'STREAM FILE "/sounds/beep" ""', "CommandID": f"e1:{CALL}:beep"}),
        ("AGI", {**AGI, "Command": record, "CommandID": f"e1:{CALL}:tape-3"}),
    ]


@pytest.mark.parametrize("stem", ["../t", "/etc/t", "a/../../t"])
def test_no_tape_leads_out_of_the_folder(tmp_path: Path, stem: str) -> None:
    bench = Bench(recordings=tmp_path / "recordings")
    bench.executor.carry_out(replace(TAPE, recording=stem), KNOWN)
    assert bench.failures() == [("Tape", "the recording's name leads out of the recordings folder")]
    assert bench.ami.actions == []


def test_a_tape_whose_folder_cannot_be_made_fails(tmp_path: Path) -> None:
    (tmp_path / "2026").touch()
    bench = Bench(recordings=tmp_path)
    bench.executor.carry_out(TAPE, KNOWN)
    assert [command for command, _ in bench.failures()] == ["Tape"]


@pytest.mark.parametrize(
    ("number", "allowed"),
    [
        ("+493012345", True),
        ("110", True),
        ("1101", False),
        ("+4930", False),
        ("+491", False),
        ("+4930&Local/s@x", False),
        ("+4930１２", False),
        ("", False),
    ],
)
def test_only_allowed_numbers_are_dialled(number: str, allowed: bool) -> None:
    bench = Bench()
    bench.executor.carry_out(Transfer(call=CALL, number=number), KNOWN)
    redirects = [fields for name, fields in bench.ami.actions if name == "Redirect"]
    to = {"Channel": CALLER_CHANNEL, "Context": "outbound", "Exten": number, "Priority": "1"}
    assert redirects == ([to] if allowed else [])
    assert len(bench.failures()) == (not allowed)
