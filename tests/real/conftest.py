"""The parts that every real test needs: programs, a site, a hotline."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from demo.debian import Program, programs
from demo.phones import Phone
from demo.stage import make_site
from tests.real.browser import browser
from tests.real.hotline import FLOW, QUEUES, Hotline, hotline
from tests.real.shift import Shift, shifts

INTERNAL = Path(__file__).parent / "internal.conf"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is real."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def peers() -> Mapping[str, Program]:
    """The real Asterisk, SIPp and espeak-ng."""
    return programs(("asterisk", "sipp", "espeak-ng"), print)


@pytest.fixture(scope="session")
def made_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a short menu and short times, made once."""
    folder = tmp_path_factory.mktemp("site") / "site"
    make_site(folder)
    for flow in (folder / "flows").iterdir():
        flow.unlink()
    (folder / "flows" / "main.yaml").write_text(FLOW)
    (folder / "queues.yaml").write_text(QUEUES)
    return folder


@pytest.fixture
def site(made_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the site for one test, on a path short enough for sockets. Sounds are shared: they are the same."""
    return Path(shutil.copytree(made_site, tmp_path_factory.mktemp("site") / "site"))


@pytest.fixture
async def line(site: Path, made_site: Path, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A running hotline."""
    changes = {"web": {"port": 0}, "folders": {"sounds": str(made_site / "sounds")}, "lease": "3s"}
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as running:
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser."""
    async with browser() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept_chromium() -> AsyncIterator[Browser]:
    """A browser for all tests of a module."""
    async with browser() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def team(
    request: pytest.FixtureRequest,
    made_site: Path,
    tmp_path_factory: pytest.TempPathFactory,
    peers: Mapping[str, Program],
) -> AsyncIterator[tuple[Hotline, dict[str, Phone]]]:
    """The hotline of the module's ``PLAN``, and the phones that are registered at it."""
    folder = shutil.copytree(made_site, tmp_path_factory.mktemp("team") / "site")
    async with shifts(folder, peers, made_site / "sounds", request.module.PLAN) as line:
        await line.desk("sue")
        yield line, {}


@pytest_asyncio.fixture(loop_scope="module")
async def shift(team: tuple[Hotline, dict[str, Phone]], request: pytest.FixtureRequest) -> AsyncIterator[Shift]:
    """A shift at the hotline of the module."""
    line, phones = team
    running = Shift(line, request.module.PLAN.numbers, phones)
    yield running
    await running.end()
