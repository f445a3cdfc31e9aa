"""The files that Asterisk writes, opened.

Asterisk's MixMonitor writes each side as a mono WAV file of its own. It notes the length in
the file's header only when it closes the file; before, the header says 0 bytes of sound.
"""

from __future__ import annotations

import wave
from contextlib import ExitStack
from pathlib import Path

import soundfile as sf

HEADER_BYTES = 44
"""Of a WAV file as Asterisk writes it: what follows is sound."""


def closed(path: Path) -> bool:
    """Whether ``path`` is a WAV file that holds sound and all that its header promises."""
    try:
        if path.stat().st_size <= HEADER_BYTES:
            return False
        with wave.open(str(path), "rb") as file:
            promised = file.getnframes() * file.getnchannels() * file.getsampwidth()
        return 0 < promised <= path.stat().st_size - HEADER_BYTES
    except (OSError, EOFError, wave.Error):
        return False


def raw_sound(path: Path, stack: ExitStack) -> tuple[sf.SoundFile, int] | None:
    """A file for reading, open until the stack is left, and how many samples a direction it holds; None
    where it is not there or cannot be read. One of format RAW has its header before the sound."""
    try:
        file = stack.enter_context(sf.SoundFile(path))
        unclosed = path.stat().st_size - HEADER_BYTES
        if file.frames > 0 or unclosed <= 0 or file.channels != 1:
            return file, file.frames
        # Asterisk died before it could note the length: the sound is all that follows the header.
        raw = sf.SoundFile(path, samplerate=file.samplerate, channels=1, format="RAW", subtype="PCM_16")
        stack.enter_context(raw).seek(HEADER_BYTES // 2)
        return raw, unclosed // 2
    except (sf.LibsndfileError, OSError):
        return None
