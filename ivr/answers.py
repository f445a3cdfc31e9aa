"""Answers to a flow's questions that somebody wrote down: for scenarios, and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cti.calls.standing import Standing
from cti.site.durations import seconds
from ivr.questions import (
    CheckSecret,
    Fetch,
    InQueue,
    KeyUsage,
    LastAgent,
    MayCall,
    Question,
    RoomToRecord,
    SendCode,
    SwitchState,
    Unanswered,
    Verdict,
    WhoCalls,
)
from ivr.rehearsal import HANGS

KINDS: Mapping[type[Any], str] = {
    Fetch: "lookup",
    CheckSecret: "verify",
    SendCode: "send_code",
    SwitchState: "switch",
    KeyUsage: "usage",
    InQueue: "standing",
    LastAgent: "last_agent",
    WhoCalls: "customer",
    MayCall: "may_call",
    RoomToRecord: "room",
}
"""How a scenario calls each kind of question."""


_UNASKED: Mapping[type[Any], object] = {
    SwitchState: "auto",
    KeyUsage: {},
    InQueue: Standing(1, 60.0),
    LastAgent: "",
    WhoCalls: {},
    MayCall: True,
    RoomToRecord: True,
}
"""The answers that nobody needs to write down."""


class Unprepared(Exception):
    """A flow asks something that a scenario has no answer for."""


class Prepared:
    """Answers to a flow's questions, by the node that asks or by the kind of question.

    ``fails`` and ``hangs`` are answers too. Raises Unprepared, when asked, where there is none.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)

    def __call__(self, question: Question, node: str) -> object:
        kind = KINDS[type(question)]
        given = self.answers.get(node, self.answers.get(kind))
        if given is None and type(question) in _UNASKED:
            return _UNASKED[type(question)]
        if given is None:
            raise Unprepared(f"{node} asks for a {kind}, and no answer is given; write answer: {{{kind}: ...}}")
        return answer(question, given)


def answer(question: Question, given: Any) -> object:
    """What somebody wrote as the answer to a question. Raises Unprepared for what can be none."""
    if given == "fails":
        return Unanswered("rehearsed")
    if given == "hangs":
        return HANGS
    match question:
        case CheckSecret() if given in ("right", "wrong", "locked"):
            return Verdict(right=given == "right", locked=given == "locked")
        case SendCode() if given is True:
            return True
        case SwitchState() if given in ("open", "closed", "auto"):
            return given
        case Fetch() | KeyUsage() | WhoCalls() if isinstance(given, Mapping):
            return dict(given)
        case InQueue() if (standing := _standing(given)) is not None:
            return standing
        case MayCall() | RoomToRecord() if isinstance(given, bool):
            return given
        case LastAgent() if isinstance(given, str):
            return given
    wanted = {
        CheckSecret: "right, wrong or locked",
        SendCode: "true",
        SwitchState: "open, closed or auto",
        InQueue: "such as {position: 3, estimate: 4m}, or {position: 3}",
        LastAgent: "the name of an agent",
        MayCall: "true or false",
        RoomToRecord: "true or false",
    }
    said = wanted.get(type(question), "keys with values")
    raise Unprepared(f"the answer to a {KINDS[type(question)]} is {said}, or fails, or hangs")


def _standing(given: Any) -> Standing | None:
    match given:
        case {"position": int(position), **rest} if position > 0 and rest.keys() <= {"estimate"}:
            try:
                return Standing(position, seconds(rest["estimate"]) if rest else None)
            except ValueError:
                return None
    return None
