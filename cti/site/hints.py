"""What somebody likely meant who wrote a name that is not there."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def meant(word: str, known: Collection[str]) -> str:
    """A hint: what was likely meant, or nothing."""
    close = get_close_matches(word, known, 1)
    return f"did you mean {close[0]}?" if close else ""


def there_are(word: str, known: Collection[str]) -> str:
    """A hint: what was likely meant, or else all there is."""
    return meant(word, known) or f"there is {', '.join(sorted(known)) or 'none'}"
