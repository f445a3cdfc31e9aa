"""Figures of routing for Prometheus that no picture of the moment can give."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram

SECONDS = (-600.0, -300.0, -120.0, -60.0, -30.0, -10.0, 0.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class EstimateErrors:
    """How far out the waits were that callers were told."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._errors = Histogram(
            "cordboard_wait_estimate_error_seconds",
            "How much longer callers waited than they were told; below zero: shorter",
            ["queue"],
            buckets=SECONDS,
            registry=registry,
        )

    def add(self, queue: str, error_s: float) -> None:
        """A caller of the queue was told a wait that was so many seconds too short."""
        self._errors.labels(queue).observe(error_s)
