"""A plugin for pytest: the scenarios of a site are tests.

    pytest --cordboard-site /srv/cordboard /srv/cordboard/scenarios

or, in the configuration of pytest, ``cordboard_site = .`` (relative to that file). Every
``scenarios/*.yaml`` of that site which pytest collects is one test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config import settings
from cti.site.files import SiteError
from ivr import scenario
from ivr.tree import Flows

_SITE = pytest.StashKey[Path]()
_FLOWS = pytest.StashKey[Flows]()


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "the folder of a Cordboard site, whose scenarios are run"
    parser.getgroup("cordboard").addoption("--cordboard-site", metavar="FOLDER", default=None, help=what)
    parser.addini("cordboard_site", what, default="")


def pytest_configure(config: pytest.Config) -> None:
    given, ini = config.getoption("--cordboard-site"), config.getini("cordboard_site")
    if given:
        config.stash[_SITE] = (config.invocation_params.dir / given).resolve()
    elif ini:
        config.stash[_SITE] = ((config.inipath or config.rootpath / "x").parent / ini).resolve()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    site = parent.config.stash.get(_SITE, None)
    if site is None or file_path.suffix != ".yaml" or file_path.resolve().parent != site / "scenarios":
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    """One file of a site's scenarios."""

    def collect(self) -> Iterator[ScenarioItem]:
        yield ScenarioItem.from_parent(self, name=self.path.stem)


class ScenarioItem(pytest.Item):
    """One scenario."""

    def runtest(self) -> None:
        scenario.run(scenario.load(self.path), self._flows())

    def _flows(self) -> Flows:
        """The site's flows, read once."""
        stash = self.config.stash
        if _FLOWS not in stash:
            stash[_FLOWS] = settings.load(stash[_SITE]).flows
        return stash[_FLOWS]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        match excinfo.value:
            case scenario.Failed() as failed:
                return "\n".join([str(failed), "", "The call up to there:", *failed.story])
            case SiteError() as error:
                return str(error)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"scenario {self.name}"
