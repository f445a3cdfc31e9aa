"""How a waiting call stands in its queue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """``position`` 1 is next. ``estimate_s`` is how long the call is likely to wait yet, in seconds;
    None where nobody can tell."""

    position: int
    estimate_s: float | None = None
