"""``make bench``: measures Cordboard beside plain Dial and app_queue, and its menus beside plain dialplan,
in one run of five minutes.

Shows a table and writes ``bench/results.json``. Ends with 1, and writes nothing, when a call failed.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import ami_parse, menus
from bench.ami_events import counting
from bench.cpu import Gone
from bench.figures import FLOOR, OURS, PEER, Round, figures, of
from bench.load import CALLS_PER_S, ON_THE_LINE_MS, Load, LoadFailed
from bench.server import ServerFailed, journal, offer_to_bridged_ms
from bench.targets import AGENTS, APP_QUEUE, DIAL, QUEUES_CONF, Cordboard, Target, cordboard, dialplan
from demo.asterisk import AsteriskFailed
from demo.debian import Missing, Program, programs

RESULTS = Path(__file__).parent / "results.json"
ROUNDS = 3
CALLS = 200
WARM_UP = 40
console = Console(highlight=False)


async def main() -> int:
    """The whole bench. Returns the exit status."""
    found = await asyncio.to_thread(programs, ("asterisk", "sipp", "espeak-ng"), console.print)
    console.print(
        f"Asterisk {found['asterisk'].version}, SIPp {found['sipp'].version}: {ROUNDS} rounds of {CALLS} calls each, "
        f"{CALLS_PER_S} calls/s, {ON_THE_LINE_MS / 1000:g} s on the line, no sound, no recording."
    )
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as name:
        folder = Path(name)
        rounds, events_per_call = await _measure_calls(folder, found)
        spans = [(one.start, one.end) for one in of(rounds, OURS)]
        offers = offer_to_bridged_ms(journal(folder / OURS / "var" / "state" / "cordboard.db"), spans)
        console.print(f"{menus.CALLERS} callers at once in menus, ours and plain dialplan's ...")
        in_menus = await menus.measure(folder, found)
    console.print("Parsing AMI events, ours and stock panoramisk ...")
    parse = await asyncio.to_thread(ami_parse.measure)
    if failed := sum(one.failed for one in rounds) + in_menus.failed:
        console.print(f"[bold red]{failed} CALLS FAILED. The figures would be wrong: nothing is written.")
        return 1
    result = figures(rounds, offers, events_per_call, parse) | in_menus.figures()
    _show(result, rounds, len(offers))
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, Asterisk {found['asterisk'].version}"
    kept = {name: round(value, 2) for name, value in result.items()} | {"machine": machine}
    RESULTS.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="ascii")
    console.print(f"Written to bench/{RESULTS.name}.")
    return 0


async def _measure_calls(folder: Path, found: Mapping[str, Program]) -> tuple[list[Round], float]:
    """The rounds, and AMI events a call of Cordboard's."""
    async with AsyncExitStack() as stack:
        load = Load(found["sipp"], folder)
        asterisk, port = found["asterisk"], load.port
        floor = await stack.enter_async_context(
            dialplan(FLOOR, "plain Dial (the floor)", DIAL, {}, folder / FLOOR, asterisk, port)
        )
        title, files = f"app_queue, {len(AGENTS)} members", {"queues.conf": QUEUES_CONF}
        peer = await stack.enter_async_context(dialplan(PEER, title, APP_QUEUE, files, folder / PEER, asterisk, port))
        ours = await stack.enter_async_context(cordboard(folder / OURS, found, port))
        console.print("All are up. Warming up ...")
        for target in (floor, peer):
            await load.run(target.sip, WARM_UP)
        events_per_call = await _events_per_call(ours, load)
        rounds: list[Round] = []
        for number in range(1, ROUNDS + 1):
            for target in (floor, peer, ours):
                one = await _round(target, load)
                rounds.append(one)
                used = ", ".join(f"{name} {one.ms_per_call(name):.1f} ms" for name in one.cpu_s)
                failed = f", [bold red]{one.failed} FAILED[/]" if one.failed else ""
                console.print(f"  round {number}  {target.title:25} CPU a call: {used}{failed}")
        return rounds, events_per_call


async def _events_per_call(ours: Cordboard, load: Load) -> float:
    """Counted in the warm-up: a second connection costs Asterisk time, and that is measured later."""
    async with counting(ours.ami, ours.user, ours.secret) as counter:
        await load.run(ours.sip, WARM_UP)
        return counter.seen / WARM_UP


async def _round(target: Target, load: Load) -> Round:
    before, start = target.cpu_s(), time.time()
    tally = await load.run(target.sip, CALLS)
    after = target.cpu_s()
    used = {name: after[name] - before[name] for name in before}
    return Round(target.key, CALLS, tally.failed, used, start, time.time())


def _show(result: dict[str, float], rounds: list[Round], offers: int) -> None:
    console.print(f"\nCPU milliseconds a call, the median of {ROUNDS} rounds; the range is of all processes together")
    table = Table("", "Asterisk", "engine", "Valkey", "range", "above floor")
    for column in table.columns[1:]:
        column.justify = "right"
    for key, title in ((FLOOR, "plain Dial, the floor"), (PEER, "app_queue"), (OURS, "Cordboard")):
        in_all = [sum(one.ms_per_call(name) for name in one.cpu_s) for one in of(rounds, key)]
        more = [f"{result[f'cpu_ms_per_call_{name}']:.1f}" if key == OURS else "" for name in ("engine", "valkey")]
        asterisk = result[f"cpu_ms_per_call_asterisk_{key}"]
        above = result.get(f"cpu_ms_above_floor_{key}")
        spread = f"{min(in_all):.1f} to {max(in_all):.1f}"
        table.add_row(title, f"{asterisk:.1f}", *more, spread, "" if above is None else f"{above:.1f}")
    console.print(table)
    rest = Table(box=None, show_header=False)
    rest.add_row("CPU of a whole call, Cordboard's to app_queue's", f"{result['cpu_ratio_cordboard_to_app_queue']:.2f}")
    rest.add_row(
        f"offer to bridged, {offers} offers",
        f"{result['offer_to_bridged_ms_p50']:.1f} ms p50, {result['offer_to_bridged_ms_p99']:.1f} ms p99",
    )
    rest.add_row("AMI events a call", f"{result['ami_events_per_call']:.1f}")
    rest.add_row(
        "AMI events parsed in a second of CPU",
        f"{result['ami_events_per_s']:,.0f}, {result['ami_parse_ratio']:.2f} times stock panoramisk's",
    )
    engine, asterisk, plain = (result[f"menu_step_cpu_ms_{name}"] for name in ("engine", "asterisk", "dialplan"))
    rest.add_row(
        "CPU of a menu step",
        f"{engine:.2f} ms engine + {asterisk:.2f} ms Asterisk; {plain:.2f} ms in plain dialplan",
    )
    rest.add_row("key to next prompt", f"{result['digit_to_prompt_p99_ms']:.1f} ms p99")
    rest.add_row("calls measured, failed", f"{result['calls_measured']:.0f}, {result['calls_failed']:.0f}")
    console.print(rest)


async def _until_told() -> int:
    """SIGTERM ends it as Ctrl-C does: everything that was started is stopped."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await main()


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_until_told()))
    except (Missing, AsteriskFailed, ServerFailed, LoadFailed, Gone) as error:
        console.print(str(error), style="bold red", markup=False)
        sys.exit(1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped; nothing was written.")
        sys.exit(130)
