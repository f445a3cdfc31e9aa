"""The verb language: the caller chooses one, or the flow sets it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from cti.calls.events import Chosen, LanguageChosen
from cti.site.files import Key
from ivr.node import Link, Longest, Measure, MenuKey, Name, Question, Tries, Want
from ivr.prompt import LANGUAGE, NOTHING, Prompt, Prompted
from ivr.walk import Hear, Speak, Steps, Walk

LanguageName = Annotated[str, Field(pattern=f"^{LANGUAGE.pattern}$")]


class Language(Question):
    """What the caller hears from here on.

    ``language: zh`` sets it. ``language: {"1": en, "2": zh}`` asks: ``say`` is then spoken in each
    of its languages in turn, by that language's voice. Who does not choose goes on in the language
    that was, or to ``otherwise``.
    """

    verb = "language"
    language: LanguageName | Annotated[Mapping[MenuKey, LanguageName], Field(min_length=1)]
    say: Prompted = NOTHING
    next: Name

    @model_validator(mode="after")
    def _asks_or_sets(self) -> Self:
        if isinstance(self.language, str):
            if extra := sorted(self.model_fields_set - {"language", "next"}):
                raise ValueError(f"{', '.join(extra)}: for a language that callers choose by a key")
        elif not self.say:
            raise ValueError("a menu of languages needs say")
        return self

    def asks(self) -> Prompt:
        return self.say

    def asking(self, measure: Measure) -> Longest:
        """In every language, one after the other."""
        if not self.say.languages:
            return super().asking(measure)
        said = [Prompt(((language, pieces),)) for language, pieces in self.say.by_language]
        return Longest(1, sum(measure(prompt) for prompt in said))

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        if self.say:
            yield ("say",), self.say
            yield from super().prompts()

    def wants(self) -> Iterator[Want]:
        if isinstance(self.language, str):
            yield Want(("language",), "language", self.language)
        else:
            for key, language in self.language.items():
                yield Want(("language", key), "language", language)

    def longest(self, measure: Measure) -> Longest:
        return Longest() if isinstance(self.language, str) else super().longest(measure)

    def walk(self, walk: Walk) -> Steps:
        if isinstance(self.language, str):
            self._set(walk, self.language)
            return self.next
        tries = Tries(self)
        said: tuple[Prompt, ...] | None = (self.say,)
        while said is not None:
            yield Speak(said, self.barge_in, every=True)
            key = yield Hear(self.timeout)
            if key in self.language:
                walk.out.append(Chosen(call=walk.call, at=walk.now, node=walk.node, value=key))
                self._set(walk, self.language[key])
                return self.next
            said = tries.again(walk, silent=key is None)
        return self.otherwise or self.next

    def _set(self, walk: Walk, language: str) -> None:
        walk.language = language
        walk.out.append(LanguageChosen(call=walk.call, at=walk.now, language=language))
