"""How long prompts last: as measured where their sounds are there, and else guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.node import Measure
from ivr.prompt import Kind, Piece, Prompt, Text, Value
from ivr.rehearsal import FILE_S, guessed_s
from ivr.session import SPOKEN_S
from ivr.tree import Flow

VALUE_S: Mapping[Kind, float] = {"text": 75.0, "digits": 24.0, "number": 18.0, "money": 20.0, "date": 8.0, "time": 5.0}
"""The seconds a value of each kind is taken to last, above what the shipped voices need for a text of
200 characters, an entry of 32 digits, and numbers of 15 digits. Longer digits from a lookup last longer."""

Measured = Callable[[str, Piece], float | None]
"""The seconds of a piece in a voice; None where no sound of it was made yet."""


class Lengths:
    """Measures prompts. ``guessed`` counts the pieces, in a voice each, that had to be guessed."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._guessed: set[tuple[str, Piece]] = set()

    @property
    def guessed(self) -> int:
        return len(self._guessed)

    def of(self, flow: Flow) -> Measure:
        """The measure for a flow's prompts: the longest of its languages counts."""

        def measure(prompt: Prompt) -> float:
            return max(
                sum(self._piece(voice, piece) for piece in prompt.pieces(language))
                for language, voice in flow.languages.items()
            )

        return measure

    def _piece(self, voice: str, piece: Piece) -> float:
        values = piece.values if isinstance(piece, Text) else ()
        seconds = None if values else self._measured(voice, piece)
        if seconds is not None:
            return seconds
        self._guessed.add((voice, piece))
        if not isinstance(piece, Text):
            return FILE_S
        words = sum(VALUE_S[part.kind] if isinstance(part, Value) else guessed_s(part) for part in piece.parts())
        return words + (SPOKEN_S if values else 0.0)
