"""What makes all tests quick: how long the random ones search, and what is done once instead of each time.

``make long`` lets the random ones search for longer.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from cti import site_files
from tests.examples import EXAMPLES

settings.register_profile("cordboard", max_examples=EXAMPLES)
settings.load_profile("cordboard")

gc.disable()


def pytest_collection_finish() -> None:
    """What has been imported stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """Hashes of passwords cost little, and a file that many tests read is parsed once."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHash, "recommended", lambda: cheap)
        patch.setattr(site_files, "parse", cache(site_files.parse))
        yield
