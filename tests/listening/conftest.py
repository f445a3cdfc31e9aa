"""What listening needs: the recogniser, and the shipped site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from demo.debian import Program, programs
from demo.stage import make_site
from tests.listening.recogniser import Recogniser

NATURAL = "hibari:heart"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is real."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def peers() -> Mapping[str, Program]:
    """The real Asterisk and espeak-ng."""
    return programs(("asterisk", "espeak-ng"), print)


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that is shipped, as it is; look only."""
    folder = tmp_path_factory.mktemp("shipped") / "site"
    make_site(folder)
    return folder


@pytest.fixture(scope="session")
def natural(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that is shipped, with the voice that its comments name as the better one."""
    folder = tmp_path_factory.mktemp("natural") / "site"
    make_site(folder)
    for flow in (folder / "flows").iterdir():
        flow.write_text(re.sub(r"\ben: en[\w+-]*,", f'en: "{NATURAL}",', flow.read_text()))
    return folder
