"""``make bench``: measures Cordboard beside plain Dial and app_queue, callers who wait beside music alone,
menus beside plain dialplan, and the router, the simulator, the pipeline and the records by themselves, in one run of a
quarter of an hour.

Shows tables and writes ``bench/results.json``. Ends with 1, and writes nothing, when a call failed.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench import ami_parse, decisions, desks, menus, pipeline, records, reports, simulation, waiting
from bench.ami_events import counting
from bench.app_queue import pause, rings
from bench.figures import FLOOR, OURS, PEER, RESULTS, Round, Times, figures, keep, median_ms, of
from bench.journal import journal, took_ms
from bench.load import CALLS_PER_S, ON_THE_LINE_MS, Load
from bench.run import console, end_with
from bench.targets import AGENTS, APP_QUEUE, DIAL, QUEUES_CONF, Cordboard, Dialplan, Target, cordboard, dialplan
from demo.debian import Program, programs

ROUNDS = 3
CALLS = 200
WARM_UP = 40
SETTLE_S = 1.5
"""After a round, before its CPU is read: Cordboard writes its last records a second later."""
WAITS = 3
GROWTH = (100, 1_000, 10_000)
"""So many agents, and as many calls that wait."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the three targets gave."""

    rounds: list[Round]
    desks: desks.Desks
    waits: list[waiting.Pair]
    events_per_call: float
    app_queue_ms: list[float]


async def main() -> int:
    """The whole bench. Returns the exit status."""
    found = await asyncio.to_thread(programs, ("asterisk", "sipp", "espeak-ng"), console.print)
    console.print(
        f"Asterisk {found['asterisk'].version}, SIPp {found['sipp'].version}: {ROUNDS} rounds of {CALLS} calls each, "
        f"{CALLS_PER_S} calls/s, {ON_THE_LINE_MS / 1000:g} s on the line, recorded, no sound; {len(AGENTS):,} agents."
    )
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as name:
        folder = Path(name)
        measured = await _measure_calls(folder, found)
        times = _times(folder / OURS / "var" / "state" / "cordboard.db", measured)
        console.print(f"{menus.CALLERS} callers at once in menus, ours and plain dialplan's ...")
        in_menus = await menus.measure(folder, found)
    console.print("Parsing AMI events, ours and stock panoramisk ...")
    parse = await asyncio.to_thread(ami_parse.measure)
    console.print("Recordings to MP3, by the pipeline ...")
    encoded = await asyncio.to_thread(pipeline.measure)
    console.print("The router's decisions, and a busy hour in the virtual clock ...")
    decided = await asyncio.to_thread(_decisions)
    hour_s = await asyncio.to_thread(simulation.busy_hour)
    console.print("Records into PostgreSQL, and searches among ten million ...")
    recorded = await records.measure()
    console.print("A month of 4.5 million calls, summarised by PostgreSQL ...")
    month = await reports.month()
    if failed := sum(one.failed for one in measured.rounds) + in_menus.failed + measured.desks.tally.failed:
        console.print(f"[bold red]{failed} CALLS FAILED. The figures would be wrong: nothing is written.")
        return 1
    result: dict[str, float] = {
        **figures(measured.rounds, measured.events_per_call),
        **times.figures(),
        **measured.desks.figures(median_ms(measured.rounds, OURS, "engine")),
        **waiting.figures(measured.waits),
        **in_menus.figures(),
        **parse,
        **decided,
        **encoded,
        **recorded,
        "busy_hour_sim_s": hour_s,
        **month,
    }
    _show(result, measured.rounds)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, Asterisk {found['asterisk'].version}"
    keep({**result, "machine": machine})
    console.print(f"Written to bench/{RESULTS.name}.")
    return 0


