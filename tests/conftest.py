"""What makes all tests quick: how long the random ones search, and what is done once instead of each time.

``make long`` lets the random ones search for longer.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog
import typer.main
import typer.testing
from hypothesis import settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from cti.customers import store as customers
from cti.site import files as site_files
from recordings import store as records
from tests.examples import EXAMPLES
from tests.migrated import quickly
from tests.shell import is_shell

settings.register_profile("cordboard", max_examples=EXAMPLES)
settings.load_profile("cordboard")

gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--core", action="store_true", help="leave out tests of the shell, without importing them")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Importing the shell and its tests takes as long as running those of the core."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if is_test and config.getoption("core") and is_shell(collection_path) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test of the shell is marked as one."""
    if isinstance(item, pytest.Function) and is_shell(item.path):
        item.add_marker(pytest.mark.shell)


def pytest_collection_finish() -> None:
    """What has been imported stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """Hashes of passwords cost little, and what many tests need is worked out once: a file's content, the command
    line's parameters, new tables. Errors are logged as plainly as by the program: to paint variables takes long."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    console = structlog.get_config()["processors"][-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "exception_formatter", structlog.dev.plain_traceback)
        patch.setattr(PasswordHash, "recommended", lambda: cheap)
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        patch.setattr(site_files, "parse", cache(site_files.parse))
        for module in (customers, records):
            patch.setattr(module, "migrate", quickly(module.migrate))
        yield
