"""Figures for Prometheus, read from the picture at each scrape."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cti.calls.events import Event
from cti.calls.words import AgentState, Place
from cti.desk.alerts import Alerts
from cti.desk.view import View


class Metrics(Collector):
    """Calls by place, agents by state, calls waiting in each queue, alerts, and events counted."""

    def __init__(self, view: View, registry: CollectorRegistry, alerts: Alerts | None = None) -> None:
        self._view = view
        self._alerts = Alerts() if alerts is None else alerts
        self._events = Counter("cordboard_events", "Events dispatched, by kind", ["kind"], registry=registry)
        self._of_kind: dict[type[Event], Counter] = {}
        registry.register(self)

    def count(self, event: Event) -> None:
        kind = type(event)
        counter = self._of_kind.get(kind)
        if counter is None:  # finding it by its label costs more than counting
            counter = self._of_kind[kind] = self._events.labels(kind.__name__)
        counter.inc()

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

        waiting = GaugeMetricFamily("cordboard_queue_waiting", "Calls waiting, by queue", labels=["queue"])
        for queue in self._view.queues:
            waiting.add_metric([queue["name"]], queue["waiting"])
        yield waiting

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
