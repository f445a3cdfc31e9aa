"""Broken sites: each is refused, with every line of what is said as it should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cti.site.files import SiteError, parse
from ivr.check.known import Known
from ivr.loader import check_flow, check_flows, load_flows
from routing.agents import Agent
from routing.check import lacks
from routing.queues import Queue

GOOD = Path(__file__).parent / "good"
AGENTS = {
    "alice": Agent("alice", "PJSIP/alice", {"orders": 8, "english": 6}),
    "bob": Agent("bob", "PJSIP/bob", {"support": 7, "english": 9}),
}
QUEUES = {"orders": Queue("orders", {"orders": 3}), "support": Queue("support", {"support": 3})}
KNOWN = Known(
    queues={"orders", "support"},
    destinations={"desk"},
    prompts=GOOD,
    boxes={"office"},
    webhooks={"codes"},
    hosts={"crm.example"},
    agents=AGENTS,
    nobody=lambda queue, skills: ((lack.message, lack.hint) for lack in lacks(QUEUES[queue], skills, AGENTS)),
    levels={"gold", "vip"},
    entries={"main"},
)
BROKEN: list[dict[str, Any]] = [
    site for path in sorted(GOOD.with_name("broken").glob("*.yaml")) for site in YAML(typ="safe").load(path)
]


def test_the_site_they_are_made_of_is_good() -> None:
    assert set(load_flows(GOOD, KNOWN)) == {"main", "identity"}


def test_there_are_many() -> None:
    assert len({site["name"] for site in BROKEN}) == len(BROKEN) >= 60


@pytest.mark.parametrize("site", BROKEN, ids=lambda site: str(site["name"]))
def test_a_broken_site_is_refused(site: dict[str, Any]) -> None:
    texts = {path.stem: path.read_text() for path in GOOD.glob("*.yaml")}
    for flow, old, new in site["change"]:
        assert texts.get(flow, "").count(old) == 1
        texts[flow] = texts.get(flow, "").replace(old, new)
    with pytest.raises(SiteError) as caught:
        check_flows({name: parse(text, f"{name}.yaml") for name, text in texts.items()}, KNOWN)
    assert str(caught.value).replace(str(GOOD), "GOOD").splitlines() == site["says"]


def test_a_callback_on_a_site_that_calls_nobody_back() -> None:
    flow = "start: a\nnodes:\n  a: {callback: orders, say: Call?, next: b, otherwise: b}\n  b: {hangup: true}\n"
    check_flow(parse(flow, "main.yaml"), "main", replace(KNOWN, entries=None))
    with pytest.raises(SiteError, match="the site calls nobody back"):
        check_flow(parse(flow, "main.yaml"), "main", replace(KNOWN, entries=None, calls_back=False))
