"""Figures for Prometheus, read from the picture at each scrape."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cti.calls.codec import KINDS
from cti.calls.events import Event
from cti.calls.words import AgentState, Place
from cti.desk.alerts import Alerts
from cti.desk.view import View


class Metrics(Collector):
    """Calls by place, agents by state, how each queue is, alerts, and events counted. ``clock`` gives Unix
    seconds."""

    def __init__(
        self,
        view: View,
        registry: CollectorRegistry,
        alerts: Alerts | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._view = view
        self._clock = clock
        self._alerts = Alerts() if alerts is None else alerts
        self._events = Counter("cordboard_events", "Events dispatched, by kind", ["kind"], registry=registry)
        # All of them from the beginning: of a counter that appears later its first event would not be seen.
        self._of_kind = {kind: self._events.labels(name) for name, kind in KINDS.items()}
        registry.register(self)

    def count(self, event: Event) -> None:
        self._of_kind[type(event)].inc()  # finding it by its label would cost more than counting

    def collect(self) -> Iterator[GaugeMetricFamily]:
        calls = GaugeMetricFamily("cordboard_calls", "Live calls, by place", labels=["place"])
        places = Tally(call.place for call in self._view.calls.values())
        for place in Place:
            if place is not Place.ENDED:
                calls.add_metric([place], places[place])
        yield calls

        agents = GaugeMetricFamily("cordboard_agents", "Agents, by state", labels=["state"])
        states = Tally(agent.state for agent in self._view.agents.values())
        for state in AgentState:
            agents.add_metric([state], states[state])
        yield agents

        yield from self._queues()

        raised = GaugeMetricFamily(
            "cordboard_alerts",
            "Rules of site.yaml whose alert is raised, by queue and figure",
            labels=["queue", "figure"],
        )
        sums: Tally[tuple[str, str]] = Tally()
        for rule, is_raised in self._alerts.rules:
            sums[rule.queue, rule.figure] += is_raised
        for labels, number in sums.items():
            raised.add_metric(labels, number)
        yield raised

    def _queues(self) -> Iterator[GaugeMetricFamily]:
        waiting = GaugeMetricFamily("cordboard_queue_waiting", "Calls waiting, by queue", labels=["queue"])
        longest = GaugeMetricFamily(
            "cordboard_queue_longest_wait_seconds", "How long the first of them has waited", labels=["queue"]
        )
        level = GaugeMetricFamily(
            "cordboard_queue_service_level",
            "Answered in time, of today's calls that do not wait any more: 0 to 1; absent before there is one",
            labels=["queue"],
        )
        now = self._clock()
        for queue in self._view.queues:
            name, since, reached = queue["name"], queue["longest_since"], queue["today"]["service_level_offered"]
            waiting.add_metric([name], queue["waiting"])
            longest.add_metric([name], 0.0 if since is None else max(0.0, now - since))
            if reached is not None:
                level.add_metric([name], reached)
        yield from (waiting, longest, level)
