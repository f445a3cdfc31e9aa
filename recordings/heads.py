"""What a chain's last entry is, in a file beside the key: so that entries cut off at the end are missed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

from cti.seals import Head

log = structlog.get_logger(__name__)


def read_head(path: Path) -> Head | None:
    """Number and seal of what was written last; None where that is not known. Blocks."""
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        return int(found["number"]), str(found["seal"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_head(path: Path, last: Head) -> None:
    """Puts it in its place in one step. Where that cannot be it is logged. Blocks."""
    fresh = path.with_suffix(".new")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            json.dump({"number": last[0], "seal": last[1]}, file)
        fresh.replace(path)
    except OSError as error:
        log.error("what the last entry is cannot be kept", file=path.name, error=error.strerror)
