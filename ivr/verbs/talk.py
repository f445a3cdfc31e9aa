"""Verbs that speak with the caller: say, menu, collect."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from cti.calls.events import Chosen
from cti.masking import masked
from cti.site.durations import Duration
from cti.site.files import Key, SiteModel
from ivr.node import (
    FieldName,
    Link,
    Longest,
    Measure,
    MenuKey,
    Name,
    Node,
    Question,
    Sink,
    Tries,
    Use,
)
from ivr.prompt import NOTHING, Prompt, Prompted, joined
from ivr.questions import KeyUsage, Unanswered
from ivr.walk import Ask, Hear, Need, Speak, Steps, Walk

MAX_DIGITS = 32
"""The most a caller can be asked to enter at once."""

USAGE_S = 0.5
"""Seconds to learn what callers chose lately, before a menu is read out as it is written."""


class Say(Node):
    """Says something and goes on."""

    verb = "say"
    say: Prompted
    barge_in: bool = True
    next: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("say",), self.say

    def walk(self, walk: Walk) -> Steps:
        yield Speak((self.say,), self.barge_in)
        return self.next


class Way(SiteModel):
    """Where a key of a menu leads; ``say`` is what announces it."""

    to: Name
    say: Prompted = NOTHING


def _way(given: Any) -> Any:
    return given if isinstance(given, Mapping | Way) else {"to": given}


class Menu(Question):
    """Says what there is, and goes where the key pressed leads.

    A key is written ``"1": orders``, or ``"1": {to: orders, say: For orders, press 1.}``. What the
    keys say follows what the menu says: as written, or with ``order: usage`` the most chosen of the
    last days first. What a key means never changes.
    """

    verb = "menu"
    menu: Prompted
    keys: Mapping[MenuKey, Annotated[Way, BeforeValidator(_way)]] = Field(min_length=1)
    order: Literal["written", "usage"] = "written"

    @model_validator(mode="after")
    def _has_something_to_order(self) -> Self:
        if self.order == "usage" and sum(1 for way in self.keys.values() if way.say) < 2:
            raise ValueError('order: usage needs keys that say something: "1": {to: orders, say: For orders, press 1.}')
        return self

    def asks(self) -> Prompt:
        return self._asks({})

    def _asks(self, usage: Mapping[str, int]) -> Prompt:
        """What is said, the most used keys first; those used as much as each other as written."""
        order = sorted(self.keys, key=lambda key: -usage.get(key, 0))
        return joined([self.menu, *(self.keys[key].say for key in order)])

    def links(self) -> Iterator[Link]:
        for key, way in self.keys.items():
            yield Link(("keys", key), way.to, unasked=False)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("menu",), self.menu
        for key, way in self.keys.items():
            if way.say:
                yield ("keys", key, "say"), way.say
        yield from super().prompts()

    def longest(self, measure: Measure) -> Longest:
        return super().longest(measure) + Longest(0, USAGE_S if self.order == "usage" else 0.0)

    def walk(self, walk: Walk) -> Steps:
        asks = self.asks()
        if self.order == "usage" and not walk.typed:
            usage = yield Ask(KeyUsage(walk.flow.name, walk.node), USAGE_S)
            if not isinstance(usage, Unanswered):
                asks = self._asks(usage)
        tries = Tries(self, asks)
        said: tuple[Prompt, ...] | None = (asks,)
        while said is not None:
            yield Speak(said, self.barge_in)
            key = yield Hear(self.timeout)
            if key in self.keys:
                walk.out.append(Chosen(call=walk.call, at=walk.now, node=walk.node, value=key))
                return self.keys[key].to
            said = tries.again(walk, silent=key is None)
        return walk.give_up(self.otherwise)


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


class Entry(Question):
    """What verbs share that take in digits. They are complete when there are as many as can be,
    at the terminator, or after ``interdigit_timeout`` of silence."""

    digits: Annotated[Digits, BeforeValidator(_digits)]
    terminator: Literal["#", "*"] | None = "#"
    interdigit_timeout: Annotated[Duration, Field(gt=0, le=600)] = 3.0

    def listens_s(self) -> float:
        return self.timeout + self.interdigit_timeout * self.digits.most

    def entry(self, walk: Walk) -> Generator[Need, str | None, str | None]:
        """What the caller enters, or None for silence. Wrong keys are taken too and judged at the
        end, so that the rest of a bad entry does not count as the start of the next one."""
        value = ""
        key = yield Hear(self.timeout)
        if key is None:
            return None
        while key is not None and key != self.terminator:
            value += key
            if len(value) == self.digits.most:
                if self.terminator is not None:
                    walk.trailing = (self.terminator, walk.now + self.interdigit_timeout)
                break
            key = yield Hear(self.interdigit_timeout)
        return value

    def fits(self, value: str | None) -> bool:
        """Whether what was entered is digits, and enough of them."""
        return value is not None and len(value) >= self.digits.least and value.isdecimal()


class Collect(Entry):
    """Asks for digits, and saves them in the call's data.

    ``name`` is the field they are saved in; without it they are in the call's record only, under
    the node's name. ``pattern`` is a regular expression that they must match. A ``secret`` value
    is told to nobody.
    """

    verb = "collect"
    collect: Prompted
    name: FieldName | None = None
    pattern: str | None = Field(default=None, max_length=200)
    secret: bool = False
    next: Name

    def asks(self) -> Prompt:
        return self.collect

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next, unasked=False)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("collect",), self.collect
        yield from super().prompts()

    def sets(self) -> Mapping[str, tuple[str, ...]]:
        return {} if self.name is None else {self.name: ()}

    def secrets(self) -> tuple[str, ...]:
        return (self.name,) if self.secret and self.name is not None else ()

    def uses(self) -> Iterator[Use]:
        yield from super().uses()
        if self.name is not None and not self.secret:
            yield Use(("collect",), self.name, Sink.RECORD)

    def walk(self, walk: Walk) -> Steps:
        tries = Tries(self)
        said: tuple[Prompt, ...] | None = (self.collect,)
        while said is not None:
            yield Speak(said, self.barge_in)
            value = yield from self.entry(walk)
            if value is not None and self.fits(value):
                if self.name is not None:
                    walk.data[self.name] = value
                if not self.secret:
                    node = self.name or walk.node
                    walk.out.append(Chosen(call=walk.call, at=walk.now, node=node, value=masked(value)))
                return self.next
            said = tries.again(walk, silent=value is None)
        return walk.give_up(self.otherwise)

    def fits(self, value: str | None) -> bool:
        return super().fits(value) and (self.pattern is None or re.fullmatch(self.pattern, value or "") is not None)
