"""Which tests are of the shell: those that put a web app, a database, the command line or another program together.

All others are of the core, which needs none of them and so takes seconds (``make unit``).
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType

SHELL = frozenset({
    "aiosqlite", "asyncpg", "fakeredis", "fastapi", "httpx", "redis", "schemathesis", "sqlalchemy", "starlette",
    "subprocess", "typer", "websockets",
})  # fmt: skip
"""Packages that the shell is made of."""


@cache
def is_shell(module: ModuleType) -> bool:
    """Whether a module of tests, or one of their helpers that it imports from, imports from one of them."""
    sources = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in vars(module).values()
    }
    names = {name for name in sources if isinstance(name, str) and name != module.__name__}
    if any(name.partition(".")[0] in SHELL for name in names):
        return True
    ours = (name for name in names if name.startswith("tests."))
    return any(is_shell(helper) for name in ours if (helper := sys.modules.get(name)))
