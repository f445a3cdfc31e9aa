from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recordings.files import Files
from recordings.store import Store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/data/cordboard.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "recordings" / "2026").mkdir(parents=True)
    return Files(tmp_path / "recordings")
