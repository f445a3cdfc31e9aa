"""Card numbers and PINs to plant, always the same, and the search for them in whatever was written."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from cti.masking import is_card

SEED = 7_2026
MANY = 1_000
CARD, PIN = 16, 9
"""Digits. PINs so long do not come about by chance, as a part of the time for example."""

_PREFIXES = ("4", "51", "55", "2221", "2720", "62", "6011", "3528")
_RUN = re.compile(rb"(?:\d[ .-]?){%d,}" % PIN)
_BETWEEN = re.compile(rb"[ .-]")


def cards(count: int = MANY, seed: int = SEED) -> list[str]:
    """Numbers of payment cards, with the right check digit, each once."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        prefix = chance.choice(_PREFIXES)
        digits = prefix + "".join(chance.choices("0123456789", k=CARD - len(prefix) - 1))
        found |= dict.fromkeys(digits + check for check in "0123456789" if is_card(digits + check))
    return list(found)[:count]


def pins(count: int = MANY, seed: int = SEED) -> list[str]:
    """Numbers as long as PINs may be, each once."""
    return [f"{pin:0{PIN}}" for pin in random.Random(seed).sample(range(10**PIN), count)]


def found(text: bytes, planted: Collection[bytes]) -> set[str]:
    """Which of what was planted (as bytes of digits, CARD or PIN of them) is in a text, a file or a database:
    a card anywhere, with or without spaces between its digits, a PIN as a number of its own; also where each
    character has two bytes."""
    hits: set[str] = set()
    for look in (text, text.replace(b"\0", b"")) if b"\0" in text else (text,):
        for run in _RUN.findall(look):
            for digits in {run, _BETWEEN.sub(b"", run)}:
                windows = (digits[at : at + CARD] for at in range(len(digits) - CARD + 1))
                hits.update(one.decode() for one in (digits.strip(b" .-"), *windows) if one in planted)
    return hits


def files(folder: Path) -> Iterator[Path]:
    """All files beneath a folder, whatever they are called."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
