"""The process in which an engine listens: `python -m recordings.transcripts.child PARENT_PID ENGINE [MODEL]`.

It reads pieces of sound from standard input and answers each by a line of JSON. It says nothing else, to nobody: an
engine's own messages may have words of callers in them.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from recordings.transcripts.engine import Transcriber, Untranscribable, maker

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal to get when the parent dies."""


def main(parent: int, engine: str, model: str | None) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    try:
        listening = maker(engine)(Path(model) if model else None)
    except Untranscribable as error:
        return _say(answers, {"unfit": str(error)})
    except Exception as error:  # whatever is wrong with somebody else's engine
        return _say(answers, {"error": f"the engine {engine} cannot be loaded: {type(error).__name__}"})
    _say(answers, {"rate": listening.rate})
    while header := sys.stdin.buffer.readline():
        wanted = json.loads(header)
        sound = np.frombuffer(sys.stdin.buffer.read(wanted["bytes"]), dtype="<i2")
        _say(answers, _heard(listening, sound.astype(np.float32) / 32768, wanted["language"]))


def _heard(listening: Transcriber, sound: Any, language: str) -> dict[str, Any]:
    try:
        return {"words": [[w.text, w.start_s, w.end_s] for w in listening.words(sound, language)]}
    except Untranscribable as error:
        return {"unfit": str(error)}
    except Exception as error:
        return {"error": f"the engine failed: {type(error).__name__}"}


def _say(answers: BinaryIO, what: dict[str, Any]) -> None:
    answers.write(json.dumps(what).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