def _decisions() -> dict[str, float]:
    """What the router takes for one event at the size of a national hotline, and how that grows."""
    hotline = decisions.measure(len(AGENTS), GROWTH[-1])
    grown = {f"decision_p99_us_{size}": decisions.measure(size, size).p99_us for size in GROWTH}
    return {"decision_p99_us": hotline.p99_us, "decision_memory_mb": hotline.memory_mb, **grown}


async def _measure_calls(folder: Path, found: Mapping[str, Program]) -> Measured:
    async with AsyncExitStack() as stack:
        load = Load(found["sipp"], folder)
        asterisk, port = found["asterisk"], load.port
        floor = await stack.enter_async_context(
            dialplan(FLOOR, "plain Dial (the floor)", DIAL, {}, folder / FLOOR, asterisk, port)
        )
        title, files = f"app_queue, {len(AGENTS):,} members", {"queues.conf": QUEUES_CONF}
        peer = await stack.enter_async_context(dialplan(PEER, title, APP_QUEUE, files, folder / PEER, asterisk, port))
        ours = await stack.enter_async_context(cordboard(folder / OURS, found, port))
        console.print("All are up. Warming up ...")
        for alone in (floor, peer):
            await load.run(alone.sip, WARM_UP)
        events_per_call = await _events_per_call(ours, load)
        rounds: list[Round] = []
        for number in range(1, ROUNDS + 1):
            targets: tuple[Target, ...] = (floor, peer, ours)
            for target in targets:
                one = await _round(target, load)
                rounds.append(one)
                used = ", ".join(f"{name} {one.ms_per_call(name):.1f} ms" for name in one.cpu_s)
                failed = f", [bold red]{one.failed} FAILED[/]" if one.failed else ""
                console.print(f"  round {number}  {target.title:25} CPU a call: {used}{failed}")
        async with rings(peer.ami, peer.watcher) as rung:
            await load.run(peer.sip, CALLS)
        console.print(f"{desks.DESKS:,} agents' desks and {desks.BOARDS} boards look on while calls come ...")
        seen = await desks.measure(ours, load, folder / "desks")
        waits = await _wait(folder, found["sipp"], floor, peer, ours)
        return Measured(rounds, seen, waits, events_per_call, rung.took_ms)


async def _wait(folder: Path, sipp: Program, floor: Dialplan, peer: Dialplan, ours: Cordboard) -> list[waiting.Pair]:
    """Nobody is free any more, and callers wait."""
    await pause(peer.ami, peer.watcher, [f"PJSIP/{agent}" for agent in AGENTS])
    await ours.server.put(AGENTS, "not ready")
    console.print(
        f"{waiting.CALLERS} callers wait for {waiting.SPAN_S:g} s, nobody is free, and as many hear music alone ..."
    )
    waits: list[waiting.Pair] = []
    for number in range(1, WAITS + 1):
        for target in (peer, ours):
            pair = await waiting.beside(floor, target, sipp, folder / f"wait-{number}-{target.key}")
            waits.append(pair)
            used = f"{pair.other.cpu_s:.2f} s, music alone {pair.music.cpu_s:.2f} s"
            console.print(f"  round {number}  {target.title:25} CPU: {used}")
    return waits


def _times(database: Path, measured: Measured) -> Times:
    rows = journal(database)
    spans = [(one.start, one.end) for one in of(measured.rounds, OURS)]
    return Times(
        offer_to_ring=took_ms(rows, "Offered", "Ringing", spans),
        offer_to_bridged=took_ms(rows, "Offered", "Connected", spans),
        queued_to_ring=took_ms(rows, "Queued", "Ringing", spans),
        queued_to_ring_app_queue=measured.app_queue_ms,
    )


async def _events_per_call(ours: Cordboard, load: Load) -> float:
    """Counted in the warm-up: a second connection costs Asterisk time, and that is measured later."""
    async with counting(ours.ami, ours.user, ours.secret) as counter:
        await load.run(ours.sip, WARM_UP)
        return counter.seen / WARM_UP


