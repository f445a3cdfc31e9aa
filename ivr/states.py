"""What a session waits for: each state has its deadline (Unix seconds)."""

from __future__ import annotations

from dataclasses import dataclass

from cti.calls.words import OfferId
from ivr.prompt import Piece

Said = tuple[str, Piece]
"""A piece of a prompt, and the language to say it in."""


@dataclass(frozen=True, slots=True)
class Answering:
    deadline: float


@dataclass(frozen=True, slots=True)
class Speaking:
    """``pieces`` begins with the one being played. ``again``: its end was not the caller's wish."""

    deadline: float
    play: int
    pieces: tuple[Said, ...]
    barge_in: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class Taping:
    deadline: float
    play: int


@dataclass(frozen=True, slots=True)
class Asking:
    """``then`` are the pieces to be played after the one asked for, when a text is being spoken."""

    deadline: float
    number: int
    then: tuple[Said, ...] | None = None
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Hearing:
    deadline: float


@dataclass(frozen=True, slots=True)
class Joining:
    """The agent of an offer has picked up: nothing is said to the caller who waits until that has come to
    something. ``asking``: a question was open."""

    deadline: float
    offer: OfferId
    asking: bool


@dataclass(frozen=True, slots=True)
class Leaving:
    deadline: float


State = Answering | Speaking | Taping | Asking | Hearing | Joining | Leaving
