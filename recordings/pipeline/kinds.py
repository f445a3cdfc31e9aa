"""The kinds of file that a finished recording can be."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How recordings are kept."""

    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"
    WAV = "wav"
