"""What tells a site's own programs of its calls, while the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry

from config.settings import Site
from config.traces import traces
from ivr.fetch import Fetcher
from recordings.store import Store
from recordings.webhooks.courier import Courier
from recordings.webhooks.metrics import CourierMetrics


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The couriers at work, and their tasks."""

    couriers: Sequence[Courier]
    tasks: frozenset[asyncio.Task[None]]

    def wake(self) -> None:
        """There is more in the journal."""
        for courier in self.couriers:
            courier.wake()


@asynccontextmanager
async def telling(site: Site, records: Store, fetcher: Fetcher, registry: CollectorRegistry) -> AsyncIterator[Webhooks]:
    """Tells the webhooks under ``call_events``, and whoever takes traces, until the end of the block. Raises
    CannotStart."""
    urls = {name: site.settings.webhooks[name] for name in site.settings.call_events}
    folder = site.state / "webhooks"
    couriers = [Courier(name, partial(fetcher.deliver, url), records, folder / name) for name, url in urls.items()]
    couriers += traces(site, records)
    CourierMetrics(couriers, registry)
    tasks = frozenset(asyncio.create_task(it.run(), name=f"webhook {it.name}") for it in couriers)
    try:
        yield Webhooks(couriers, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
