"""An engine in a child process, asked piece by piece: what crashes or hangs there is ended and told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recordings.pipeline.rules import Unfit
from recordings.transcripts.words import Word

PATIENCE_S = 120.0
"""So long an engine may take for a piece, or to be loaded."""
_LONGEST = 1 << 20
"""Bytes of an answer."""
_ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """The engine did not answer as it should; the text says how, never what was said."""


class Listener:
    """``engine`` and ``model`` as in site.yaml. Use ``rate`` once started."""

    def __init__(self, engine: str, model: Path | None = None, patience_s: float = PATIENCE_S) -> None:
        self.engine = engine
        self.rate = 0
        self._model = model
        self._patience_s = patience_s
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Loads the engine, where it is not. Raises Unfit where it cannot be used, Failed, OSError."""
        if self._process is not None:
            return
        search = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recordings.transcripts.child", str(os.getpid()), self.engine,
            *([str(self._model)] if self._model else []),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for us
            limit=_LONGEST,
        )  # fmt: skip
        self.rate = int((await self._answer(self._process)).get("rate", 0))

    async def words(self, sound: npt.NDArray[np.int16], language: str) -> list[Word]:
        """The words in a piece of sound of ``rate`` samples a second. Raises as ``start``; Unfit where it took too
        long as well: it would the next time."""
        await self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        data = sound.astype("<i2").tobytes()
        header = json.dumps({"language": language, "bytes": len(data)}).encode()
        self._process.stdin.write(header + b"\n" + data)
        answer = await self._answer(self._process)
        try:
            return [Word(str(text), float(start), float(end)) for text, start, end in answer["words"]]
        except (KeyError, TypeError, ValueError):
            await self.stop()
            raise Failed(f"the engine {self.engine} answered what is no list of words") from None

    async def stop(self) -> None:
        """Ends the child; the next piece starts another."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _answer(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        whole = False
        try:
            async with asyncio.timeout(self._patience_s):
                with suppress(ConnectionError):
                    await process.stdin.drain()
                line = await process.stdout.readline()
            answer: dict[str, Any] = json.loads(line) if line else {}
            whole = bool(answer.keys() & {"rate", "words"})
        except TimeoutError:
            raise Unfit(f"the engine {self.engine} took more than {self._patience_s:g} s for a piece") from None
        except ValueError:
            raise Failed(f"the engine {self.engine} answered what is no JSON, or too much of it") from None
        finally:
            if not whole:
                await self.stop()
        if whole:
            return answer
        if "unfit" in answer:
            raise Unfit(str(answer["unfit"]))
        raise Failed(str(answer.get("error") or f"the engine {self.engine} died ({process.returncode})"))
