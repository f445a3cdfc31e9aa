"""What the tests of flows share: flows from text, and a caller with a clock."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from cti.calls.call import Call
from cti.calls.commands import Answer, Hangup, Play, Tape, Transfer
from cti.calls.events import CallEvent, Chosen, Digit, EnteredFlow, EnteredMenu, LanguageChosen, Played, Queued, Taped
from cti.calls.part import Output
from cti.calls.words import CallId
from cti.site.files import parse
from ivr.loader import Known, check_flow
from ivr.prompt import File, Piece, Text
from ivr.questions import MayCall, Question, RoomToRecord, Spoken
from ivr.session import Asked, Session, Sound
from ivr.tree import Flow, Flows

CALL = CallId("call")
SITE = Known(queues={"orders", "support"}, destinations={"front-desk"}, prompts=Path(__file__).parent)


def flow(text: str, name: str = "main") -> Flow:
    return check_flow(parse(textwrap.dedent(text), f"{name}.yaml"), name, SITE)


class TwoSeconds:
    """Every sound is two seconds long, and its path is what is said."""

    def sound(self, voice: str, piece: Piece) -> Sound:
        match piece:
            case Text(said) | File(said):
                return Sound(said, 2.0)


def told(outputs: Sequence[Output]) -> list[str]:
    """Outputs in short, without that a flow was entered: every walk begins with that."""
    return [_told(output) for output in outputs if not isinstance(output, EnteredFlow)]


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
        case Tape(recording=recording):
            return f"tape {recording}"
        case LanguageChosen(language=language):
            return f"language {language}"
        case Queued(queue=queue, skills=skills, priority=priority):
            return f"queued {queue} {dict(skills)} {priority}"
    return repr(output)


class Caller:
    """A caller in a session, with a clock of their own. Questions are kept in ``asked``; whether
    a number may be called back, and whether there is room to record, is answered at once."""

    def __init__(
        self,
        flow: Flow,
        now: float = 1_000_000.0,
        flows: Flows | None = None,
        call: Call | None = None,
        home: Flow | None = None,
        may_call: bool = True,
        room: bool = True,
    ) -> None:
        self.now = now
        self.play = 0
        self.may_call = may_call
        self.room = room
        self.asked: list[Asked] = []
        known = flows or {flow.name: flow}
        self.session = Session(call or Call(id=CALL), flow, known, TwoSeconds(), count(1), home=home)
        self.outputs = self._kept(self.session.begin(flow.start, answered=True, now=now))

    def event(self, event: CallEvent) -> list[Output]:
        return self._kept(self.session.on_event(event, self.now))

    @property
    def question(self) -> Question:
        """What was asked last."""
        return self.asked[-1].question

    def answer(self, answer: object, number: int | None = None) -> list[Output]:
        """Answers the last question, or that of the number."""
        return self._kept(self.session.answer(self.asked[-1].number if number is None else number, answer, self.now))

    def does(self, what: str) -> list[Output]:
        """``5``: a key. ``whole``, ``cut``, ``lost``: how the sound ended. ``taped``: a recording of
        3 s ended. ``spoken``: the text asked for is ready. ``wait``: until the deadline."""
        match what:
            case "whole" | "cut":
                return self.event(Played(at=self.now, call=CALL, play=self.play, whole=what == "whole"))
            case "lost":
                return self.event(Played(at=self.now, call=CALL, play=self.play, whole=False, error="no file"))
            case "stale":
                return self.event(Played(at=self.now, call=CALL, play=self.play - 1, whole=True))
            case "taped":
                return self.event(Taped(at=self.now, call=CALL, play=self.play, seconds=3.0))
            case "spoken":
                assert isinstance(self.question, Spoken)
                return self.answer(Sound(self.question.text, 2.0))
            case "wait":
                self.now = max(self.now, self.session.deadline or 0.0)
                return self._kept(self.session.on_time(self.now))
            case "early":
                return self._kept(self.session.on_time(self.now))
        return self.event(Digit(at=self.now, call=CALL, digit=what))

    def _kept(self, outputs: list[Output]) -> list[Output]:
        self.play = max([self.play, *(o.play for o in outputs if isinstance(o, Play | Tape))])
        for asked in self.session.asked():
            self.asked.append(asked)
            if isinstance(asked.question, MayCall):
                outputs = outputs + self.answer(self.may_call)
            if isinstance(asked.question, RoomToRecord):
                outputs = outputs + self.answer(self.room)
        return outputs
