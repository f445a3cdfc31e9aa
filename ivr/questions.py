"""What a flow asks of the world outside: questions, and what is answered.

A walk does no I/O. It yields ``Ask(question)`` and is resumed with the answer; the shell
(``outside.py``), the terminal and the tests each answer in their own way. Every question has a
time-out, after which the answer is ``Unanswered``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cti.calls.words import CallId

Scalar = str | int | float | bool
"""A value of a call's data."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer: a time-out, or something failed. ``why`` never holds a caller's data."""

    why: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """Have a text with its values spoken now. Answered by a ``session.Sound``."""

    language: str
    voice: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetch:
    """GET a URL, or POST the ``body`` to it. Answered by the fields of ``save`` that were found (a
    dict): each is a path of keys and indexes, joined by dots, into the JSON that comes back."""

    url: str = field(repr=False)
    save: Mapping[str, str]
    body: Mapping[str, Scalar] | None = field(default=None, repr=False)
    timeout_s: float = 2.0
    retries: int = 1


@dataclass(frozen=True, slots=True)
class CheckSecret:
    """Is this the PIN of the account, or the one-time code sent for it? Answered by a Verdict."""

    account: str = field(repr=False)
    caller: str = field(repr=False)
    entered: str = field(repr=False)
    code: bool


@dataclass(frozen=True, slots=True)
class SendCode:
    """Make a one-time code for the account and send it by the site's webhook. Answered by True, or
    by a Verdict that is locked."""

    account: str = field(repr=False)
    caller: str = field(repr=False)
    webhook: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a ``CheckSecret``. ``locked``: no more tries for now, right or wrong."""

    right: bool
    locked: bool = False


@dataclass(frozen=True, slots=True)
class SwitchState:
    """How the site's manual switch of this name stands. Answered by "open", "closed" or "auto"."""

    name: str


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """How often each key of this menu was chosen lately. Answered by a dict of key to count."""

    flow: str
    node: str


@dataclass(frozen=True, slots=True)
class InQueue:
    """How does this call stand in its queue? Answered by a Standing, or None where it does not wait."""

    call: CallId


@dataclass(frozen=True, slots=True)
class LastAgent:
    """Who spoke with this caller last, or ``first``? Answered by the agent's name, empty for nobody."""

    caller: str = field(repr=False)
    first: bool = False


@dataclass(frozen=True, slots=True)
class WhoCalls:
    """What do the customers' cards say of this caller? Answered by texts of the card (a dict), those that
    all cards of the number have alike; empty for a number of nobody."""

    caller: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MayCall:
    """May we call this number back? Answered by True or False."""

    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomToRecord:
    """Is there room on the disk for what a caller will say? Answered by True or False."""


Question = (
    Spoken
    | Fetch
    | CheckSecret
    | SendCode
    | SwitchState
    | KeyUsage
    | InQueue
    | LastAgent
    | WhoCalls
    | MayCall
    | RoomToRecord
)
