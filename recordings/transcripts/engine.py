"""What listens: the interface of engines, and those that there are.

An installed package adds one by an entry point of the group ``cordboard.transcribers``: its name is that of the engine
in site.yaml, and what it loads makes one, from the folder of a model that the site brings, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recordings.transcripts.words import Word

ENTRY_POINTS = "cordboard.transcribers"

Sound = npt.NDArray[np.float32]
"""Samples from -1 to 1 of one voice. Shape (samples,)."""


class Untranscribable(Exception):
    """It cannot be listened to by this engine: the text says why and what to do, never what was said."""


class Transcriber(Protocol):
    """Listens. It lives in a process of its own, which is ended where it takes too long."""

    rate: int
    """Samples a second that it wants."""

    def words(self, sound: Sound, language: str) -> Sequence[Word]:
        """The words in at most ``PIECE_S`` seconds of sound, their times from its beginning. ``language`` is as in
        site.yaml. Raises Untranscribable where it does not know the language."""
        ...


Make = Callable[[Path | None], Transcriber]
"""Loads an engine; the folder is that of a model, None for its own. Raises Untranscribable."""


def _whisper(model: Path | None) -> Transcriber:
    from recordings.transcripts.whisper import Whisper  # noqa: PLC0415 - an extra, and slow to load

    return Whisper(model)


BUILT_IN: Mapping[str, Make] = {"whisper": _whisper}


def names() -> frozenset[str]:
    """The engines that there are."""
    return frozenset(BUILT_IN) | {point.name for point in entry_points(group=ENTRY_POINTS)}


def maker(name: str) -> Make:
    """What makes the engine of this name. Raises Untranscribable where there is none, or it cannot be loaded."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    found = next(iter(entry_points(group=ENTRY_POINTS, name=name)), None)
    if found is None:
        raise Untranscribable(f"there is no engine called {name!r}; there are: {', '.join(sorted(names()))}")
    try:
        made: Make = found.load()
    except Exception as error:  # whatever is wrong with somebody else's package
        raise Untranscribable(f"the engine {name!r} cannot be loaded: {type(error).__name__}") from None
    return made
