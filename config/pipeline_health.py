"""How the work on recordings is that waits in queues, for the health page and for Prometheus."""

from __future__ import annotations

import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from sqlalchemy import Table
from sqlalchemy.exc import SQLAlchemyError

from config.doctor import Finding, bad, doubtful, good
from config.health import Check
from config.settings import Site
from recordings.pipeline.metrics import PipelineFigures
from recordings.pipeline.queue import Status, status
from recordings.store import Store
from recordings.tables import pipeline
from recordings.transcripts.tables import transcribing


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue: what it is called for people and in metrics, the command that works it off, and its table. What waits
    for ``late_s`` waits in vain, or too many do."""

    part: str
    metrics: str
    command: str
    table: Table
    late_s: float


PIPELINE = Waiting("recordings pipeline", "pipeline", "cordboard pipeline", pipeline, 600.0)
TRANSCRIPTS = Waiting("transcripts", "transcripts", "cordboard transcribe", transcribing, 6 * 3600.0)
"""Nobody waits for them: what a busy morning leaves is worked off by the evening."""


def queue_checks(site: Site, records: Store, registry: CollectorRegistry) -> dict[str, Check]:
    """What looks at the queues of a site, by the part that each is."""
    queues = (PIPELINE, *((TRANSCRIPTS,) if site.settings.transcripts.queues else ()))
    return {of.part: pipeline_check(records, registry, of) for of in queues}


def pipeline_check(records: Store, registry: CollectorRegistry, of: Waiting = PIPELINE) -> Check:
    """What looks at a queue, and keeps its figures."""
    figures = PipelineFigures(registry, of.metrics)

    async def look() -> Finding:
        try:
            now = await status(records, time.time(), of.table)
        except (SQLAlchemyError, OSError) as error:
            what = f"its queue cannot be read: {type(error).__name__}"
            return bad(of.part, what, "see what is wrong with the database")
        figures.set(now)
        return finding(now, of)

    return look


def finding(now: Status, of: Waiting = PIPELINE) -> Finding:
    """How a queue stands, in words. Pure."""
    seen = f"{now.waiting} wait, the oldest for {now.oldest_s:.0f} s" if now.waiting else "nothing waits"
    if now.failures:
        last = now.failures[0]
        do = f"mend what is wrong, then `{of.command} --once --retry`"
        return doubtful(of.part, f"{seen}; {now.failed} failed, the last {last.stem}: {last.reason}", do)
    if now.trouble:
        return doubtful(of.part, f"{seen}; {now.trouble}", "mend it: they are tried again by themselves")
    if now.oldest_s > of.late_s:
        return doubtful(of.part, seen, f"see the server's log; a second `{of.command}`, elsewhere too, makes it faster")
    return good(of.part, seen)
