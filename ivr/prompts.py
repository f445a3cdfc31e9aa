"""Makes the sounds of the flows before any caller needs them.

Text is spoken by espeak-ng, a site's sound files are converted; both become 8 kHz mono 16-bit
WAV, which Asterisk plays without further work. What was made once is found again by the hash
of what it was made of.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from cti.site_files import Problem, SiteError
from ivr.prompt import EVERY, File, Piece, Text
from ivr.session import Sound
from ivr.tree import Flow, Flows

RATE = 8000
"""Samples a second: what a telephone line carries."""

SPEAK_S = 60.0
"""Seconds the speaking program has for one text."""

_MAKING = "1"
"""Part of every hash; another value makes all sounds anew."""


class Unmade(Exception):
    """A sound could not be made; the text says why, and what to do where that is known."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


class Prompts:
    """The sounds of all prompts, made by ``load`` and found by ``sound``.

    ``folder`` is where they are kept (Asterisk must be able to read it), ``files`` the site's
    own sound files, ``speaker`` the command that speaks (``espeak-ng``, with arguments in front
    of ours if it needs any), ``at_once`` how many sounds are made at the same time.
    """

    def __init__(self, folder: Path, files: Path, speaker: Sequence[str] = ("espeak-ng",), at_once: int = 2) -> None:
        self._folder = folder.resolve()
        self._files = files
        self._speaker = tuple(speaker)
        self._at_once = at_once
        self._sounds: dict[tuple[str, Piece], Sound] = {}

    def sound(self, voice: str, piece: Piece) -> Sound:
        """The sound of a piece of a prompt. Raises KeyError unless it was loaded."""
        return self._sounds[voice, piece]

    async def load(self, flows: Flows) -> None:
        """Makes the sounds of these flows that are not there yet; earlier ones are kept.

        Raises SiteError with every prompt that could not be made.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        wanted: dict[tuple[str, Piece], Problem] = {}
        for flow in flows.values():
            for key, voice, piece in _pieces(flow):
                wanted.setdefault((voice, piece), Problem(flow.file, 0, key, ""))
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
        target = self._target("text", voice.encode(), text.encode())
        if (there := await asyncio.to_thread(_measured, target)) is not None:
            return there
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            spoken = Path(scratch) / "spoken.wav"
            await self._speak(voice, text, spoken)
            return await asyncio.to_thread(_convert, spoken, target)

    async def _speak(self, voice: str, text: str, spoken: Path) -> None:
        # The text goes in by standard input: it may begin with a dash, and be long.
        try:
            process = await asyncio.create_subprocess_exec(
                *self._speaker,
                *("-b", "1", "-v", voice, "-w", str(spoken), "--stdin"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise Unmade(
                f"the program that speaks ({self._speaker[0]}) cannot be run: {error.strerror}",
                "install espeak-ng, or give its command in the settings, or use sound files instead of text",
            ) from None
        try:
            async with asyncio.timeout(SPEAK_S):
                _, said = await process.communicate(text.encode())
        except TimeoutError:
            raise Unmade(f"{self._speaker[0]} took more than {SPEAK_S:.0f} s") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            why = (said.decode(errors="replace").strip().splitlines() or ["no reason given"])[0][:200]
            raise Unmade(f"{self._speaker[0]} with the voice {voice!r} failed: {why}")

    def _converted(self, source: Path) -> Sound:
        target = self._target("file", source.read_bytes())
        return _measured(target) or _convert(source, target)

    def _target(self, *parts: str | bytes) -> Path:
        content = hashlib.sha256(_MAKING.encode())
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            content.update(len(raw).to_bytes(8, "big") + raw)
        return self._folder / f"{content.hexdigest()[:32]}.wav"


def _pieces(flow: Flow) -> Iterator[tuple[str, str, Piece]]:
    """Every piece that can be made before a call, with its place in the flow and its voice."""
    for name, node in flow.nodes.items():
        for key, prompt in node.prompts():
            where = ".".join(("nodes", name, *map(str, key)))
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
