"""A private Asterisk on loopback: its own configuration, ports and folders, gone when we are done.

It runs as any user and touches nothing of an Asterisk that the machine may have.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from demo.configuration import HOST, READY_USER, Folders, Manager, Phone, Plan, Ports, render
from demo.debian import Program
from demo.ports import find_ports, is_free
from demo.tones import chord, write_wav

__all__ = ["HOST", "AsteriskFailed", "Manager", "Phone", "Plan", "Ports", "PrivateAsterisk", "free_ports"]

LONGEST_RUN = 90
"""Of the folder with Asterisk's control socket, whose whole path may have 107 bytes (unix(7))."""

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUTS = 0x04000000
_CLONE_NEWUSER = 0x10000000


class AsteriskFailed(Exception):
    """The private Asterisk did not start, or does not answer. The message says why."""


def free_ports(calls: int = 100) -> Ports:
    """Ports nobody uses now, with sound for so many two-legged calls. Raises AsteriskFailed: none found."""
    found = find_ports(calls)
    if found is None:
        raise AsteriskFailed(f"Too few free ports in a row on {HOST}. Stop what uses them, or ask for fewer calls.")
    return found


def modules_of(program: Program) -> Path:
    """Where this Asterisk's modules are. Raises AsteriskFailed: not found."""
    prefix = program.path.parent.parent
    for place in ("lib/*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules"):
        for found in prefix.glob(place):
            if (found / "chan_pjsip.so").exists():
                return found
    raise AsteriskFailed(
        f"The modules of {program.path} are not under {prefix}/lib; is it installed whole, with chan_pjsip?"
    )


