"""How a bench begins and ends, whichever it is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from rich.console import Console

from bench.cpu import Gone
from bench.load import LoadFailed
from bench.server import ServerFailed
from demo.asterisk import AsteriskFailed
from demo.debian import Missing

console = Console(highlight=False)


def end_with(main: Callable[[], Awaitable[int]]) -> int:
    """Runs ``main`` and returns the exit status: its own, 1 for what could not be measured, 130 when
    it was stopped."""
    try:
        return asyncio.run(_until_told(main))
    except (Missing, AsteriskFailed, ServerFailed, LoadFailed, Gone) as error:
        console.print(str(error), style="bold red", markup=False)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped; nothing was written.")
        return 130


async def _until_told(main: Callable[[], Awaitable[int]]) -> int:
    """SIGTERM ends it as Ctrl-C does: everything that was started is stopped."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await main()
