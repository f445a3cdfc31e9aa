"""Events without what is personal in them, for whoever looks for a fault and need not know who called. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cti.calls import codec
from cti.calls.events import CallEvent
from cti.personal import Kind, named

HIDDEN = "****"
LONG = 11
"""Characters of a number of which some may be seen, as in 138****1234."""

_NUMBERS = named(Kind.NUMBER)
_NAMES = named(Kind.NAME)
_OURS = frozenset({"kind", "at", "call", "wanted", "offer", "recording", "uniqueid", "version"})
"""Ids of ours: a number may be a part of them by chance."""
_ENTERED = re.compile(r".*\d.*\d.*\d.*\d.*|.{20,}", re.DOTALL)
"""What a caller entered, and no key of a menu."""
_SHORTEST = 5
"""Shorter numbers and names are looked for as a whole text only: they may be a part of anything."""


def number(text: str) -> str:
    """A number as 138****1234; of a short one nothing is seen."""
    return f"{text[:3]}{HIDDEN}{text[-4:]}" if len(text) >= LONG else text and HIDDEN


class Hiding:
    """Hides the customer of one call, of whom all ``events`` tell."""

    def __init__(self, events: Iterable[CallEvent]) -> None:
        self._known: dict[str, str] = {}
        for event in events:
            for key, value in codec.encode(event).items():
                if isinstance(value, str) and value:
                    self._known |= {value: number(value)} if key in _NUMBERS else {}
                    self._known |= {value: HIDDEN} if key in _NAMES else {}

    def event(self, event: CallEvent) -> CallEvent:
        """The event with numbers as ``number`` has them, and without names, notes, what the caller entered and
        what agents see of it."""
        hidden = codec.decode({key: self._field(key, value) for key, value in codec.encode(event).items()})
        assert isinstance(hidden, CallEvent)
        return hidden

    def text(self, text: str) -> str:
        """A text in which the customer may be named."""
        if text in self._known:
            return self._known[text]
        for known in sorted(self._known, key=len, reverse=True):
            if len(known) >= _SHORTEST:
                text = text.replace(known, self._known[known])
        return text

    def _field(self, key: str, value: Any) -> Any:
        if key == "screen" and isinstance(value, Mapping):
            return dict.fromkeys(value, HIDDEN)
        if isinstance(value, Mapping):
            return {name: self._field(key, one) for name, one in value.items()}
        if not isinstance(value, str) or key in _OURS:
            return value
        if key == "value" and _ENTERED.fullmatch(value):
            return HIDDEN
        return self.text(value)
