"""What is made of recordings after their calls: cordboard pipeline."""

from __future__ import annotations

import asyncio
import fcntl
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from alembic.util import CommandError
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import SQLAlchemyError

from config import log
from config.commands.shared import HERE, SiteFolder, console, give_up, load, say, until_told
from config.premises import CannotStart, ledger, make_folders
from config.settings import Site
from config.storage import keeper, storage
from config.transcripts import transcribed_too
from recordings.files import Files
from recordings.pipeline.queue import Queue, Status, status
from recordings.pipeline.worker import Progress, Worker
from recordings.store import Store

_MOST = 64


def pipeline(
    site: SiteFolder = HERE,
    once: Annotated[bool, typer.Option("--once", help="Work through what is due, and end.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Give what failed another chance first.")] = False,
    threads: Annotated[int, typer.Option(help="So many recordings at a time.", min=1, max=_MOST)] = 1,
) -> None:
    """Joins, levels and encodes recordings whose calls are over. `cordboard run` starts one by itself.

    More of them may run, here or on another machine that has the site's folder and database.
    """
    found = load(site)
    log.set_up(form=found.settings.log)
    left: list[Status] = []
    try:
        make_folders(found)
        with own_name(found, "pipeline") as name:
            asyncio.run(until_told(_run(found, name, left.append, once=once, retry=retry, threads=threads)))
    except* (CannotStart, SQLAlchemyError, CommandError, OSError) as errors:
        give_up(f"the pipeline cannot work: {errors.exceptions[0]}")
    for now in left:
        for one in now.failures:
            say(f"  {one.stem}: {one.reason}")
        if now.failed or now.trouble:
            give_up(now.trouble or "Mend what is wrong, then: cordboard pipeline --once --retry")


async def _run(site: Site, name: str, left: Callable[[Status], None], *, once: bool, retry: bool, threads: int) -> None:
    store = await Store.open(site.database, ledger(site, name))
    try:
        queue, files, format = Queue(store, name), Files(site.recordings), site.settings.recordings.format
        if retry:
            say(f"{await queue.retry()} that had failed are tried again.")
        with shown(once) as told:
            keep = transcribed_too(keeper(storage(site, store)), site, store)
            worker, began = Worker(queue, files, format, keep, threads, told), time.monotonic()
            await worker.run(once=once)
        now = await status(store, time.time())
        words = in_words(worker.progress, time.monotonic() - began)
        say(f"{words}; {now.waiting} wait, {now.failed} have failed.")
        left(now)
    finally:
        await store.close()


def in_words(done: Progress, took_s: float) -> str:
    return (
        f"{done.done} finished, {done.sound_s / 60:.1f} minutes of sound, {done.sound_s / took_s:.0f} times real time"
    )


@contextmanager
def shown(once: bool) -> Iterator[Callable[[Progress], None]]:
    """A line that tells how far it is, on a terminal."""
    if not once or not console.is_terminal:
        yield lambda _: None
        return
    with Bar(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as bar:
        line, began = bar.add_task("looking"), time.monotonic()
        yield lambda done: bar.update(line, description=in_words(done, time.monotonic() - began))


@contextmanager
def own_name(site: Site, what: str) -> Iterator[str]:
    """A name that no other process of this kind on this site has while it runs: each seals entries of its own.
    Raises CannotStart."""
    host = re.sub(r"[^a-z0-9]+", "-", socket.gethostname().lower())[:16]
    for number in range(_MOST):
        name = f"{what}-{host}-{number}"
        try:
            with open(site.state / f"{name}.lock", "w", encoding="ascii") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield name
                return
        except OSError as error:
            raise CannotStart(f"{error.filename} cannot be written: {error.strerror}") from None
    raise CannotStart(f"{_MOST} of them run on this site already")
