"""What an AGI command came to, read from the answer in AsyncAGIExec."""

from __future__ import annotations

import re
from urllib.parse import unquote

from cti.calls.events import Answered, CallEvent, Played, Taped
from cti.calls.words import CallId

_ENDPOS = re.compile(r"\bendpos=(\d{1,12})\b", re.ASCII)
_RATE = 8000
"""Samples a second, in which Asterisk tells the length of what RECORD FILE wrote."""


def outcome(call: CallId, what: str, result: str, now: float, *, gone: bool = False) -> list[CallEvent]:
    """The events that an answer means. ``what`` is the command as ``Tracker.command_id`` was given
    it, ``result`` the header of that name, URL-encoded; ``gone``: the caller had hung up by then, and what he
    was to hear was not heard."""
    code, _, text = unquote(result).strip().partition(" ")
    value = text.removeprefix("result=").split(" ", 1)[0]
    ok = code == "200" and value not in ("", "-1")
    kind, _, number = what.partition("-")
    match kind:
        case "answer" if ok:
            return [Answered(call=call, at=now)]
        case "play" if not gone:
            error = "" if ok else "the sound could not be played"
            return [Played(call=call, at=now, play=int(number), whole=value == "0", error=error)]
        case "tape":
            # A hang-up in the midst of it gives -1, and the length all the same.
            length = _ENDPOS.search(text) if code == "200" else None
            seconds = int(length[1]) / _RATE if length else 0.0
            error = "" if length else "nothing could be recorded"
            return [Taped(call=call, at=now, play=int(number), seconds=seconds, error=error, gone=gone)]
    return []
