"""The verb callback: the caller would rather be called than wait."""

from __future__ import annotations

from collections.abc import Iterator

from cti.calls.events import CallbackWanted
from cti.outbound import NUMBER
from cti.site.files import Key
from ivr.node import FieldName, Link, Longest, Measure, MenuKey, Name, Question, Sink, Tries, Use
from ivr.prompt import Prompt, Prompted
from ivr.questions import MayCall
from ivr.walk import Ask, Hear, Speak, Steps, Walk

MAY_S = 1.0
"""The longest a caller waits for an answer, whether his number may be called."""


class Callback(Question):
    """Offers to call back about what a queue is for. ``confirm`` is the key that says yes and
    ``decline`` the one that says no; ``number`` is the field with the number to call. A caller
    whose number is not known, or is none that the site calls back, is not asked and goes to
    ``otherwise``. Who waited in that queue in this call keeps the place."""

    verb = "callback"
    names = "queue"
    callback: Name
    say: Prompted
    confirm: MenuKey = "1"
    decline: MenuKey = "2"
    number: FieldName = "caller"
    next: Name

    def asks(self) -> Prompt:
        return self.say

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next, unasked=False)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("say",), self.say
        yield from super().prompts()

    def uses(self) -> Iterator[Use]:
        yield from super().uses()
        yield Use(("number",), self.number, Sink.RECORD)

    def longest(self, measure: Measure) -> Longest:
        return super().longest(measure) + Longest(0, MAY_S)

    def walk(self, walk: Walk) -> Steps:
        number = str(walk.known().get(self.number, ""))
        if not NUMBER.fullmatch(number) or (yield Ask(MayCall(number), MAY_S)) is False:
            return walk.give_up(self.otherwise)
        tries = Tries(self)
        said: tuple[Prompt, ...] | None = (self.say,)
        while said is not None:
            yield Speak(said, self.barge_in)
            key = yield Hear(self.timeout)
            if key == self.confirm:
                walk.out.append(self._wish(walk, number))
                return self.next
            if key == self.decline:
                break
            said = tries.again(walk, silent=key is None)
        return walk.give_up(self.otherwise)

    def _wish(self, walk: Walk, number: str) -> CallbackWanted:
        waited, since = walk.waited, walk.since(self.callback)
        if waited is None or since is None:
            return CallbackWanted(call=walk.call, at=walk.now, number=number, queue=self.callback)
        return CallbackWanted(
            call=walk.call,
            at=walk.now,
            number=number,
            queue=self.callback,
            since=since,
            skills=waited.skills,
            priority=waited.priority,
            screen=waited.screen,
            level=waited.level,
        )
