"""What all verbs have in common.

A verb is one class: its fields are its keys in YAML, ``links`` where it leads, ``walk`` what a
caller goes through, and the rest what the checker needs to know of it. To add a verb, write its
class in ``verbs/`` and name it in ``verbs/__init__.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from cti.site.durations import Duration
from cti.site.files import Key, SiteModel
from ivr.prompt import NOTHING, Prompt, Prompted
from ivr.walk import Steps, Walk

KEYS = "0123456789*#ABCD"
"""The keys of a telephone (RFC 4733, section 3.2)."""


def _key(given: str) -> str:
    if len(given) != 1 or given not in KEYS:
        raise ValueError(f"{given!r} is no key of a telephone; those are 0 to 9, *, # and A to D")
    return given


MenuKey = Annotated[str, AfterValidator(_key)]
Name = Annotated[str, Field(coerce_numbers_to_str=True, min_length=1, max_length=100)]
FieldName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,39}$")]
"""The name of a field of the call's data."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a node to another. ``key`` is where it stands in the node; ``unasked`` says that
    a caller who presses nothing may go this way."""

    key: Key
    to: str
    unasked: bool = True


class Sink(StrEnum):
    """Where a value of the call's data can get out, and be seen or kept."""

    SPEECH = "speech"
    RECORD = "the call's record"
    SCREEN = "the agent's screen"
    URL = "a URL"
    REQUEST = "the body of a request"
    WAY = "the way that the call takes"


@dataclass(frozen=True, slots=True)
class Use:
    """A field of the data gets out at a node. ``key`` is where that stands in the node."""

    key: Key
    field: str
    sink: Sink


NameOf = Literal["queue", "destination", "flow", "box", "agent", "webhook", "host", "language", "number", "level"]
"""What a node may name that must be there: things of the site, and languages of the flow."""


@dataclass(frozen=True, slots=True)
class Want:
    """A node names something that must be there. ``key`` is where that stands in the node.
    ``skills`` (to the least level) are those that an agent of the queue must have besides."""

    key: Key
    kind: NameOf
    name: str
    skills: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Longest:
    """The most that a caller can go through at one node, going once through it."""

    prompts: int = 0
    seconds: float = 0.0

    def __add__(self, other: Longest) -> Longest:
        return Longest(self.prompts + other.prompts, self.seconds + other.seconds)


Measure = Callable[[Prompt], float]
"""The seconds a prompt lasts, in the language where it is longest."""


class Node(SiteModel):
    """What all verbs have."""

    verb: ClassVar[str]
    names: ClassVar[NameOf | None] = None
    """The verb's own value must be one of the site's names of this kind."""
    ends: ClassVar[bool] = False
    """The call leaves the flow here."""
    human: ClassVar[bool] = False
    """From here on the caller waits for a person."""

    def links(self) -> Iterator[Link]:
        """Where the node leads."""
        yield from ()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        """All that is said here."""
        yield from ()

    def sets(self) -> Mapping[str, tuple[str, ...]]:
        """The fields of the data set here, each with the fields that its value is made of."""
        return {}

    def secrets(self) -> tuple[str, ...]:
        """The fields set here that nobody may ever see."""
        return ()

    def uses(self) -> Iterator[Use]:
        """Where fields of the data get out. What is said is among it already."""
        for key, prompt in self.prompts():
            for value in prompt.values():
                yield Use(key, value.name, Sink.SPEECH)

    def reads(self) -> Iterator[tuple[Key, str]]:
        """The fields of the data that the node needs to be set, each with where that stands."""
        for use in self.uses():
            yield use.key, use.field
        for made, sources in self.sets().items():
            for source in sources:
                yield (self.verb, made), source

    def wants(self) -> Iterator[Want]:
        """What the node names that must be there: by default, the verb's own value."""
        if self.names is not None:
            yield Want((self.verb,), self.names, getattr(self, self.verb))

    def longest(self, measure: Measure) -> Longest:
        """The most a caller can go through here: by default, every prompt once."""
        return sum((once(prompt, measure) for _, prompt in self.prompts()), Longest())

    def before_human_s(self) -> float:
        """The seconds that can pass at a node of ``human`` until the caller waits for that person."""
        return 0.0

    def walk(self, walk: Walk) -> Steps:
        """Takes a caller through the node."""
        raise NotImplementedError(self.verb)


def once(prompt: Prompt, measure: Measure) -> Longest:
    """A prompt heard once."""
    return Longest(1, measure(prompt)) if prompt else Longest()


class Miss(SiteModel):
    """What follows a try without a valid input. ``retries`` None: those of the node."""

    say: Prompted = NOTHING
    retries: int | None = Field(default=None, ge=0, le=9)


class Question(Node):
    """What verbs that wait for keys share: they try again.

    ``retries`` is the number of tries after the first, counted apart for silence
    (``no_input``) and wrong keys (``no_match``). When they are used up the call goes to
    ``otherwise``, or is ended. Without ``barge_in`` keys pressed during or before the prompt
    are dropped.
    """

    timeout: Annotated[Duration, Field(gt=0, le=600)] = 5.0
    retries: int = Field(default=2, ge=0, le=9)
    no_input: Miss = Miss()
    no_match: Miss = Miss()
    barge_in: bool = True
    otherwise: Name | None = None

    def asks(self) -> Prompt:
        """What is said at each try."""
        raise NotImplementedError(self.verb)

    def asking(self, measure: Measure) -> Longest:
        """What is said at each try, heard once."""
        return once(self.asks(), measure)

    def listens_s(self) -> float:
        """The longest a caller can take over one try."""
        return self.timeout

    def links(self) -> Iterator[Link]:
        if self.otherwise is not None:
            yield Link(("otherwise",), self.otherwise)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("no_input", "say"), self.no_input.say
        yield ("no_match", "say"), self.no_match.say

    def retries_after(self, miss: Miss) -> int:
        return self.retries if miss.retries is None else miss.retries

    def longest(self, measure: Measure) -> Longest:
        """Silent and wrong as often as can be, and then right at the very end."""
        try_ = self.asking(measure) + Longest(0, self.listens_s())
        total = try_
        for miss in (self.no_input, self.no_match):
            for _ in range(self.retries_after(miss)):
                total += once(miss.say, measure) + try_
        return total


class Tries:
    """Counts what a caller did not manage at a question. ``asks`` is said at each try; what the
    node says, if None."""

    def __init__(self, node: Question, asks: Prompt | None = None) -> None:
        self._node = node
        self._asks = node.asks() if asks is None else asks
        self._silent = self._wrong = 0

    def again(self, walk: Walk, *, silent: bool) -> tuple[Prompt, ...] | None:
        """What to say for the next try, or None when there is none left."""
        walk.typed.clear()  # keys after a wrong one were meant for where it did not lead
        self._silent += silent
        self._wrong += not silent
        miss, count = (self._node.no_input, self._silent) if silent else (self._node.no_match, self._wrong)
        return (miss.say, self._asks) if count <= self._node.retries_after(miss) else None
