"""Who speaks: texts become sound files in a voice.

A voice is named in a flow's ``languages``: a name that espeak-ng knows (``en``, ``cmn``), or
``hibari:``, the voice that comes with hibari-tts (English; the extra ``tts``), or ``kokoro:`` and
one of Kokoro's (Mandarin; the extra ``tts-zh``, and the voices' files). To add a kind of voice,
write a ``Speaker`` for it and name it in ``speakers``.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import soundfile

from ivr.kokoro import Kokoro, Unspeakable, read_voice

if TYPE_CHECKING:
    from hibari import Hibari

SPEAK_S = 60.0
"""Seconds the speaking program has for one text."""


class Unmade(Exception):
    """A sound could not be made; the text says why, never what was to be spoken. ``hint`` is what
    to do, where that is known."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


class Speaker(Protocol):
    """Speaks texts."""

    async def speak(self, voice: str, text: str, to: Path) -> None:
        """Writes the text, spoken in the voice, as a WAV file of any rate. Raises Unmade."""
        ...


class Espeak:
    """espeak-ng: many languages, a voice like a robot's. ``command`` is its command line, up to our
    options."""

    def __init__(self, command: Sequence[str] = ("espeak-ng",)) -> None:
        self._command = tuple(command)

    async def speak(self, voice: str, text: str, to: Path) -> None:
        # The text goes in by standard input: it may begin with a dash, and be long.
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *("-b", "1", "-v", voice, "-w", str(to), "--stdin"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise Unmade(
                f"the program that speaks ({self._command[0]}) cannot be run: {error.strerror}",
                "install espeak-ng, or give its command in the settings, or use sound files instead of text",
            ) from None
        try:
            async with asyncio.timeout(SPEAK_S):
                _, said = await process.communicate(text.encode())
        except TimeoutError:
            raise Unmade(f"{self._command[0]} took more than {SPEAK_S:.0f} s") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            why = (said.decode(errors="replace").strip().splitlines() or ["no reason given"])[0][:200]
            raise Unmade(f"{self._command[0]} with the voice {voice!r} failed: {why}")


class HibariVoice:
    """hibari-tts: English like a person's, without a network: only the voice in its package."""

    def __init__(self) -> None:
        self._model: Hibari | None = None
        self._turn = threading.Lock()

    async def speak(self, voice: str, text: str, to: Path) -> None:
        await asyncio.to_thread(self._speak, voice.partition(":")[2], text, to)

    def _speak(self, name: str, text: str, to: Path) -> None:
        try:
            from hibari import Hibari, voices  # noqa: PLC0415 an extra, and slow to load
        except ImportError:
            raise Unmade("hibari-tts is not installed", "pip install 'cordboard[tts]'") from None
        if name not in ("", voices.DEFAULT):
            raise Unmade(f"hibari-tts comes without the voice {name!r}", f"write hibari:{voices.DEFAULT}")
        try:
            with self._turn:
                if self._model is None:
                    self._model = Hibari()
                samples = self._model(text, seed=0)
        except Exception as error:  # whatever a text makes of somebody else's model
            raise Unmade(f"hibari-tts failed: {type(error).__name__}") from None
        if not len(samples):
            raise Unmade("hibari-tts finds nothing to speak in the text", "it speaks English only")
        soundfile.write(to, samples, Hibari.sample_rate)


class KokoroVoice:
    """Kokoro: Mandarin like a person's, without a network. ``voices`` is the folder of its voices' files."""

    def __init__(self, voices: Path | None, load: Callable[[], Kokoro] = Kokoro.load) -> None:
        self._voices = voices
        self._load = load
        self._model: Kokoro | None = None
        self._turn = threading.Lock()

    async def speak(self, voice: str, text: str, to: Path) -> None:
        await asyncio.to_thread(self._speak, voice.partition(":")[2], text, to)

    def _speak(self, name: str, text: str, to: Path) -> None:
        if self._voices is None:
            raise Unmade("Kokoro has no folder of voices", "name it in site.yaml: speech.kokoro_voices")
        try:
            style = read_voice(self._voices / f"{name}.bin")
        except OSError as error:
            why = f"the voice file {name}.bin cannot be read: {error.strerror}"
            raise Unmade(why, "put it into the folder speech.kokoro_voices of site.yaml") from None
        except ValueError:
            raise Unmade(f"{name}.bin is no voice of Kokoro", "take it from the npm package kokoro-js") from None
        try:
            with self._turn:
                if self._model is None:
                    self._model = self._load()
                samples = self._model(text, style)
        except ImportError:
            raise Unmade("Kokoro is not installed", "pip install 'cordboard[tts-zh]'") from None
        except Unspeakable as error:
            hint = "it speaks Mandarin only: Chinese characters, digits and punctuation"
            raise Unmade(f"Kokoro cannot speak: {error}", hint) from None
        except Exception as error:  # whatever a text makes of somebody else's model
            raise Unmade(f"Kokoro failed: {type(error).__name__}") from None
        soundfile.write(to, samples, Kokoro.sample_rate)


class _ByKind:
    """Each voice by the speaker of its kind: what stands before the colon."""

    def __init__(self, plain: Speaker, kinds: Mapping[str, Speaker]) -> None:
        self._plain = plain
        self._kinds = kinds

    async def speak(self, voice: str, text: str, to: Path) -> None:
        kind, colon, _ = voice.partition(":")
        await (self._kinds[kind] if colon else self._plain).speak(voice, text, to)


def speakers(espeak: Sequence[str] = ("espeak-ng",), kokoro_voices: Path | None = None) -> Speaker:
    """All voices that flows may name."""
    return _ByKind(Espeak(espeak), {"hibari": HibariVoice(), "kokoro": KokoroVoice(kokoro_voices)})
