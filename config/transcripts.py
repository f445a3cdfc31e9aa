"""Which finished recordings of a site wait for a transcript, and what listens to them."""

from __future__ import annotations

import time

from config.settings import Site
from recordings.pipeline.worker import Keep
from recordings.store import Store
from recordings.transcripts.intake import enqueue
from recordings.transcripts.listener import Listener


def transcribed_too(keep: Keep, site: Site, store: Store) -> Keep:
    """``keep``, and what has the recordings of the queues that the site names transcribed afterwards."""
    languages = site.settings.transcripts.queues

    async def both(stem: str, file: str) -> None:
        await keep(stem, file)
        await enqueue(store, stem, languages, time.time())

    return both if languages else keep


def listener(site: Site) -> Listener:
    """The engine that site.yaml names; not loaded yet."""
    return Listener(site.settings.transcripts.engine, site.listens_by)
