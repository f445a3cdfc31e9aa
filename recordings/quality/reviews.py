"""A review: a grader's answers on a talk, and what becomes of them. Pure.

It is begun or assigned, submitted, released to the agent, who accepts it or objects to it, and then what was said
is upheld or corrected. Corrections add a version; what was said before stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cti.calls.words import CallId


class State(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    """Assigned or begun: there may be a draft."""
    SUBMITTED = "submitted"
    RELEASED = "released"
    """The agent sees it, from here on."""
    ACCEPTED = "accepted"
    OBJECTED = "objected"
    CLOSED = "closed"
    """The objection was decided."""


class Deed(StrEnum):
    """What is done with a review."""

    SUBMIT = "submit"
    CORRECT = "correct"
    RELEASE = "release"
    ACCEPT = "accept"
    OBJECT = "object"
    UPHOLD = "uphold"


AFTER: Mapping[tuple[State, Deed], State] = {
    (State.OPEN, Deed.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Deed.CORRECT): State.SUBMITTED,
    (State.SUBMITTED, Deed.RELEASE): State.RELEASED,
    (State.RELEASED, Deed.CORRECT): State.RELEASED,
    (State.RELEASED, Deed.ACCEPT): State.ACCEPTED,
    (State.RELEASED, Deed.OBJECT): State.OBJECTED,
    (State.OBJECTED, Deed.CORRECT): State.CLOSED,
    (State.OBJECTED, Deed.UPHOLD): State.CLOSED,
}
"""Where each deed leads; what is not here can't be done."""

SEEN_BY_AGENT = frozenset({State.RELEASED, State.ACCEPTED, State.OBJECTED, State.CLOSED})
WITH_REASONS = frozenset({Deed.CORRECT, Deed.OBJECT, Deed.UPHOLD})
"""Deeds for which reasons are given."""


class NotNow(Exception):
    """The review is not in a state for this; the text says in which it is."""


def after(state: State, deed: Deed) -> State:
    """Where a deed leads. Raises NotNow."""
    try:
        return AFTER[state, deed]
    except KeyError:
        raise NotNow(f"the review is {state}: it can't be done now ({deed})") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment on a question, or on the whole where ``question`` is empty. ``at_s``: at which second of the
    recording, if at one."""

    question: str = ""
    text: str = field(repr=False)
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a grader says: the names of answers by question, and comments."""

    answers: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One grader's, of one agent's talk in a call. Times are Unix seconds. ``sample`` is the rule by which it was
    drawn, for ``week``; ``calibration`` is the comparison it belongs to: then no agent sees it. ``score`` as
    ``Score.total``; ``fatal``: whether an answer made it 0."""

    id: str
    call: CallId
    agent: str
    queue: str
    talked_at: float
    grader: str
    form: str
    version: str
    state: State = State.OPEN
    sample: str = ""
    week: str = ""
    calibration: str = ""
    made_by: str
    made_at: float
    submitted_at: float | None = None
    score: float | None = None
    fatal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was done with a review, by whom, with reasons. ``content`` and ``score`` are those of a new
    version, of SUBMIT and CORRECT."""

    number: int
    at: float
    who: str
    deed: Deed
    reasons: str = field(default="", repr=False)
    content: Content | None = field(default=None, repr=False)
    score: float | None = None
