"""The examples load with what loads a site.

Each block of YAML begins with a comment that says what it is: a file of the site, or ``# nodes``
for some nodes of a flow.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import PeopleFile, SiteFile
from cti import site_files
from cti.site_files import SiteModel
from ivr.loader import Known, check_flow
from ivr.tree import VERBS
from routing.queues import QueuesFile
from tests.docs.pages import Block, blocks

FILES: dict[str, type[SiteModel]] = {"site.yaml": SiteFile, "queues.yaml": QueuesFile, "people.yaml": PeopleFile}
KNOWN = Known(queues={"orders", "support"}, destinations={"front-desk"}, prompts=Path("prompts"))


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_yaml_loads(block: Block) -> None:
    name = block.text.splitlines()[0].removeprefix("# ")
    document = site_files.parse(block.text, name)
    if name == "nodes":
        for node in site_files.plain(document.data).values():
            (verb,) = VERBS.keys() & node.keys()
            VERBS[verb].model_validate(node)
    elif name.startswith("flows/"):
        check_flow(document, "main", KNOWN)
    else:
        site_files.check(FILES[name], document)


def test_every_verb_is_shown() -> None:
    shown = "".join(block.text for block in blocks("yaml") if block.page.name == "write-a-menu.md")
    assert all(f"{verb}:" in shown for verb in VERBS)
