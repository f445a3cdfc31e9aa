"""Programs the bench starts: each ends with the block that started it, and with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1
STOP_S = 10.0


@asynccontextmanager
async def program(argv: Sequence[str], log: Path, *, talks: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """A running program. What it says goes to ``log``; where it ``talks``, its standard output to us.

    At the end of the block it is asked to stop, and killed when it takes more than STOP_S.
    """
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if talks else output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us, to stop all in our order
            preexec_fn=_die_with_us(),
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()


def last_words(log: Path) -> str:
    """The end of what a program said."""
    return log.read_text(errors="replace")[-1000:].strip() or "none"


def _die_with_us() -> Callable[[], None]:
    """Has the child killed when we are killed ourselves (Linux, prctl(2))."""
    libc = ctypes.CDLL(None)

    def before() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    return before
