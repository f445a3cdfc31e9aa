"""Cuts what one side says into pieces short enough for an engine, at its pauses. Pure.

What is silence is never listened to: engines hear words in it that nobody said.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from recordings.pipeline.figures import WINDOW_S, speech

PIECE_S = 28.0
"""No piece is longer."""
EDGE_S = 0.2
"""So much before and after speech is listened to as well: the faint beginning of a word is not speech by its level."""
_SEARCH_S = 6.0
"""Who speaks without a pause is cut where he is faintest in the last seconds of a piece."""

Levels = npt.NDArray[np.float64]
"""RMS of each window of WINDOW_S of one side. Shape (windows,)."""


def pieces(levels: Levels) -> Iterator[tuple[float, float]]:
    """From which second to which, in order; they do not overlap."""
    most, edge = round((PIECE_S - 2 * EDGE_S) / WINDOW_S), round(EDGE_S / WINDOW_S)
    grouped: list[list[int]] = []
    for start, stop in _spoken(levels, most):
        if grouped and stop - grouped[-1][0] <= most:
            grouped[-1][1] = stop
        else:
            grouped.append([start, stop])
    last, ends = 0, [*(start for start, _ in grouped[1:]), len(levels)]
    for (start, stop), following in zip(grouped, ends, strict=False):
        begin, last = max(start - edge, last), min(stop + edge, following)
        yield begin * WINDOW_S, last * WINDOW_S


def _spoken(levels: Levels, most: int) -> Iterator[tuple[int, int]]:
    """The windows with speech, in stretches of ``most`` at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], speech(levels), [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        cut = start
        while stop - cut > most:
            search = cut + most - round(_SEARCH_S / WINDOW_S)
            begin, cut = cut, search + int(np.argmin(levels[search : cut + most]))
            yield begin, cut
        yield cut, stop
