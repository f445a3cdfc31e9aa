"""What is asked of reviews over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cti.calls.words import CallId
from recordings.asked import LONGEST_PAGE, Moment, Text
from recordings.quality.reviews import Content, Remark, State

Short = Annotated[str, StringConstraints(max_length=40)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
]
"""Plain text: whatever it is, it is shown as it is."""


class RemarkGiven(BaseModel):
    """A comment, as ``recordings.quality.reviews.Remark``."""

    model_config = ConfigDict(extra="forbid")

    question: Short = ""
    text: Annotated[Words, StringConstraints(min_length=1)]
    at_s: Annotated[float, Field(ge=0, le=7 * 86_400, allow_inf_nan=False)] | None = None


class ContentGiven(BaseModel):
    """Answers by question, and comments."""

    model_config = ConfigDict(extra="forbid")

    answers: Annotated[dict[Short, Short], Field(max_length=1000)] = Field(default_factory=dict)
    remarks: Annotated[list[RemarkGiven], Field(max_length=200)] = Field(default_factory=list)

    def content(self) -> Content:
        return Content(self.answers, tuple(Remark(**remark.model_dump()) for remark in self.remarks))


class Correction(ContentGiven):
    """A new version, and why."""

    reasons: Annotated[Words, StringConstraints(min_length=1)]


class Reasons(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reasons: Annotated[Words, StringConstraints(min_length=1)]


class AgentsAnswer(BaseModel):
    """What the agent says to a review: he accepts it, or objects with reasons."""

    model_config = ConfigDict(extra="forbid")

    accepts: bool
    reasons: Words = ""


class Begun(BaseModel):
    """Which talk is to be graded: the agent's in a call; by which form."""

    model_config = ConfigDict(extra="forbid")

    call: Annotated[CallId, StringConstraints(max_length=64)]
    agent: Text
    form: Short


class Search(BaseModel):
    """Which reviews are wanted. ``from`` <= talk < ``to``: Unix seconds, or ISO 8601."""

    model_config = ConfigDict(extra="forbid")

    agent: Text | None = None
    grader: Text | None = None
    call: Text | None = None
    state: State | None = None
    start: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to")
    limit: int = Field(50, ge=1, le=LONGEST_PAGE)
