"""Callers in menus: Cordboard beside the same menus in plain dialplan, in one run of a minute.

A menu step is: the caller presses a key while a prompt plays, and the next menu's prompt begins.
Each side has its own private Asterisk; the one that is not called is idle. The cost of answering
and ending a call is shared out among its steps, on both sides alike.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import percentile
from bench.load import NUMBER, SCENARIOS, LoadFailed, free_port, last_row
from bench.manager import watching
from bench.processes import last_words, program
from bench.server import server, write_site
from bench.targets import Target, dialplan
from demo.asterisk import HOST, Manager
from demo.debian import Program
from demo.stage import stage
from demo.tones import RATE, tone, write_wav

CALLERS = 200
"""All at once: the last has come before the first is through."""
CALLERS_PER_S = 20
STEPS = 10
PROMPT_S = 5.0
PATIENCE_S = 45.0
AGENT = "a001"
WATCHER = "watcher"


@dataclass(frozen=True, slots=True)
class Menus:
    """What was measured: CPU seconds by process for ``steps`` menu steps, and milliseconds from
    each key to the beginning of the next prompt."""

    steps: int
    failed: int
    ours_cpu_s: Mapping[str, float]
    dialplan_cpu_s: float
    waits_ms: list[float]

    def figures(self) -> dict[str, float]:
        """What is kept, by name."""
        engine = self.ours_cpu_s["engine"] + self.ours_cpu_s["valkey"]
        return {
            "menu_step_cpu_ms_engine": engine * 1000 / self.steps,
            "menu_step_cpu_ms_asterisk": self.ours_cpu_s["asterisk"] * 1000 / self.steps,
            "menu_step_cpu_ms_dialplan": self.dialplan_cpu_s * 1000 / self.steps,
            "digit_to_prompt_p99_ms": percentile(self.waits_ms, 99),
        }


def flow() -> str:
    """The menus as a flow."""
    nodes = "".join(
        f'  m{step}: {{menu: {{file: prompt.wav}}, keys: {{"1": {f"m{step + 1}" if step < STEPS else "bye"}}}}}\n'
        for step in range(1, STEPS + 1)
    )
    return f"start: m1\nnodes:\n{nodes}  bye: {{hangup: true}}\n"


def extensions(prompt: Path) -> str:
    """The menus as a dialplan, which does the same, silence and wrong keys included."""
    lines = ["[bench]", f"exten => {NUMBER},1,Answer()", " same => n,Goto(m1,s,1)"]
    for step in range(1, STEPS + 1):
        to = f"Goto(m{step + 1},s,1)" if step < STEPS else "Hangup()"
        lines += [f"[m{step}]", "exten => s,1,Set(TRIES=0)", f" same => n(ask),Background({prompt.with_suffix('')})"]
        lines += [" same => n,WaitExten(5)", f"exten => 1,1,{to}"]
        for wrong in ("t", "i"):
            lines += [f"exten => {wrong},1,Set(TRIES=$[${{TRIES}} + 1])"]
            lines += [" same => n,GotoIf($[${TRIES} > 2]?over)", " same => n,Goto(s,ask)", " same => n(over),Hangup()"]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Waits:
    """From AMI events: how long after each key the next prompt begins. Times are Asterisk's own.

    A key that comes by SIP INFO is pressed at once and let go when the press it tells of is over
    (100 ms); it counts, and the prompt it cuts short ends, when it is let go. The time runs from there.
    """

    waits_ms: list[float] = field(default_factory=list)
    _let_go: dict[str, float] = field(default_factory=dict)

    def feed(self, event: Mapping[str, str]) -> None:
        """Takes one event."""
        if not event.get("Command", "").startswith("STREAM FILE"):
            return
        channel, at = event.get("Uniqueid", ""), float(event.get("Timestamp", 0))
        if event.get("Event") == "AGIExecEnd":
            self._let_go[channel] = at
        elif channel in self._let_go:
            self.waits_ms.append((at - self._let_go.pop(channel)) * 1000)


async def measure(folder: Path, found: Mapping[str, Program]) -> Menus:
    """Both sides, one after the other. Raises LoadFailed, AsteriskFailed, ServerFailed."""
    ours, plain = folder / "menus", folder / "menus-dialplan"
    prompt = folder / "prompt.wav"
    write_wav(prompt, tone(440.0, PROMPT_S, -24.0))
    password = write_site(ours, [AGENT])
    (ours / "flows" / "main.yaml").write_text(flow(), encoding="utf-8")
    (ours / "prompts" / "prompt.wav").write_bytes(prompt.read_bytes())
    watcher = Manager(WATCHER, secrets.token_hex(16), "agi", "", ("AGIExecStart", "AGIExecEnd"))
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(
            dialplan("menus", "plain dialplan", extensions(prompt), {}, plain, found["asterisk"], free_port())
        )
        changes = {"web": {"host": HOST, "port": 0}}
        at = await stack.enter_async_context(stage(ours, found, changes=changes, managers=[watcher]))
        running = await stack.enter_async_context(server(ours, password, [AGENT], ours / "cordboard.log"))
        pids = {"asterisk": at.asterisk.pid, "engine": running.pid, "valkey": running.valkey}
        target = Target("menus", "Cordboard", at.asterisk.ports.sip, pids)
        failed, plain_s = await _run(other, found["sipp"], folder / "callers-dialplan")
        waits = Waits()
        async with watching(at.asterisk.ports.ami, watcher, waits.feed):
            more_failed, ours_s = await _run(target, found["sipp"], folder / "callers")
    if not waits.waits_ms:
        raise LoadFailed("No key of a caller was followed by a prompt; the menus were not walked.")
    return Menus(CALLERS * STEPS, failed + more_failed, ours_s, plain_s["asterisk"], waits.waits_ms)


async def _run(target: Target, sipp: Program, folder: Path) -> tuple[int, dict[str, float]]:
    """All callers go through all menus. Gives those that failed, and the CPU seconds by process."""
    scenario, row = _scenario(folder), folder / "callers.csv"
    argv = [*sipp.argv, f"{HOST}:{target.sip}", "-sf", str(scenario), "-i", HOST, "-bind_local", "-nostdin"]
    argv += ["-trace_stat", "-fd", "1", "-stf", str(row), "-s", NUMBER]
    argv += ["-m", str(CALLERS), "-l", str(CALLERS), "-r", str(CALLERS_PER_S)]
    before = target.cpu_s()
    async with program(argv, folder / "sipp.log") as calling:
        with suppress(TimeoutError):
            await asyncio.wait_for(calling.wait(), PATIENCE_S)
    after = target.cpu_s()
    if not row.exists():
        raise LoadFailed(f"SIPp did not start: {last_words(folder / 'sipp.log')}")
    good = int(last_row(row.read_text(errors="replace")).get("SuccessfulCall(C)", 0))
    return CALLERS - good, {name: after[name] - before[name] for name in before}


def _scenario(folder: Path) -> Path:
    """What the callers do, in a new folder."""
    folder.mkdir()
    scenario, silence = folder / "menu.xml", folder / "silence.ulaw"
    silence.write_bytes(b"\xff" * RATE)
    text = (SCENARIOS / "menu.xml").read_text(encoding="utf-8")
    scenario.write_text(text.replace("@STEPS@", str(STEPS)).replace("@SILENCE@", str(silence)), encoding="utf-8")
    return scenario
