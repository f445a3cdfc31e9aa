"""A short selection of ``make faults``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from demo.debian import Program
from tests.faults.__main__ import run
from tests.faults.scenarios import FAULTS


async def test_the_engine_is_killed_with_callers_everywhere(peers: Mapping[str, Program], tmp_path: Path) -> None:
    fault = next(fault for fault in FAULTS if fault.number == 1)
    result = await run(replace(fault, stay_s=25.0), peers, tmp_path, calls=20, seed=1)
    assert result.left == []
