"""The examples load with what loads a site.

Each block of YAML begins with a comment that says what it is: a file of the site, or ``# nodes``
for some nodes of a flow. Scenarios are run too, on the example site.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from config import new_site, settings
from config.files.forecast import ForecastFile
from config.files.people import PeopleFile
from config.files.roster import Roster
from config.files.site import SiteFile
from config.settings import Site
from config.simulation.arrivals import ArrivalsFile
from cti.site import files as site_files
from cti.site.files import SiteModel
from ivr import scenario
from ivr.loader import Known, check_flows
from ivr.node import Node
from ivr.verbs import VERBS
from recordings.quality.quality_file import QualityFile
from routing.queues_file import QueuesFile
from tests.docs.pages import Block, blocks

FILES: dict[str, type[SiteModel]] = {
    "site.yaml": SiteFile,
    "queues.yaml": QueuesFile,
    "quality.yaml": QualityFile,
    "people.yaml": PeopleFile,
    "forecast.yaml": ForecastFile,
    "roster.yaml": Roster,
    "arrivals.yaml": ArrivalsFile,
}
KNOWN = Known(
    queues={"orders", "support"},
    destinations={"front-desk"},
    prompts=Path("prompts"),
    boxes={"messages"},
    webhooks={"sms"},
    hosts={"crm.example"},
    entries={"main"},
)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("example") / "site"
    new_site.write(folder)
    return settings.load(folder)


def _verb(node: Mapping[str, Any]) -> type[Node]:
    """The node's verb: a key of one verb may be the name of another."""
    named = VERBS.keys() & node.keys()
    (verb,) = (VERBS[name] for name in named if named <= VERBS[name].model_fields.keys())
    return verb


@pytest.mark.parametrize("block", [b for b in blocks("yaml") if not b.text.startswith("# scenarios/")], ids=str)
def test_yaml_loads(block: Block) -> None:
    name = block.text.splitlines()[0].removeprefix("# ")
    document = site_files.parse(block.text, name)
    if name == "nodes":
        for node in site_files.plain(document.data).values():
            _verb(node).model_validate(node)
    elif name.startswith("flows/"):
        check_flows({"main": document}, KNOWN)
    else:
        site_files.check(FILES[name], document)


@pytest.mark.parametrize("block", [b for b in blocks("yaml") if b.text.startswith("# scenarios/")], ids=str)
def test_scenarios_come_out(block: Block, example: Site) -> None:
    document = site_files.parse(block.text, block.text.splitlines()[0].removeprefix("# "))
    scenario.run(scenario.parsed(document), example.flows)


def test_every_verb_is_shown() -> None:
    shown = "".join(block.text for block in blocks("yaml") if block.page.parent.name == "how-to")
    assert [verb for verb in VERBS if f"{verb}:" not in shown] == []


def test_every_step_of_a_scenario_is_told() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "try-a-menu.md"
    told = page.read_text(encoding="utf-8")
    assert [step for step in scenario.STEPS if f"| `{step}" not in told] == []