async def _round(target: Target, load: Load) -> Round:
    before, start = target.cpu_s(), time.time()
    tally = await load.run(target.sip, CALLS)
    end = time.time()
    await asyncio.sleep(SETTLE_S)
    after = target.cpu_s()
    used = {name: after[name] - before[name] for name in before}
    return Round(target.key, CALLS, tally.failed, used, start, end)


def _show(result: dict[str, float], rounds: list[Round]) -> None:
    console.print(f"\nCPU milliseconds a call, the median of {ROUNDS} rounds; the range is of all processes together")
    table = Table("", "Asterisk", "engine", "Valkey", "range", "above floor")
    for column in table.columns[1:]:
        column.justify = "right"
    for key, title in ((FLOOR, "plain Dial, the floor"), (PEER, "app_queue"), (OURS, "Cordboard")):
        in_all = [one.whole_ms for one in of(rounds, key)]
        more = [f"{result[f'cpu_ms_per_call_{name}']:.1f}" if key == OURS else "" for name in ("engine", "valkey")]
        asterisk = result[f"cpu_ms_per_call_asterisk_{key}"]
        above = result.get(f"cpu_ms_above_floor_{key}")
        spread = f"{min(in_all):.1f} to {max(in_all):.1f}"
        table.add_row(title, f"{asterisk:.1f}", *more, spread, "" if above is None else f"{above:.1f}")
    console.print(table)
    rest = Table(box=None, show_header=False)
    rest.add_row("CPU above the floor, Cordboard's to app_queue's", f"{result['queue_overhead_ratio']:.2f}")
    rest.add_row("CPU of a whole call, Cordboard's to app_queue's", f"{result['cpu_ratio_cordboard_to_app_queue']:.2f}")
    for title, name in (("offer to ringing", "offer_to_ring"), ("offer to bridged", "offer_to_bridged")):
        rest.add_row(title, f"{result[f'{name}_ms_p50']:.1f} ms p50, {result[f'{name}_ms_p99']:.1f} ms p99")
    rest.add_row(
        "in the queue to ringing, p99",
        f"{result['queued_to_ring_ms_p99']:.1f} ms; app_queue {result['queued_to_ring_ms_p99_app_queue']:.1f} ms",
    )
    rest.add_row(
        f"CPU of {waiting.CALLERS} callers waiting, to music alone",
        f"{result['waiting_overhead_ratio']:.2f}; app_queue {result['waiting_overhead_ratio_app_queue']:.2f}",
    )
    rest.add_row(
        f"event to screen, {desks.DESKS:,} desks",
        f"{result['event_to_screen_p99_ms']:.1f} ms p99; {desks.BOARDS} boards {result['board_p99_ms']:.1f} ms",
    )
    rest.add_row(
        "CPU they add to the engine",
        f"{result['desks_cpu_ms_per_call']:.1f} ms a call; {result['desks_idle_cpu_percent']:.0f} % with no calls",
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
    rest.add_row(
        f"a decision, {len(AGENTS):,} agents, {GROWTH[-1]:,} calls wait",
        f"{result['decision_p99_us']:.0f} µs p99; {GROWTH[0]} of each {result[f'decision_p99_us_{GROWTH[0]}']:.0f} µs",
    )
    rest.add_row("recordings to MP3, on one core", f"{result['pipeline_realtime_factor']:.0f} times real time")
    rest.add_row("a busy hour simulated", f"{result['busy_hour_sim_s']:.1f} s")
    rest.add_row(
        "call records into PostgreSQL",
        f"{result['records_per_s_postgres']:,.0f} a second; a search among {records.ROWS:,} "
        f"{result['search_p95_ms']:.0f} ms p95",
    )
    rest.add_row("a month of 4.5 million calls summarised", f"{result['month_report_s']:.1f} s")
    rest.add_row("calls measured, failed", f"{result['calls_measured']:.0f}, {result['calls_failed']:.0f}")
    console.print(rest)


if __name__ == "__main__":
    sys.exit(end_with(main))
