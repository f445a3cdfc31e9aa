"""Which tests are of the shell: those that put a web app, a database, the command line or another program together.

All others are of the core, which needs none of them and so takes seconds (``make unit``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHELL = frozenset({
    "aiosqlite", "asyncpg", "fakeredis", "fastapi", "httpx", "redis", "schemathesis", "sqlalchemy", "starlette",
    "subprocess", "typer", "websockets", "config.cli",
})  # fmt: skip
"""What the shell is made of."""


@cache
def is_shell(path: Path) -> bool:
    """Whether a file of tests, or one of their helpers that it imports from, imports from one of them. Read, not
    imported: what is not to be run need not be."""
    names = set(_imported(ast.parse(path.read_text(encoding="utf-8"))))
    if any(name == part or name.startswith(f"{part}.") for name in names for part in SHELL):
        return True
    helpers = (ROOT / f"{name.replace('.', '/')}.py" for name in names if name.startswith("tests."))
    return any(is_shell(helper) for helper in helpers if helper != path and helper.exists())


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports from at its head."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
