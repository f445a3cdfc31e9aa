from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from recordings.files import Files
from recordings.migrations import migrate
from recordings.store import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with empty tables, to copy: making the tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "cordboard.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
    return path


@pytest.fixture
def url(tmp_path: Path, migrated: Path) -> str:
    shutil.copy(migrated, tmp_path / "cordboard.db")
    return f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "recordings" / "2026").mkdir(parents=True)
    return Files(tmp_path / "recordings")
