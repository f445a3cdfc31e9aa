"""What is measured: three ways to bring a caller to an agent, each on an Asterisk of its own.

All three answer, find an agent, ring that agent's phone, join the two and record each side in a
file of its own; no sound flows, so that the files have a header only. Each has its own private
Asterisk, so that none pays for what another one has subscribed to; those that are not called at
the moment are idle.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cpu import process
from bench.figures import OURS
from bench.load import NUMBER, WAITING
from bench.server import QUEUE, Server, server, write_site
from demo.asterisk import HOST, Manager, Phone, Plan, PrivateAsterisk, free_ports
from demo.debian import Program
from demo.stage import MANAGER, stage

AGENTS = tuple(f"a{number:04}" for number in range(1, 2101))
"""The size of a large national hotline."""
ROOM = 450
"""Calls at once: the callers who wait, and those who come at the fastest rate."""
WATCHER = "watcher"
RECORD = "MixMonitor(,bSr(@FOLDER@/${UNIQUEID}-caller.wav)t(@FOLDER@/${UNIQUEID}-agent.wav))"
"""As Cordboard does it: from the joining on, each direction in a file of its own, silence kept."""

DIAL = f"""
[bench]
exten => {NUMBER},1,Answer()
 same => n,{RECORD}
 same => n,Dial(PJSIP/{AGENTS[0]},15)
 same => n,Hangup()
exten => {WAITING},1,Answer()
 same => n,MusicOnHold(default)
"""
APP_QUEUE = f"""
[bench]
exten => {NUMBER},1,Answer()
 same => n,{RECORD}
 same => n,Queue({QUEUE})
 same => n,Hangup()
exten => {WAITING},1,Answer()
 same => n,Queue({QUEUE})
 same => n,Hangup()
"""
# As Cordboard does it: the agent idle longest, one at a time, no pause after a talk.
QUEUES_CONF = f"""
[general]
autofill = yes
[{QUEUE}]
strategy = leastrecent
musicclass = default
ringinuse = no
timeout = 15
retry = 1
wrapuptime = 0
""" + "".join(f"member => PJSIP/{agent}\n" for agent in AGENTS)


@dataclass(frozen=True, slots=True)
class Target:
    """Something to call. ``pids`` are the processes that do the work, ``sip`` is where to call."""

    key: str
    title: str
    sip: int
    pids: Mapping[str, int]

    def cpu_s(self) -> dict[str, float]:
        """What each process has used so far. Raises Gone: one has ended."""
        return {name: process(pid).cpu_s for name, pid in self.pids.items()}


@dataclass(frozen=True, slots=True)
class Dialplan(Target):
    """An Asterisk alone, and a manager user to look on with at AMI's port ``ami``."""

    ami: int
    watcher: Manager


@dataclass(frozen=True, slots=True)
class Cordboard(Target):
    """Cordboard, and how to look on from beside: AMI's port, user and secret; ``site`` is its folder,
    ``asterisk`` its Asterisk."""

    ami: int
    user: str
    secret: str
    server: Server
    site: Path
    asterisk: PrivateAsterisk


def phones(port: int) -> Sequence[Phone]:
    """A line for each agent; all their phones are at one port."""
    return [Phone(agent, contact=f"sip:{agent}@{HOST}:{port}") for agent in AGENTS]


@asynccontextmanager
async def dialplan(
    key: str, title: str, text: str, files: Mapping[str, str], folder: Path, asterisk: Program, port: int
) -> AsyncIterator[Dialplan]:
    """An Asterisk that does it alone, by its dialplan; ``@FOLDER@`` in it is a folder for its
    recordings. Raises AsteriskFailed."""
    recordings = folder / "recordings"
    recordings.mkdir(parents=True)
    include = folder / "bench.conf"
    include.write_text(text.replace("@FOLDER@", str(recordings)), encoding="ascii")
    events = ("QueueCallerJoin", "QueueMemberPause", "Newstate")
    watcher = Manager(WATCHER, secrets.token_hex(16), "agent,call", "agent", events)
    plan = Plan(phones=phones(port), managers=[watcher], includes=[include], caller_context="bench", files=files)
    async with PrivateAsterisk(asterisk, folder / "asterisk", plan, free_ports(ROOM)) as running:
        yield Dialplan(key, title, running.ports.sip, {"asterisk": running.pid}, running.ports.ami, watcher)


@asynccontextmanager
async def cordboard(folder: Path, programs: Mapping[str, Program], port: int) -> AsyncIterator[Cordboard]:
    """An Asterisk with Cordboard. Raises AsteriskFailed, ServerFailed."""
    password = write_site(folder, AGENTS)
    changes = {"web": {"host": HOST, "port": 0}}
    async with (
        stage(folder, programs, phones=phones(port), changes=changes, calls=ROOM) as at,
        server(folder, password, AGENTS, folder / "cordboard.log") as ours,
    ):
        secret = at.site.ami_secret_file.read_text(encoding="ascii").strip()
        pids = {"asterisk": at.asterisk.pid, "engine": ours.pid, "valkey": ours.valkey}
        ports = at.asterisk.ports
        title = f"Cordboard, {len(AGENTS):,} agents"
        yield Cordboard(OURS, title, ports.sip, pids, ports.ami, MANAGER, secret, ours, folder, at.asterisk)
