"""Text from outside in what we say to Asterisk: nothing in it means anything there.

Every value that could be read as syntax passes here on its way into an action; ``ami/wire.py`` then lets no
line break through, whatever it is in.
"""

from __future__ import annotations

import re

_LONGEST = 80
_PHONE = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@:+-]+(/n)?", re.ASCII)
_CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@:+-]+-[0-9a-f]{8}(;[12])?", re.ASCII)
_SPLITTING = frozenset(",()[]{}\"'\\$")
"""What Asterisk takes for the end of a variable, for quotes or brackets around a part, or for an expression."""


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


def phone(text: str) -> str:
    """The dial string of one phone, as it is. Raises ValueError for any other text."""
    if not _PHONE.fullmatch(text):
        raise ValueError("this is not the dial string of one phone")
    return text


def channel(text: str) -> str:
    """The complete name of one channel, as it is: part of one would be every channel that begins so.
    Raises ValueError for any other text."""
    if not _CHANNEL.fullmatch(text):
        raise ValueError("this is not the name of one channel")
    return text


def variable(name: str, value: str) -> str:
    """A variable for Originate. Raises ValueError for a value of which Asterisk would make more than one."""
    if not value.isprintable() or _SPLITTING.intersection(value):
        raise ValueError(f"the value of {name.partition('(')[0]} has something in it that Asterisk takes for syntax")
    return f"{name}={value}"
