"""How the server itself is, for Prometheus: its link, its parts, its database, how long the engine lets one wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.asyncio import Redis

from config.doctor import Verdict
from config.health import Check, Health, Part, of_site
from config.settings import Site
from cti.ami.client import AmiClient
from cti.calls.part import Ask, Output
from recordings.audit.log import AuditLog
from recordings.handler import RecordsPart
from recordings.store import Store

log = structlog.get_logger(__name__)

EVERY_S = 1.0
LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Vitals(Collector):
    """``ask`` has something done in the engine's turn; ``linked`` says whether there is a link to Asterisk, ``pending``
    how many rows are not in the database yet; ``parts`` are those of the health, as last looked at."""

    def __init__(
        self,
        registry: CollectorRegistry,
        ask: Ask,
        linked: Callable[[], bool],
        pending: Callable[[], int],
        parts: Callable[[], Mapping[str, Part]],
    ) -> None:
        self._ask = ask
        self._linked = linked
        self._pending = pending
        self._parts = parts
        self._lag = Histogram(
            "cordboard_engine_lag_seconds",
            "How long it takes until the engine has its turn for something new, looked at each second",
            buckets=LAGS,
            registry=registry,
        )
        self._tasks = Gauge("cordboard_tasks", "Tasks of the event loop, looked at each second", registry=registry)
        registry.register(self)

    async def run(self) -> None:
        """Looks how long the engine lets one wait, again and again, until cancelled."""
        while True:
            began = time.perf_counter()
            await self._ask(_nothing)
            self._lag.observe(time.perf_counter() - began)
            self._tasks.set(len(asyncio.all_tasks()))
            await asyncio.sleep(EVERY_S)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("cordboard_asterisk_up", "1 while linked to Asterisk", value=float(self._linked()))
        yield GaugeMetricFamily(
            "cordboard_database_waiting_rows", "Rows that are not in the database yet", value=self._pending()
        )
        up = GaugeMetricFamily(
            "cordboard_part_up", "0 for a part in which something is wrong, as of the last 30 seconds", labels=["part"]
        )
        for name, part in self._parts().items():
            up.add_metric([name], float(part.state is not Verdict.BAD))
        yield up


@asynccontextmanager
async def looking(
    site: Site,
    registry: CollectorRegistry,
    ami: AmiClient,
    ask: Ask,
    records: Store,
    redis: Redis,
    recorder: RecordsPart,
    audit: AuditLog,
    further: Mapping[str, Check],
) -> AsyncIterator[Health]:
    """The health of the server, of ``further`` parts of it too, and these figures, looked at until the context
    is left."""
    health = of_site(site, ami, records, redis, lambda: recorder.pending + audit.pending, further)
    vitals = Vitals(registry, ask, lambda: ami.connected, lambda: recorder.pending, lambda: health.parts)
    tasks = {asyncio.create_task(health.run(), name="health"), asyncio.create_task(vitals.run(), name="vitals")}
    try:
        yield health
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                log.error("what looks at the server had failed", error=repr(ended))


async def _nothing(now: float) -> Sequence[Output]:
    return ()
