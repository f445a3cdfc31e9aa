"""Text from outside in what we say to Asterisk: nothing in it means anything there."""

from __future__ import annotations

_LONGEST = 80


def quote(text: str) -> str:
    """An AGI argument in quotes. Raises ValueError for text that no quoting makes safe."""
    if any(not c.isprintable() for c in text):
        raise ValueError("an AGI argument with a control character in it")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def caller_id(name: str, number: str) -> str:
    """``"Name" <number>`` of what is printable, without what would break out of it. A name and a
    number have at most 80 characters each."""
    name = "".join(c for c in name if c.isprintable() and c not in '"<>\\')[:_LONGEST]
    number = "".join(c for c in number if c.isalnum() or c in "+*#")[:_LONGEST]
    return f'"{name}" <{number}>'
