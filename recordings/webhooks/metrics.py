"""Figures of webhooks for Prometheus, read at each scrape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from recordings.webhooks.courier import Courier


class CourierMetrics(Collector):
    """How far behind each webhook is, and how often it did not take what it was told."""

    def __init__(self, couriers: Sequence[Courier], registry: CollectorRegistry) -> None:
        self._couriers = couriers
        registry.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        behind = GaugeMetricFamily(
            "cordboard_webhook_behind_seconds", "Age of the oldest event not taken yet", labels=["webhook"]
        )
        refused = CounterMetricFamily(
            "cordboard_webhook_refused", "Batches of events that were not taken", labels=["webhook"]
        )
        for courier in self._couriers:
            behind.add_metric([courier.name], courier.behind_s)
            refused.add_metric([courier.name], courier.refused)
        yield behind
        yield refused
