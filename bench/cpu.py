"""CPU time, memory and open files of processes, as Linux counts them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


class Gone(Exception):
    """A process has ended."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this machine. ``cpu_s`` is what it has used so far, in and for itself (user and
    system, all threads), without its children; a step is 10 ms on most machines."""

    pid: int
    name: str
    parent: int
    cpu_s: float


def parse(stat: str, ticks_per_s: int) -> Process:
    """Reads a ``/proc/PID/stat`` (proc_pid_stat(5)). The name may have blanks and brackets in it."""
    pid, _, rest = stat.partition(" (")
    name, _, fields = rest.rpartition(") ")
    values = fields.split()
    return Process(int(pid), name, int(values[1]), (int(values[11]) + int(values[12])) / ticks_per_s)


def process(pid: int) -> Process:
    """One process as it is now. Raises Gone."""
    try:
        return parse((PROC / str(pid) / "stat").read_text(), os.sysconf("SC_CLK_TCK"))
    except (FileNotFoundError, ProcessLookupError):
        raise Gone(f"process {pid} has ended") from None


def resident_mb(pid: int) -> float:
    """Megabytes of memory that the process has now (proc_pid_statm(5)). Raises Gone."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        raise Gone(f"process {pid} has ended") from None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files(pid: int) -> int:
    """How many files, sockets and the like the process has open (proc_pid_fd(5)). Raises Gone."""
    try:
        return len(os.listdir(PROC / str(pid) / "fd"))
    except (FileNotFoundError, ProcessLookupError):
        raise Gone(f"process {pid} has ended") from None


def children(parent: int) -> list[Process]:
    """The processes that ``parent`` started and that run."""
    found: list[Process] = []
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(Gone):
                found.append(process(int(folder.name)))
    return [one for one in found if one.parent == parent]
