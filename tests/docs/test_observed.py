"""The dashboard and the alert rules speak of figures that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from cti.calls.codec import KINDS
from cti.calls.words import AgentState, Place
from cti.site.files import plain, read
from recordings.words import RecordingState
from tests.docs.observed import RULES, dashboard, expressions, matched, names

VALUES = {
    "kind": set(KINDS),
    "place": {place.value for place in Place},
    "state": {state.value for state in (*AgentState, *RecordingState)},
    "job": {"cordboard"},
    "part": {"Asterisk"},
}


def test_what_is_asked_for_can_be_there() -> None:
    for expression in expressions():
        assert names(expression) or expression.startswith("up{"), expression
        for label, value in matched(expression):
            assert label == "instance" or value in VALUES[label], expression


def test_each_alert_says_what_to_do() -> None:
    rules = plain(read(RULES).data)["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "do"}
        for page in re.findall(r"docs/\S+\.md", rule["annotations"]["do"]):
            assert (RULES.parents[3] / page).exists()


def test_no_panel_hides_another() -> None:
    panels: list[dict[str, Any]] = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)

    def cells(panel: dict[str, Any]) -> Iterator[tuple[int, int]]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        return ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"]))

    for one, other in combinations(panels, 2):
        assert not set(cells(one)) & set(cells(other)), (one["title"], other["title"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Prometheus, which is not here")
def test_prometheus_takes_them(tmp_path: Path) -> None:
    asked = [expression.replace("$__rate_interval", "1m") for expression in expressions()]
    as_rules = [{"record": f"r:{number}", "expr": expression} for number, expression in enumerate(asked)]
    file = tmp_path / "dashboard.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": as_rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(RULES), str(file)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
