"""Events as plain JSON values and back, for the journal and the live feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from operator import attrgetter
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from cti.calls import events, talk_events
from cti.calls.events import Event

KINDS: Mapping[str, type[Event]] = {
    name: kind
    for module in (events, talk_events)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Event)
}
"""Event classes by name."""


def _enum(hint: Any) -> type[StrEnum] | None:
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return next((o for o in options if isinstance(o, type) and issubclass(o, StrEnum)), None)


def _fields(cls: type[Event]) -> tuple[tuple[Field[Any], type[StrEnum] | None], ...]:
    """The fields that may be written, each with the enum it is of, if any. No secrets."""
    hints = get_type_hints(cls)
    return tuple((f, _enum(hints[f.name])) for f in fields(cls) if not f.metadata.get("secret"))


_WRITTEN = {cls: _fields(cls) for cls in KINDS.values()}


_KEYS = {cls: ("kind", *(f.name for f, _ in written)) for cls, written in _WRITTEN.items()}
_VALUES = {cls: attrgetter("__class__.__name__", *keys[1:]) for cls, keys in _KEYS.items()}
_MAPPINGS = {
    cls: tuple(n for n, h in get_type_hints(cls).items() if get_origin(h) is Mapping) for cls in KINDS.values()
}


def encode(event: Event) -> dict[str, Any]:
    """The event as JSON values, its class under ``kind``. Secret fields are left out."""
    cls = type(event)
    out: dict[str, Any] = dict(zip(_KEYS[cls], _VALUES[cls](event), strict=True))
    for name in _MAPPINGS[cls]:
        out[name] = dict(out[name])
    return out


def decode(data: Mapping[str, Any]) -> Event:
    """The event that ``encode`` wrote; what was secret comes back empty.

    Unknown fields are ignored, so that an older program reads a newer journal.
    Raises ValueError for an unknown kind or a missing field.
    """
    cls = KINDS.get(data.get("kind", ""))
    if cls is None:
        raise ValueError(f"no event is called {data.get('kind')!r}")
    values: dict[str, Any] = {f.name: "" for f in fields(cls) if f.metadata.get("secret")}
    for f, enum in _WRITTEN[cls]:
        if f.name in data:
            value = data[f.name]
            values[f.name] = enum(value) if enum is not None and value is not None else value
        elif f.default is MISSING and f.default_factory is MISSING:
            raise ValueError(f"a {cls.__name__} without {f.name!r}")
    return cls(**values)
