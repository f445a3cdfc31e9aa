"""A PostgreSQL of our own for a test, where the machine has the programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from demo.postgres import server


@asynccontextmanager
async def postgres() -> AsyncIterator[str]:
    """The URL of a fresh, empty database. Raises Missing: there is no PostgreSQL on this machine."""
    async with server() as running:
        yield running.url
