"""Makes the sounds of the flows before any caller needs them.

Text is spoken (``speech.py``), a site's sound files are converted; both become 8 kHz mono 16-bit
WAV, which Asterisk plays without further work. What was made once is found again by the hash
of what it was made of: voice and text, or the file's content. What is spoken for one caller is
kept apart, and for a short time only.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path

import numpy as np
import soundfile
import soxr
import structlog

from cti.site.files import Key, Problem, SiteError
from ivr.prompt import EVERY, File, Piece, Text
from ivr.session import Sound
from ivr.speech import Speaker, Unmade
from ivr.tree import Flow, Flows

RATE = 8000
"""Samples a second: what a telephone line carries."""

ONCE = "once"
"""The folder, inside that of the sounds, of what was spoken for one caller."""

ONCE_S = 600.0
"""Seconds that is kept after it was last played: it may be personal. No prompt is that long."""

SWEEP_S = 30.0
"""Seconds between looks for what is older."""

log = structlog.get_logger(__name__)

_MAKING = "1"
"""Part of every hash; another value makes all sounds anew."""


class Prompts:
    """The sounds of all prompts, made by ``load`` and found by ``sound``.

    ``folder`` is where they are kept (Asterisk must be able to read it), ``files`` the site's
    own sound files, ``speaker`` who speaks, ``at_once`` how many sounds are made at the same time.
    """

    def __init__(self, folder: Path, files: Path, speaker: Speaker, at_once: int = 2) -> None:
        self._folder = folder.resolve()
        self._files = files
        self._speaker = speaker
        self._at_once = at_once
        self._once = asyncio.Semaphore(at_once)
        self._sweeping: asyncio.Task[None] | None = None
        self._sounds: dict[tuple[str, Piece], Sound] = {}

    def sound(self, voice: str, piece: Piece) -> Sound:
        """The sound of a piece of a prompt. Raises KeyError unless it was loaded."""
        return self._sounds[voice, piece]

    def seconds(self, voice: str, piece: Piece) -> float | None:
        """How long a piece lasts, made here earlier or not; None where no sound of it was made yet."""
        try:
            match piece:
                case Text(text):
                    sound = _measured(self._target("text", voice, text))
                case File(name):
                    sound = _measured(self._files / name)
        except OSError:
            return None
        return sound.seconds if sound is not None else None

    async def load(self, flows: Flows) -> None:
        """Makes the sounds of these flows that are not there yet; earlier ones are kept.

        Raises SiteError with every prompt that could not be made.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._sweep)
        wanted: dict[tuple[str, Piece], Problem] = {}
        for flow in flows.values():
            for key, voice, piece in _pieces(flow):
                where = Problem(flow.file, flow.lines.get(key, 0), ".".join(map(str, key)), "")
                wanted.setdefault((voice, piece), where)
        turn = asyncio.Semaphore(self._at_once)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._make(turn, *key, where)) for key, where in wanted.items()]
        made = [task.result() for task in tasks]
        # One text that cannot be spoken is likely one of many: each reason is told once.
        problems = {(p.file, p.message): p for p in reversed(made) if isinstance(p, Problem)}
        if problems:
            raise SiteError(problems.values())
        self._sounds |= {key: sound for key, sound in zip(wanted, made, strict=True) if isinstance(sound, Sound)}

    async def _make(self, turn: asyncio.Semaphore, voice: str, piece: Piece, where: Problem) -> Sound | Problem:
        async with turn:
            try:
                match piece:
                    case Text(text):
                        return await self.spoken(voice, text)
                    case File(name):
                        return await asyncio.to_thread(self._converted, self._files / name)
            except (Unmade, OSError, ValueError, RuntimeError) as error:
                hint = error.hint if isinstance(error, Unmade) else ""
                return Problem(where.file, where.line, where.key, f"no sound could be made: {error}", hint)

    async def spoken(self, voice: str, text: str) -> Sound:
        """The text as a sound that is kept. Raises Unmade, OSError."""
        return await self._spoken(self._target("text", voice, text), voice, text)

    async def spoken_once(self, voice: str, text: str) -> Sound:
        """The text as a sound for one caller, gone ONCE_S later. Raises Unmade, OSError."""
        target = self._folder / ONCE / self._target("text", voice, text).name
        async with self._once:
            target.parent.mkdir(exist_ok=True)
            sound = await self._spoken(target, voice, text)
            os.utime(target)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(
                self._sweep_until_empty(), name="sounds for one caller", context=Context()
            )
        return sound

    async def _spoken(self, target: Path, voice: str, text: str) -> Sound:
        if (there := await asyncio.to_thread(_measured, target)) is not None:
            return there
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            spoken = Path(scratch) / "spoken.wav"
            await self._speaker.speak(voice, text, spoken)
            try:
                return await asyncio.to_thread(_convert, spoken, target)
            except (ValueError, RuntimeError):  # soundfile's errors
                raise Unmade(f"the voice {voice!r} made nothing that is a sound") from None

    async def _sweep_until_empty(self) -> None:
        left = True
        while left:
            await asyncio.sleep(SWEEP_S)
            left = await asyncio.to_thread(self._sweep)

    def _sweep(self) -> bool:
        """Removes what was spoken for callers long ago. Whether there is more to come."""
        left = False
        for path in (self._folder / ONCE).glob("*.wav"):
            try:
                if path.stat().st_mtime < time.time() - ONCE_S:
                    path.unlink()
                else:
                    left = True
            except OSError as error:  # of one file: the others must go
                log.warning("a sound spoken for one caller could not be removed", error=type(error).__name__)
                left = True
        return left

    def _converted(self, source: Path) -> Sound:
        target = self._target("file", source.read_bytes())
        return _measured(target) or _convert(source, target)

    def _target(self, *parts: str | bytes) -> Path:
        content = hashlib.sha256(_MAKING.encode())
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            content.update(len(raw).to_bytes(8, "big") + raw)
        return self._folder / f"{content.hexdigest()[:32]}.wav"


def _pieces(flow: Flow) -> Iterator[tuple[Key, str, Piece]]:
    """Every piece that can be made before a call, with its place in the flow and its voice."""
    for name, node in flow.nodes.items():
        for key, prompt in node.prompts():
            where = ("nodes", name, *key)
            for language, piece in prompt.all_pieces():
                if isinstance(piece, Text) and piece.values:
                    continue
                for spoken in flow.languages if language == EVERY else (language,):
                    yield where, flow.languages[spoken], piece


def _measured(path: Path) -> Sound | None:
    """The sound made earlier, or None if there is none that is whole."""
    try:
        info = soundfile.info(path)
    except (OSError, soundfile.SoundFileError):
        return None
    return Sound(str(path.with_suffix("")), info.frames / info.samplerate)


def _convert(source: Path, target: Path) -> Sound:
    """Writes ``source`` as telephone WAV; ``target`` appears whole or not at all."""
    samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1, dtype=np.float32), rate, RATE)
    handle, scratch = tempfile.mkstemp(dir=target.parent, suffix=".wav")
    os.close(handle)
    try:
        soundfile.write(scratch, np.clip(mono, -1.0, 1.0), RATE, subtype="PCM_16", format="WAV")
        os.chmod(scratch, 0o644)  # Asterisk may run as another user
        os.replace(scratch, target)
    except BaseException:
        os.unlink(scratch)
        raise
    return Sound(str(target.with_suffix("")), len(mono) / RATE)