class PrivateAsterisk:
    """A running private Asterisk: ``async with PrivateAsterisk(program, folder, plan) as asterisk``.

    On entry it is fully booted and takes calls; on exit it is gone. It dies with this process.
    ``folder`` keeps the configuration, the log and the spool. Raises AsteriskFailed.
    """

    def __init__(self, program: Program, folder: Path, plan: Plan, ports: Ports | None = None) -> None:
        self.program = program
        self.ports = ports or free_ports()
        self.plan = plan
        self.start_s = 0.0
        self._folder = folder.resolve()
        self._secret = secrets.token_hex(16)
        self._process: asyncio.subprocess.Process | None = None
        self._exits = contextlib.ExitStack()

    @property
    def log(self) -> Path:
        """The log: notices, warnings and errors."""
        return self._folder / "log" / "messages"

    @property
    def spool(self) -> Path:
        """Asterisk's spool folder; a recording with a relative name goes to ``monitor`` in it."""
        return self._folder / "spool"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def log_lines(self, level: str = "ERROR") -> list[str]:
        """The log's lines of a level: NOTICE, WARNING or ERROR."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line for line in lines if f"] {level}[" in line]

    async def __aenter__(self) -> Self:
        began = time.monotonic()
        try:
            self._check_ports()
            self._write()
            self._process = await self._spawn()
            await self._ready()
        except BaseException:
            await self.stop()
            raise
        self.start_s = time.monotonic() - began
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Ends it, if it runs: asked at first, killed after five seconds. Calls on it end."""
        process, self._process = self._process, None
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._exits.close()

    async def command(self, line: str) -> str:
        """What Asterisk answers to a line of its command line, such as ``core show channels``."""
        config = str(self._folder / "etc" / "asterisk.conf")
        process = await asyncio.create_subprocess_exec(
            *self.program.argv,
            "-C",
            config,
            "-rx",
            line,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 10)
        return said.decode(errors="replace")

    def _check_ports(self) -> None:
        kinds = (
            ("UDP", socket.SOCK_DGRAM, self.ports.sip),
            ("TCP", socket.SOCK_STREAM, self.ports.ami),
            ("TCP", socket.SOCK_STREAM, self.ports.web),
            ("TCP", socket.SOCK_STREAM, self.ports.ami_tls),
        )
        for name, kind, port in kinds:
            if not is_free(port, kind):
                raise AsteriskFailed(f"{name} port {port} on {HOST} is taken. See what uses it with: ss -lnp")

    def _write(self) -> None:
        run = self._folder / "run"
        if len(os.fsencode(run)) > LONGEST_RUN:
            run = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="asterisk-")))
        folders = Folders(self._folder, run, modules_of(self.program))
        for folder in (run, folders.etc, folders.music, folders.spool, folders.log, folders.data / "sounds"):
            folder.mkdir(parents=True, exist_ok=True)
        for name, text in render(self.plan, self.ports, folders, self._secret).items():
            path = folders.etc / name
            path.touch(mode=0o600)
            path.write_text(text)
        self.log.unlink(missing_ok=True)
        write_wav(folders.music / "chord.wav", chord(20.0))
        # The files a package brings are used where they are; what is written goes to our folder.
        prefix = self.program.path.parent.parent
        for share in (prefix / "share/asterisk", Path("/var/lib/asterisk"), prefix / "var/lib/asterisk"):
            _link(folders.data / "documentation", share / "documentation")
            _link(folders.data / "sounds" / "en", share / "sounds" / "en", share / "sounds" / "en_US_f_Allison")

    async def _spawn(self) -> asyncio.subprocess.Process:
        config = str(self._folder / "etc" / "asterisk.conf")
        output = self._exits.enter_context((self._folder / "log" / "output").open("wb"))
        rename = not _hostname_resolves()
        try:
            return await asyncio.create_subprocess_exec(
                *self.program.argv,
                "-f",
                "-C",
                config,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                # Ctrl-C in the terminal is for us to handle, in our order.
                start_new_session=True,
                preexec_fn=_before_exec(os.getpid(), rename),
            )
        except OSError as why:
            raise AsteriskFailed(f"{self.program.path} cannot be started: {why}") from None
        except Exception as why:
            raise AsteriskFailed(
                f"This machine's name, {socket.gethostname()}, does not resolve, and Asterisk stalls then. "
                f"Add it to /etc/hosts: 127.0.1.1 {socket.gethostname()}"
            ) from why

    async def _ready(self) -> None:
        """Waits for FullyBooted, as told to a manager user who may see nothing else."""
        assert self._process is not None
        booted = asyncio.create_task(self._booted())
        exited = asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait((booted, exited), timeout=30, return_when=asyncio.FIRST_COMPLETED)
            if booted.done():
                booted.result()
                return
            raise AsteriskFailed(
                f"Asterisk {self.program.version} {'ended' if exited.done() else 'was not ready in 30 s'}."
                " Its last lines:\n" + "\n".join(self._last_lines())
            )
        finally:
            for task in (booted, exited):
                task.cancel()
            await asyncio.gather(booted, exited, return_exceptions=True)

    async def _booted(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(HOST, self.ports.ami)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
        try:
            banner = await reader.readline()
            if not banner.startswith(b"Asterisk Call Manager/"):
                raise AsteriskFailed(f"TCP port {self.ports.ami} was taken by another program just now. Try again.")
            writer.write(f"Action: Login\r\nUsername: {READY_USER}\r\nSecret: {self._secret}\r\n\r\n".encode())
            while (line := await reader.readline()) != b"Event: FullyBooted\r\n":
                if line == b"Response: Error\r\n" or not line:
                    raise AsteriskFailed(
                        f"TCP port {self.ports.ami} was taken by another Asterisk just now. Try again."
                    )
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _last_lines(self) -> list[str]:
        output = (self._folder / "log" / "output").read_text(errors="replace").splitlines()
        return (output[-5:] + self.log_lines("WARNING")[-5:] + self.log_lines("ERROR"))[-15:]


def _link(link: Path, *targets: Path) -> None:
    target = next((target for target in targets if target.is_dir()), None)
    if target and not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _hostname_resolves() -> bool:
    try:
        return bool(socket.getaddrinfo(socket.gethostname(), None))
    except OSError:
        return False


def _before_exec(parent: int, rename: bool) -> Callable[[], None]:
    """What the child does before it becomes Asterisk: it asks to die with us, and where this
    machine's name does not resolve, calls itself localhost in a name space of its own (Linux,
    unshare(2) with CLONE_NEWUTS): Asterisk stalls on a name that does not resolve."""
    libc = ctypes.CDLL(None, use_errno=True)

    def before() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        if rename:
            if libc.unshare(_CLONE_NEWUTS) and libc.unshare(_CLONE_NEWUSER | _CLONE_NEWUTS):
                raise OSError(ctypes.get_errno(), "no name space of its own")
            socket.sethostname("localhost")

    return before
