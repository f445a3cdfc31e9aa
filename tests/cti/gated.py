"""A small application behind the gate, for tests of who may pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from cti.access import Gate, Person


def gated(gate: Gate, routes: Mapping[str, Any]) -> FastAPI:
    """Each route wants somebody, ``AnyAgent`` say, and answers with his name."""
    app = FastAPI()
    app.state.gate = gate
    for path, wanted in routes.items():

        async def name(who: Person) -> str:
            return who.name

        name.__annotations__["who"] = wanted
        app.get(path)(name)
    return app
