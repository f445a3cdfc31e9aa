"""The verb verify: is the caller who they say they are?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from cti.calls.events import Chosen
from cti.site.files import Key
from ivr.node import FieldName, Link, Longest, Measure, Name, Sink, Tries, Use, Want
from ivr.prompt import Prompt, Prompted
from ivr.questions import CheckSecret, SendCode, Unanswered, Verdict
from ivr.verbs.talk import Digits, Entry
from ivr.walk import Ask, Speak, Steps, Walk

CHECK_S = 3.0
"""The longest a caller waits for an answer, whether it is right or a code is sent."""

CODE = Digits(6, 6)
"""How many digits a one-time code has."""


class Verify(Entry):
    """Asks for the PIN of an account, or for a one-time code that is sent now.

    ``account`` is the field of the call's data that names the account. A code is sent by the
    ``webhook`` of that name in site.yaml, and is good for 10 minutes. Who enters the right one goes
    to ``next``; who is locked out, after 5 wrong entries for the account or by the caller, to
    ``locked`` for 15 minutes, whatever they enter. What is entered is kept nowhere; the record says
    only ``verified``, ``refused``, ``locked``, or ``unchecked`` where it could not be looked at.
    """

    verb = "verify"
    verify: Literal["pin", "code"]
    account: FieldName
    webhook: Name | None = None
    say: Prompted
    next: Name
    locked: Name

    @model_validator(mode="after")
    def _codes_are_sent(self) -> Self:
        if (self.verify == "code") != (self.webhook is not None):
            raise ValueError("a code needs a webhook to be sent by, and a PIN has none")
        if self.verify == "code" and self.digits != CODE:
            raise ValueError("a code has 6 digits; write digits: 6")
        return self

    def asks(self) -> Prompt:
        return self.say

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next, unasked=False)
        yield Link(("locked",), self.locked)
        yield from super().links()

    def prompts(self) -> Iterator[tuple[Key, Prompt]]:
        yield ("say",), self.say
        yield from super().prompts()

    def uses(self) -> Iterator[Use]:
        yield from super().uses()
        if self.verify == "code":
            yield Use(("account",), self.account, Sink.REQUEST)

    def reads(self) -> Iterator[tuple[Key, str]]:
        yield from super().reads()
        yield ("account",), self.account

    def wants(self) -> Iterator[Want]:
        if self.webhook is not None:
            yield Want(("webhook",), "webhook", self.webhook)

    def longest(self, measure: Measure) -> Longest:
        tries = 1 + self.retries_after(self.no_input) + self.retries_after(self.no_match)
        return super().longest(measure) + Longest(0, CHECK_S * (tries + (self.verify == "code")))

    def walk(self, walk: Walk) -> Steps:
        account = str(walk.known().get(self.account, ""))
        if self.webhook is not None:
            sent = yield Ask(SendCode(account, walk.caller, self.webhook), CHECK_S)
            if isinstance(sent, Verdict):
                return _over(walk, "locked", self.locked)
            if isinstance(sent, Unanswered):
                _over(walk, "unchecked")
                return walk.give_up(self.otherwise)
        tries = Tries(self)
        said: tuple[Prompt, ...] | None = (self.say,)
        while said is not None:
            yield Speak(said, self.barge_in)
            entered = yield from self.entry(walk)
            if entered is not None and self.fits(entered):
                verdict = yield Ask(CheckSecret(account, walk.caller, entered, self.verify == "code"), CHECK_S)
                match verdict:
                    case Verdict(right=True):
                        return _over(walk, "verified", self.next)
                    case Verdict(locked=True):
                        return _over(walk, "locked", self.locked)
                    case Unanswered():
                        _over(walk, "unchecked")
                        return walk.give_up(self.otherwise)
            said = tries.again(walk, silent=entered is None)
        _over(walk, "refused")
        return walk.give_up(self.otherwise)


def _over(walk: Walk, how: str, to: str = "") -> str:
    """Tells the record how it came out."""
    walk.out.append(Chosen(call=walk.call, at=walk.now, node=walk.node, value=how))
    return to
