"""The world outside of a flow: answers what flows ask of it, each question in its own time."""

from __future__ import annotations

import structlog

from ivr.prompts import Prompts, Unmade
from ivr.questions import Question, Spoken, Unanswered

log = structlog.get_logger(__name__)


class World:
    """Answers the questions of all flows."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    async def answer(self, question: Question) -> object:
        """The answer, or Unanswered; never raises."""
        try:
            match question:
                case Spoken():
                    return await self._prompts.spoken(question.voice, question.text)
                case _:
                    return Unanswered("nobody answers this")
        except (Unmade, OSError) as error:
            log.warning(
                "a question of a flow came to nothing", question=type(question).__name__, error=type(error).__name__
            )
            return Unanswered(type(error).__name__)
