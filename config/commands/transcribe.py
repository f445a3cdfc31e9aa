"""What was said in recordings: cordboard transcribe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

import typer
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from config import log
from config.commands.pipeline import in_words, own_name, shown
from config.commands.shared import HERE, SiteFolder, give_up, load, say, until_told
from config.premises import CannotStart, ledger, make_folders
from config.settings import Site
from config.storage import storage
from config.transcripts import listener
from recordings.pipeline.queue import Status, status
from recordings.pipeline.rules import Unfit
from recordings.store import Store
from recordings.transcripts.listener import Failed
from recordings.transcripts.queue import TranscriptQueue
from recordings.transcripts.tables import transcribing
from recordings.transcripts.worker import Scribe


def transcribe(
    site: SiteFolder = HERE,
    once: Annotated[bool, typer.Option("--once", help="Work through what is due, and end.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Give what failed another chance first.")] = False,
) -> None:
    """Makes transcripts of the recordings that wait for one. `cordboard run` starts one by itself, where site.yaml
    names queues under `transcripts`.

    More of them may run, here or on another machine that has the site's folder and database.
    """
    found = load(site)
    log.set_up(form=found.settings.log)
    left: list[Status] = []
    try:
        make_folders(found)
        with own_name(found, "transcripts") as name:
            asyncio.run(until_told(_run(found, name, left.append, once=once, retry=retry)))
    except* (CannotStart, Unfit, Failed, SQLAlchemyError, CommandError, OSError) as errors:
        give_up(f"nothing can be transcribed: {errors.exceptions[0]}")
    for now in left:
        for one in now.failures:
            say(f"  {one.stem}: {one.reason}")
        if now.failed or now.trouble:
            give_up(now.trouble or "Mend what is wrong, then: cordboard transcribe --once --retry")


async def _run(site: Site, name: str, left: Callable[[Status], None], *, once: bool, retry: bool) -> None:
    store, listening = await Store.open(site.database, ledger(site, name)), listener(site)
    try:
        await listening.start()  # without an engine nothing is tried in vain
        queue = TranscriptQueue(store, name)
        if retry:
            say(f"{await queue.retry()} that had failed are tried again.")
        with shown(once) as told:
            scribe, began = Scribe(queue, storage(site, store), listening, told), time.monotonic()
            await scribe.run(once=once)
        now = await status(store, time.time(), transcribing)
        words = in_words(scribe.progress, time.monotonic() - began)
        say(f"{words}; {now.waiting} wait, {now.failed} have failed.")
        left(now)
    finally:
        await listening.stop()
        await store.close()
