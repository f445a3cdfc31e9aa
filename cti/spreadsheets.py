"""Texts that somebody opens in a spreadsheet."""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_NUMBERS = re.compile(r"\+[0-9]+(; \+[0-9]+)*")


def harmless(cell: str) -> str:
    """The text so that no spreadsheet takes it for a formula (OWASP, CSV injection): telephone numbers
    stay as they are, anything else that could be one gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA) and not _NUMBERS.fullmatch(cell) else cell
