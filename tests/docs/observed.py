"""What the dashboard and the alert rules ask of Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from cti.site.files import plain, read
from tests.docs.pages import SAMPLES

RULES = SAMPLES / "prometheus-alerts.yaml"
DASHBOARD = SAMPLES / "grafana-dashboard.json"
_MATCHER = re.compile(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"')
_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def expressions() -> Iterator[str]:
    """All of them."""
    for rule in plain(read(RULES).data)["groups"][0]["rules"]:
        yield rule["expr"]
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def names(expression: str) -> set[str]:
    """The names of ours that are in it."""
    return set(re.findall(r"\bcordboard_\w+", expression))


def matched(expression: str) -> Iterator[tuple[str, str]]:
    """Each label in it, with each value it may have."""
    for label, values in _MATCHER.findall(expression):
        yield from ((label, value) for value in values.split("|"))


def unknown(metrics: str) -> set[str]:
    """The names that are asked for and not among these figures, as /metrics has them."""
    there = {
        f"{family.name}{ending}"
        for family in text_string_to_metric_families(metrics)
        for ending in _ENDINGS.get(family.type, ("",))
    }
    return {name for expression in expressions() for name in names(expression)} - there
