"""The verb consent: callers are told that talks are recorded, and can say no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from cti.calls.events import Consented
from cti.site.durations import Duration
from cti.site.files import Key
from ivr.node import Link, Longest, Measure, MenuKey, Name, Node, once
from ivr.prompt import Prompt, Prompted
from ivr.walk import Hear, Speak, Steps, Walk


class Consent(Node):
    """Says that talks are recorded, and takes the caller's no: then none of this call is, from now on, and
    its record says so. Who presses ``refuse`` refuses. With ``agree`` consent must be given: whoever does not
    press that key refuses. A flow may ask again: the last answer counts.
    """

    verb = "consent"
    consent: Prompted
    refuse: MenuKey = "2"
    agree: MenuKey | None = None
    timeout: Annotated[Duration, Field(gt=0, le=600)] = 5.0
    barge_in: bool = True
    next: Name

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.agree == self.refuse:
            raise ValueError(f"agree and refuse are the same key, {self.refuse}")
        return self

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("consent",), self.consent

    def longest(self, measure: Measure) -> Longest:
        return once(self.consent, measure) + Longest(0, self.timeout)

    def walk(self, walk: Walk) -> Steps:
        walk.typed.clear()  # what was pressed before this was heard is no answer to it
        yield Speak((self.consent,), self.barge_in)
        key = yield Hear(self.timeout)
        given = key != self.refuse if self.agree is None else key == self.agree
        walk.out.append(Consented(call=walk.call, at=walk.now, given=given))
        return self.next
