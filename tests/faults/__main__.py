"""``python -m tests.faults``: breaks a running system in each known way, and says what was left.

Ends with 1 where something was lost. A seed repeats a run: which moments, and what is garbled.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.run import end_with
from demo.debian import Program, programs
from tests.faults.accounts import differences
from tests.faults.crowd import Kind
from tests.faults.scenarios import FAULTS, Fault
from tests.faults.world import Broken, World, world

console = Console(highlight=False)
SHOWN = 10
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
INTRODUCTION = """# Faults

`make faults` breaks a running system, with callers in menus, in queues, with phones that ring for them, talking and
transferred, and compares four independent accounts of each call: what the phones saw, what Asterisk wrote of its
channels (CEL), our records, and the recordings on disk. It wrote this page, on Asterisk {version}; `--only` with a
fault's number and `--seed` do the same again. A caller is lost who is cut off, or left where nobody looks after him;
N1 to N7 are [what must always hold](../architecture.md#what-must-always-hold). *Recovered* is the time from the fault
to when every caller on the line was known again and Cordboard was well; the fault's own time is in it.

| | Fault | Done | What must hold | Calls | Recovered | Lost | Seed |
|---|---|---|---|---|---|---|---|
"""


@dataclass(slots=True)
class Result:
    """What came of one fault: how long until all was known again, and all that was not as it should be."""

    fault: Fault
    what: str = ""
    recovered_s: float = 0.0
    calls: int = 0
    left: list[str] = field(default_factory=list)


async def run(fault: Fault, found: Mapping[str, Program], folder: Path, calls: int, seed: int) -> Result:
    """Does one fault to a system of its own. ``folder`` keeps prompts between runs."""
    share = sum(fault.crowd.values())
    kinds = {kind: fault.times * calls * part // share for kind, part in fault.crowd.items()}
    result = Result(fault)
    with tempfile.TemporaryDirectory(prefix="cordboard-fault-") as name:
        try:
            async with world(Path(name), found, folder / "sounds", seed, fault.setting) as system:
                await _do(system, kinds, result)
        except Broken as error:
            result.left.append(str(error))
    return result


async def _do(system: World, kinds: Mapping[Kind, int], result: Result) -> None:
    fault = result.fault
    try:
        sip = system.stage.asterisk.ports.sip
        async with system.crowd.call(sip, kinds, fault.stay_s, fault.rate, fault.dialled):
            if not fault.while_coming:
                await system.in_place(kinds)
            await asyncio.sleep(system.chance.uniform(0, 2))
            began = time.monotonic()
            result.what = await fault.inject(system)
            await system.recovered(cut=fault.allowed.cut)
            result.recovered_s = time.monotonic() - began
        await system.at_rest()
        result.left += await fault.look(system)
    except Broken as error:
        result.left.append(str(error))
    result.left += differences(await system.accounts(), fault.allowed)
    result.calls = len(system.crowd.lived())


def page(results: Sequence[Result], version: str, seed: int, before: str) -> str:
    """The reference page: what was done to the system, and what came of it. Rows of the page as it was ``before``
    stay, of faults that were not done this time."""
    rows = {int(found[1]): found[0] for found in re.finditer(r"^\| (\d+) \|.*\n", before, re.MULTILINE)}
    rows |= {
        one.fault.number: f"| {one.fault.number} | {one.fault.name} | {one.what} | {one.fault.nothing_lost} |"
        f" {one.calls} | {one.recovered_s:.1f} s | {'; '.join(one.left[:3]) or 'nothing'} | {seed} |\n"
        for one in results
    }
    return INTRODUCTION.format(version=version) + "".join(row for _, row in sorted(rows.items()))


async def main() -> int:
    """Returns the exit status."""
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="repeats a run")
    asked.add_argument("--calls", type=int, default=100, help="at once (%(default)s)")
    asked.add_argument("--only", default="", metavar="N,N", help="these faults only, by number")
    asked.add_argument("--write", action="store_true", help=f"the table into docs/reference/{PAGE.name}")
    given = asked.parse_args()
    wanted = {int(number) for number in given.only.split(",") if number}
    found = await asyncio.to_thread(programs, ("asterisk", "sipp", "espeak-ng"), console.print)
    console.print(f"Asterisk {found['asterisk'].version}; {given.calls} callers at once; --seed {given.seed}")
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="cordboard-faults-") as folder:
        for fault in FAULTS:
            if wanted and fault.number not in wanted:
                continue
            console.print(f"\n{fault.number:2} {fault.name} ...")
            result = await run(fault, found, Path(folder), given.calls, given.seed + fault.number)
            results.append(result)
            verdict = "nothing lost" if not result.left else f"[bold red]{len(result.left)} things lost"
            console.print(f"   {result.what}; {result.calls} calls; recovered in {result.recovered_s:.1f} s; {verdict}")
            for line in result.left[:SHOWN]:
                console.print(f"   {line}", markup=False)
            if given.write:
                before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
                PAGE.write_text(page(results, found["asterisk"].version, given.seed, before), encoding="utf-8")
    lost = [result.fault.number for result in results if result.left]
    console.print(
        f"\n{len(results)} faults, {len(lost)} lost something{': ' + ', '.join(map(str, lost)) if lost else ''}"
    )
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(end_with(main))
