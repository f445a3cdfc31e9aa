"""What the tests of flows share: flows from text, and a caller with a clock."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from cti.calls.commands import Answer, Hangup, Play, Transfer
from cti.calls.events import CallEvent, CallId, Chosen, Digit, EnteredMenu, Played, Queued
from cti.calls.part import Output
from cti.site_files import parse
from ivr.loader import Known, check_flow
from ivr.session import Session, Sound
from ivr.tree import File, Flow, Piece, Text

CALL = CallId("call")
SITE = Known(queues={"orders", "support"}, destinations={"front-desk"}, prompts=Path(__file__).parent)


def flow(text: str) -> Flow:
    return check_flow(parse(textwrap.dedent(text), "main.yaml"), "main", SITE)


class TwoSeconds:
    """Every sound is two seconds long, and its path is what is said."""

    def sound(self, voice: str, piece: Piece) -> Sound:
        match piece:
            case Text(said) | File(said):
                return Sound(said, 2.0)


def told(outputs: Sequence[Output]) -> list[str]:
    """Outputs in short."""
    return [_told(output) for output in outputs]


def _told(output: Output) -> str:
    match output:
        case Answer():
            return "answer"
        case Play(sound=sound):
            return f"play {sound}"
        case Hangup():
            return "hangup"
        case Transfer(to=to):
            return f"transfer {to}"
        case EnteredMenu(node=node):
            return f"at {node}"
        case Chosen(node=node, value=value):
            return f"chosen {node}={value}"
        case Queued(queue=queue, skills=skills, priority=priority):
            return f"queued {queue} {dict(skills)} {priority}"
    return repr(output)


class Caller:
    """A caller in a session, with a clock of their own."""

    def __init__(self, flow: Flow, now: float = 1_000_000.0) -> None:
        self.now = now
        self.play = 0
        self.session = Session(CALL, flow, TwoSeconds(), count(1))
        self.outputs = self._kept(self.session.begin(flow.start, answered=True, now=now))

    def event(self, event: CallEvent) -> list[Output]:
        return self._kept(self.session.on_event(event, self.now))

    def does(self, what: str) -> list[Output]:
        """``5``: a key. ``whole``, ``cut``, ``lost``: how the sound ended. ``wait``: until the deadline."""
        match what:
            case "whole" | "cut":
                return self.event(Played(at=self.now, call=CALL, play=self.play, whole=what == "whole"))
            case "lost":
                return self.event(Played(at=self.now, call=CALL, play=self.play, whole=False, error="no file"))
            case "stale":
                return self.event(Played(at=self.now, call=CALL, play=self.play - 1, whole=True))
            case "wait":
                self.now = max(self.now, self.session.deadline or 0.0)
                return self._kept(self.session.on_time(self.now))
            case "early":
                return self._kept(self.session.on_time(self.now))
        return self.event(Digit(at=self.now, call=CALL, digit=what))

    def _kept(self, outputs: list[Output]) -> list[Output]:
        self.play = max([self.play, *(o.play for o in outputs if isinstance(o, Play))])
        return outputs
