"""Processes of the server that work on recordings, the pipeline and the one that makes transcripts: started when there
is something for them, again if they die, ended with us."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Site
from recordings.pipeline.queue import some_waiting
from recordings.store import Store
from recordings.transcripts.tables import transcribing
from routing.redis_server import CHILD

log = structlog.get_logger(__name__)

LOOK_S = 2.0
STOP_S = 5.0
PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
LIVED_S = 60.0
"""One that lived so long is started again without a longer pause."""
_ROOT = Path(__file__).resolve().parent.parent


@asynccontextmanager
async def at_work(site: Site, records: Store) -> AsyncIterator[None]:
    """Keeps the pipeline running, and what makes transcripts where the site wants any."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(pipeline(site, partial(some_waiting, records)))
        if site.settings.transcripts.queues:
            waiting = partial(some_waiting, records, transcribing)
            await stack.enter_async_context(pipeline(site, waiting, "transcribe", nice=19))
        yield


@asynccontextmanager
async def pipeline(
    site: Site, waiting: Callable[[], Awaitable[bool]], command: str = "pipeline", nice: int = 10
) -> AsyncIterator[None]:
    """Keeps one running, from when recordings are ``waiting`` for it. ``nice`` is how far it gives way to others."""
    task = asyncio.create_task(_keep(site, waiting, command, nice), name=command)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _keep(site: Site, waiting: Callable[[], Awaitable[bool]], command: str, nice: int) -> None:
    while not await _some(waiting):  # noqa: ASYNC110 - another engine may have put them there
        await asyncio.sleep(LOOK_S)
    pause, now = PAUSE_S, asyncio.get_running_loop().time
    while True:
        began = now()
        try:
            code = await _run(site, command, nice)
        except OSError as error:
            log.error("the pipeline cannot be started", command=command, why=str(error))
            code = None
        pause = PAUSE_S if now() - began > LIVED_S else min(pause * 2, LONGEST_PAUSE_S)
        log.error("the pipeline ended; starting it again", command=command, code=code, again_in_s=pause)
        await asyncio.sleep(pause)


async def _some(waiting: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await waiting()
    except (SQLAlchemyError, OSError):
        return False


async def _run(site: Site, command: str, nice: int) -> int:
    """Runs one until it ends, or until cancelled; it gives way to the engine, and cannot outlive us."""
    search = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-IS", str(CHILD), str(os.getpid()), "/usr/bin/env", "nice", "-n", str(nice),
        sys.executable, "-m", "config", command, "--site", str(site.folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": search},
        start_new_session=True,  # Ctrl-C is for us
    )  # fmt: skip
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
