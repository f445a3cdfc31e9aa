"""Calls made by SIPp: callers who dial at a steady rate, and phones that answer at once. No sound."""

from __future__ import annotations

import asyncio
import csv
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.processes import last_words, program
from demo.asterisk import HOST
from demo.debian import Program

SCENARIOS = Path(__file__).parent / "sipp"
NUMBER = "100"
WAITING = "101"
"""Where callers wait and no agent is ever free."""
CALLS_PER_S = 20
ON_THE_LINE_MS = 4000
"""From the answer to the caller's hang-up. Asterisk's Answer() waits 500 ms of it for sound that
does not come; the rest but some milliseconds is talk."""
LATE_S = 15.0
"""How long after the last caller should be through the callers, and then the phones, may still take."""


class LoadFailed(Exception):
    """SIPp could not make the calls at all; the message says why."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of one run that went as they should, and those that did not."""

    good: int
    failed: int


def tally(calls: int, callers: Mapping[str, str], phones: Mapping[str, str]) -> Tally:
    """What came of ``calls`` calls, from the last rows of both SIPps' statistics.

    A call is good when the caller went through it and a phone had it to the end. One that never
    reached a phone is a failed one, though the caller noticed nothing.
    """
    good = min(int(callers.get("SuccessfulCall(C)", 0)), int(phones.get("SuccessfulCall(C)", 0)))
    spare = max(int(callers.get("FailedCall(C)", 0)), int(phones.get("FailedCall(C)", 0)))
    return Tally(good, max(calls - good, spare))


def last_row(statistics: str) -> Mapping[str, str]:
    """The newest figures of a file of SIPp's ``-trace_stat``; empty where there are none yet."""
    rows = list(csv.DictReader(statistics.splitlines(), delimiter=";"))
    return rows[-1] if rows else {}


def free_port() -> int:
    """A UDP port that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


class Load:
    """Makes calls. ``port`` is where the phones are: the contact of every agent's line."""

    def __init__(self, sipp: Program, folder: Path) -> None:
        self.port = free_port()
        self._sipp = sipp
        self._folder = folder
        self._runs = 0

    async def run(
        self, sip_port: int, calls: int, calls_per_s: float = CALLS_PER_S, on_the_line_ms: int = ON_THE_LINE_MS
    ) -> Tally:
        """So many calls to the Asterisk on ``sip_port``, one after the other at a steady rate, until
        the last is over. Raises LoadFailed."""
        self._runs += 1
        here = self._folder / f"run-{self._runs}"
        here.mkdir()
        common = ["-i", HOST, "-bind_local", "-nostdin", "-trace_stat", "-fd", "1", "-m", str(calls)]
        phones = [*self._sipp.argv, "-sf", str(SCENARIOS / "agent.xml"), "-p", str(self.port), *common]
        callers = [*self._sipp.argv, f"{HOST}:{sip_port}", "-sf", str(SCENARIOS / "caller.xml"), *common]
        callers += ["-s", NUMBER, "-r", str(calls_per_s), "-d", str(on_the_line_ms)]
        async with AsyncExitStack() as stack:
            answering = await stack.enter_async_context(
                program([*phones, "-stf", str(here / "phones.csv")], here / "phones.log")
            )
            await self._listening(answering, here / "phones.log")
            calling = await stack.enter_async_context(
                program([*callers, "-stf", str(here / "callers.csv")], here / "callers.log")
            )
            await _over(calling, calls / calls_per_s + on_the_line_ms / 1000 + LATE_S)
            await _over(answering, LATE_S)
        return tally(calls, last(here / "callers.csv"), last(here / "phones.csv"))

    async def _listening(self, phones: asyncio.subprocess.Process, log: Path) -> None:
        """Returns when the phones have taken their port."""
        while phones.returncode is None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
                try:
                    tried.bind((HOST, self.port))
                except OSError:
                    return
            await asyncio.sleep(0.05)
        raise LoadFailed(f"SIPp did not start: {last_words(log)}")


async def _over(process: asyncio.subprocess.Process, patience_s: float) -> None:
    """Waits for the end of a SIPp, but not for ever: calls that are missing then have failed."""
    try:
        await asyncio.wait_for(process.wait(), patience_s)
    except TimeoutError:
        return


def last(file: Path) -> Mapping[str, str]:
    """The newest figures in SIPp's file of statistics; empty where there are none yet."""
    return last_row(file.read_text(errors="replace")) if file.exists() else {}
