"""Answers to a flow's questions that somebody wrote down: for scenarios, and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ivr.questions import CheckSecret, Fetch, KeyUsage, Question, SendCode, SwitchState, Unanswered, Verdict
from ivr.rehearsal import HANGS

KINDS: Mapping[type[Any], str] = {
    Fetch: "lookup",
    CheckSecret: "verify",
    SendCode: "send_code",
    SwitchState: "switch",
    KeyUsage: "usage",
}
"""How a scenario calls each kind of question."""


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
        if given is None and isinstance(question, SwitchState | KeyUsage):
            return "auto" if isinstance(question, SwitchState) else {}
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
        case Fetch() | KeyUsage() if isinstance(given, Mapping):
            return dict(given)
    wanted = {CheckSecret: "right, wrong or locked", SendCode: "true", SwitchState: "open, closed or auto"}
    said = wanted.get(type(question), "keys with values")
    raise Unprepared(f"the answer to a {KINDS[type(question)]} is {said}, or fails, or hangs")
