"""Figures of a queue of recordings for Prometheus, as it was last looked at."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from recordings.pipeline.queue import Status


class PipelineFigures:
    """``set`` is told how the queue stands. ``of`` is pipeline, or transcripts."""

    def __init__(self, registry: CollectorRegistry, of: str) -> None:
        self._waiting = Gauge(f"cordboard_{of}_waiting", f"Recordings that wait for the {of}", registry=registry)
        self._oldest = Gauge(
            f"cordboard_{of}_oldest_seconds", "How long the oldest of them has waited", registry=registry
        )
        self._failed = Gauge(f"cordboard_{of}_failed", f"Recordings that the {of} gave up", registry=registry)

    def set(self, now: Status) -> None:
        self._waiting.set(now.waiting)
        self._oldest.set(now.oldest_s)
        self._failed.set(now.failed)
