"""Kinds of file that libsndfile cannot read, decoded by pydub, which asks ffmpeg."""

from __future__ import annotations

import shutil
from pathlib import Path

from recordings.pipeline.rules import Unfit

MOST_BYTES = 64 << 20
"""pydub holds a file in memory, decoded: what is larger is refused."""


def decoded(path: Path, to: Path) -> Path:
    """Makes a WAV file at ``to`` of the file at ``path``. Raises Unfit: it is no sound, or is too large, or the
    extra ``pydub`` or the program ffmpeg is missing."""
    if path.stat().st_size > MOST_BYTES:
        raise Unfit(f"{path.name} is no WAV file that can be read, and too large to be decoded")
    hint = f"{path.name} is no WAV file that can be read"
    missing = Unfit(f"{hint}; install cordboard[pydub] and ffmpeg to have it decoded")
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        raise missing
    try:
        from pydub import AudioSegment  # noqa: PLC0415 - an extra
        from pydub.exceptions import PydubException  # noqa: PLC0415
    except ImportError:
        raise missing from None
    try:
        AudioSegment.from_file(path).set_sample_width(2).export(to, format="wav").close()
    except (PydubException, IndexError, KeyError, ValueError) as error:
        raise Unfit(f"{hint}, and ffmpeg does not know it either: {type(error).__name__}") from None
    return to
