"""A site as `cordboard init` writes it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from config import new_site


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    """The site and its people's passwords. Hashing takes a while, so it is written once; look only."""
    folder = tmp_path_factory.mktemp("written") / "site"
    return folder, new_site.write(folder)


@pytest.fixture
def site(written: tuple[Path, Mapping[str, str]], tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(written[0], tmp_path / "site"))
