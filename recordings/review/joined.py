"""A talk as it is heard before the pipeline had its turn: joined from its raw files while it is played."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from recordings.files import Files
from recordings.ledger.measuring import written
from recordings.pipeline.rules import Unfit
from recordings.pipeline.source import Source, opened
from recordings.records.record import Recording

_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class Joined:
    """A WAV file that is on no disk. ``size`` is in bytes."""

    paths: Sequence[Path]
    header: bytes
    size: int

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Its bytes from ``start`` up to ``end``. Raises Unfit, OSError where the raw files are gone meanwhile."""
        if start < len(self.header):
            yield self.header[start:end]
            start = len(self.header)
        if start >= end:
            return
        with opened(self.paths, _not_decoded) as source:
            each = 2 * source.channels
            while start < end:
                first, skip = divmod(start - len(self.header), each)
                count = min(_BLOCK_FRAMES, source.frames - first)
                if count <= 0:
                    return
                block = (await asyncio.to_thread(source.part, first, count)).tobytes()[skip:]
                yield block[: end - start]
                start += len(block)


def joined(files: Files, recording: Recording) -> Joined | None:
    """What can be heard of a recording's raw files; None where there is nothing. Blocks. Raises NotARecording."""
    paths = [*written(files, recording).values()]
    try:
        with opened(paths, _not_decoded) as source:
            header = _header(source)
            return Joined(paths, header, len(header) + source.frames * 2 * source.channels)
    except (Unfit, OSError):
        return None


def _header(source: Source) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((source.channels, 2, source.rate, source.frames, "NONE", ""))
        file.writeframesraw(b"")
        return out.getvalue()  # before the close, which would note that no sound was written


def _not_decoded(path: Path) -> NoReturn:
    raise Unfit(f"{path.name} is no WAV file")
