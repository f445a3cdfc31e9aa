"""Durations as people write them in YAML: ``500ms``, ``15s``, ``2m``, ``1h``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(ms|s|m|h)", re.ASCII)


def seconds(text: object) -> float:
    """The seconds that ``text`` says. Raises ValueError for anything but a number with a unit.

    A bare number is refused too: nobody knows whether ``5`` was meant as seconds or minutes.
    """
    found = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a duration such as 500ms, 5s, 2m or 1h")
    return float(found[1]) * _SECONDS[found[2]]


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*(ms|s|m|h)$", "examples": ["15s"]}),
]
"""A pydantic field type: seconds, read from text such as ``15s``. Never negative."""
