"""Takes a customer out of the journal of his calls: numbers, names and notes become MASK, and all else stays, so
that the same record can be folded from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from cti.personal import Kind, named

MASK = "erased"
_WHOLE = named(Kind.NUMBER, Kind.NAME, Kind.NOTE)
"""Fields that say who a customer is, or what somebody wrote of him."""
_IDS = frozenset(
    {
        "kind",
        "call",
        "wanted",
        "offer",
        "recording",
        "uniqueid",
        "agent",
        "by",
        "queue",
        "flow",
        "version",
        "node",
        "box",
    }
)
"""Fields that have names of ours: a number may be a part of them by chance."""
_ENTERED = re.compile(r"[0-9*#]{4,}")
"""What a caller entered that may be a number of his; a menu's choice is shorter."""
_SHORTEST = 5
"""Shorter numbers are looked for as a whole text only: they may be part of anything."""


def masked(data: Mapping[str, Any], numbers: Collection[str]) -> dict[str, Any]:
    """An event as the journal has it, without the customer of these ``numbers`` (in each spelling)."""
    out = {key: _field(key, value, numbers) for key, value in data.items()}
    if data.get("kind") == "Chosen" and _ENTERED.fullmatch(str(data.get("value", ""))):
        out["value"] = MASK
    return out


def _field(key: str, value: Any, numbers: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return {inner: _field(inner, one, numbers) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [_field(key, one, numbers) for one in value]
    if not isinstance(value, str) or not value or key in _IDS:
        return value
    if key in _WHOLE or value in numbers:
        return MASK
    for number in sorted(numbers, key=len, reverse=True):
        if len(number) >= _SHORTEST:
            value = value.replace(number, MASK)
    return value
