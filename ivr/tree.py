"""A flow as a tree of nodes: one class for each YAML verb.

To add a verb: a class here (its name in ``VERBS``), and in ``verbs.py`` how a caller walks it.
A node's verb key holds the verb's main thing; its settings stand beside it:

    main: {menu: "For orders press 1.", keys: {"1": orders}, otherwise: help}
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from cti.durations import Duration
from cti.site_files import Key, SiteModel
from ivr.hours import Hours

KEYS = "0123456789*#ABCD"
"""The keys of a telephone (RFC 4733, section 3.2)."""

MAX_DIGITS = 32
"""The most a caller can be asked to enter at once."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class File:
    """A sound file, by its path inside the site's prompts folder."""

    name: str


Piece = Text | File


def _clean(text: Any, longest: int) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a prompt is text, or file: name.wav, or a list of those")
    words = " ".join(text.split())
    if len(words) > longest or any(unicodedata.category(c) in ("Cc", "Cs") for c in words):
        raise ValueError(f"is too long (over {longest} characters) or has control characters")
    return words


def _piece(given: Any) -> Piece:
    match given:
        case Text() | File():
            return given
        case {"file": name, **rest} if not rest:
            return File(_clean(name, 200))
        case {"say": text, **rest} if not rest:
            return Text(_clean(text, 4000))
    return Text(_clean(given, 4000))


def _prompt(given: Any) -> tuple[Piece, ...]:
    pieces = given if isinstance(given, list | tuple) else [given]
    return tuple(_piece(part) for part in pieces or [None])


Prompt = Annotated[tuple[Piece, ...], BeforeValidator(_prompt)]
"""What the caller hears, piece after piece."""

Wait = Annotated[Duration, Field(gt=0, le=600)]
"""``5s``, ``2m`` or ``500ms`` in YAML, seconds here."""


def _key(given: str) -> str:
    if len(given) != 1 or given not in KEYS:
        raise ValueError(f"{given!r} is no key of a telephone; those are 0 to 9, *, # and A to D")
    return given


MenuKey = Annotated[str, AfterValidator(_key)]

Name = Annotated[str, Field(coerce_numbers_to_str=True, min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class Digits:
    """How many digits to enter."""

    least: int
    most: int


def _digits(given: Any) -> Digits:
    found = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", str(given), re.ASCII)
    if found is None or not 1 <= int(found[1]) <= int(found[2] or found[1]) <= MAX_DIGITS:
        raise ValueError(f"{given!r} is no number of digits; write 6 or 4-8 ({MAX_DIGITS} at most)")
    return Digits(int(found[1]), int(found[2] or found[1]))


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a node to another. ``key`` is where it stands in the node; ``unasked`` says that
    a caller who presses nothing goes this way."""

    key: Key
    to: str
    unasked: bool = True


class Node(SiteModel):
    """What all verbs have."""

    verb: ClassVar[str]
    names: ClassVar[Literal["queue", "destination"] | None] = None
    """The verb's own value must be one of the site's names of this kind."""
    ends: ClassVar[bool] = False
    """The call leaves the flow here."""

    def links(self) -> Iterator[Link]:
        yield from ()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield from ()


class Say(Node):
    """Says something and goes on."""

    verb = "say"
    say: Prompt
    barge_in: bool = True
    next: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("say",), self.say


class Miss(SiteModel):
    """What follows a try without a valid input. ``retries`` None: those of the node."""

    say: Prompt = ()
    retries: int | None = Field(default=None, ge=0, le=9)


class Question(Node):
    """What menu and collect share: they wait for keys, and try again.

    ``retries`` is the number of tries after the first, counted apart for silence
    (``no_input``) and wrong keys (``no_match``). When they are used up the call goes to
    ``otherwise``, or is ended. Without ``barge_in`` keys pressed during or before the prompt
    are dropped.
    """

    timeout: Wait = 5.0
    retries: int = Field(default=2, ge=0, le=9)
    no_input: Miss = Miss()
    no_match: Miss = Miss()
    barge_in: bool = True
    otherwise: Name | None = None

    def links(self) -> Iterator[Link]:
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("no_input", "say"), self.no_input.say
        yield ("no_match", "say"), self.no_match.say


class Menu(Question):
    """Says what there is, and goes where the key pressed leads."""

    verb = "menu"
    menu: Prompt
    keys: Mapping[MenuKey, Name] = Field(min_length=1)

    def links(self) -> Iterator[Link]:
        for key, to in self.keys.items():
            yield Link(("keys", key), to, unasked=False)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("menu",), self.menu
        yield from super().prompts()


class Collect(Question):
    """Asks for digits. They are complete when there are as many as can be, at the terminator, or
    after ``interdigit_timeout`` of silence. A ``secret`` value is told to nobody.

    ``name`` is what the value is called in the record; without it, the node's name.
    """

    verb = "collect"
    collect: Prompt
    name: Name | None = None
    digits: Annotated[Digits, BeforeValidator(_digits)]
    terminator: Literal["#", "*"] | None = "#"
    interdigit_timeout: Wait = 3.0
    secret: bool = False
    next: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next, unasked=False)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("collect",), self.collect
        yield from super().prompts()


class OpeningHours(Node):
    """Goes one way in opening hours and another outside."""

    verb = "hours"
    hours: Hours
    open: Name
    closed: Name

    def links(self) -> Iterator[Link]:
        yield Link(("open",), self.open)
        yield Link(("closed",), self.closed)


class Queue(Node):
    """Lets the caller wait for an agent. ``skills`` maps a skill to the least level wanted."""

    verb = "queue"
    names = "queue"
    ends = True
    queue: Name
    skills: Mapping[Name, Annotated[int, Field(ge=1, le=10)]] = {}
    priority: int = Field(default=0, ge=0, le=1000)


class TransferTo(Node):
    """Sends the caller to a destination of the site; ``otherwise`` is where to go if that fails."""

    verb = "transfer"
    names = "destination"
    ends = True
    transfer: Name
    otherwise: Name | None = None

    def links(self) -> Iterator[Link]:
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)


class Goto(Node):
    """Goes on at another node."""

    verb = "goto"
    goto: Name

    def links(self) -> Iterator[Link]:
        yield Link(("goto",), self.goto)


class HangUp(Node):
    """Ends the call."""

    verb = "hangup"
    ends = True
    hangup: Literal[True]


VERBS: Mapping[str, type[Node]] = {
    node.verb: node for node in (Say, Menu, Collect, OpeningHours, Queue, TransferTo, Goto, HangUp)
}


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that has been checked: every link leads to a node that is there."""

    name: str
    file: str
    start: str
    voice: str
    nodes: Mapping[str, Node]


Flows = Mapping[str, Flow]
"""Flows by name, which is their file's name without suffix."""
