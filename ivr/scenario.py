"""Scenarios: a caller does this and expects that, written as YAML and run in virtual time.

flow: main
caller: "+4930123456"
at: 2026-11-23T10:00:00+01:00
answers: {switch: auto}
steps:
  - hear: Welcome
  - press: "1"
  - queued: orders
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from cti.calls.events import CallbackWanted, MessageLeft, Queued, Surveyed
from cti.site.durations import Duration
from cti.site.files import Document, Problem, SiteError, SiteModel, plain, problems, read
from ivr.answers import Prepared, Unprepared
from ivr.node import KEYS
from ivr.questions import Scalar
from ivr.rehearsal import Guessed, Happened, Pressed, Rehearsal, Said, Voice, secret_fields
from ivr.tree import Flows

BETWEEN_KEYS_S = 0.2
"""Seconds between two keys of one ``press``."""


def _keys(text: str) -> str:
    if not text or any(key not in KEYS for key in text):
        raise ValueError("must be keys of a telephone in quotes: 0 to 9, *, # and A to D")
    return text


def _moment(given: Any) -> float:
    """Unix seconds. What has no zone is UTC: so does the YAML reader give moments that have one."""
    if not isinstance(given, datetime):
        raise ValueError("must be a moment such as 2026-11-23T10:00:00+01:00")
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()


_Keys = Annotated[str, AfterValidator(_keys)]
_Words = str | tuple[str, ...]
_Fields = str | Mapping[str, Any]
STEPS: Mapping[str, Any] = {
    "hear": _Words,
    "press": _Keys,
    "press_now": _Keys,
    "silence": Duration,
    "speak": Duration,
    "answer": Mapping[str, Any],
    "talk": Duration,
    "transfer_fails": Literal[True],
    "hang_up": Literal[True],
    "node": str,
    "data": Mapping[str, Scalar],
    "language": str,
    "queued": _Fields,
    "transferred": str,
    "hung_up": Literal[True],
    "message": _Fields,
    "callback": _Fields,
    "survey": _Fields,
    "within": Duration,
}
"""Every step by its key, with what stands behind it."""

_EVENTS: Mapping[str, tuple[type[Any], str]] = {
    "queued": (Queued, "queue"),
    "message": (MessageLeft, "box"),
    "callback": (CallbackWanted, "number"),
    "survey": (Surveyed, "question"),
}
"""Steps that wait for an event: which, and the field that a bare text stands for."""


class _File(SiteModel):
    flow: str
    caller: str = Field(default="", max_length=80)
    dialled: str = Field(default="", max_length=80)
    at: Annotated[float, BeforeValidator(_moment)] = 0.0
    answers: Mapping[str, Any] = {}
    steps: tuple[Mapping[str, Any], ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``line`` is where it stands, from 1."""

    kind: str
    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that was read. ``at`` is when the call begins (Unix seconds)."""

    file: str
    flow: str
    caller: str
    dialled: str
    at: float
    answers: Mapping[str, Any]
    steps: Sequence[Step]


class Failed(Exception):
    """What a step expects did not come. ``story`` is the call up to there, a line each."""

    def __init__(self, scenario: Scenario, step: Step, why: str, story: Sequence[str]) -> None:
        super().__init__(f"{scenario.file}:{step.line}: {step.kind}: {why}")
        self.line, self.why, self.story = step.line, why, tuple(story)


def moment(text: str) -> float:
    """The Unix seconds of a moment such as 2026-11-23T10:00:00+01:00. Raises ValueError."""
    try:
        return _moment(datetime.fromisoformat(text))
    except ValueError:
        raise ValueError(f"{text!r} must be a moment such as 2026-11-23T10:00:00+01:00") from None


def load(path: Path, shown_as: str | None = None) -> Scenario:
    """Reads a scenario. Raises SiteError with everything that is wrong in it."""
    return parsed(read(path, shown_as))


def parsed(document: Document) -> Scenario:
    """A scenario from a document in hand. Raises SiteError."""
    try:
        head = _File.model_validate(plain(document.data))
    except ValidationError as error:
        raise SiteError(problems(error, document)) from None
    wrong: list[Problem] = []
    steps = []
    for i, raw in enumerate(head.steps):
        where = ("steps", i)
        if len(raw) != 1 or next(iter(raw)) not in STEPS:
            known = ", ".join(STEPS)
            wrong.append(document.problem(where, "is no step", f"a step is one of {known}, and what it takes"))
            continue
        ((kind, value),) = raw.items()
        try:
            steps.append(Step(kind, TypeAdapter(STEPS[kind]).validate_python(value), document.line(where)))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
            wrong.append(document.problem((*where, kind), first.replace("Input should be", "must be", 1)))
    if wrong:
        raise SiteError(wrong)
    return Scenario(document.file, head.flow, head.caller, head.dialled, head.at, head.answers, steps)


def run(scenario: Scenario, flows: Flows, voice: Voice | None = None) -> Rehearsal:
    """Runs a scenario. Raises Failed, and SiteError where there is no such flow."""
    if scenario.flow not in flows:
        raise SiteError([Problem(scenario.file, 0, "flow", f"there is no flow called {scenario.flow!r}")])
    return _Run(scenario, flows, voice or Guessed()).all()


class _Run:
    def __init__(self, scenario: Scenario, flows: Flows, voice: Voice) -> None:
        self._scenario, self._flows, self._voice = scenario, flows, voice
        self._prepared = Prepared(scenario.answers)
        self._seen = 0

    def all(self) -> Rehearsal:
        steps = list(self._scenario.steps)
        while steps and steps[0].kind == "answer":  # the first questions may come at once
            self._prepared.answers |= steps.pop(0).value
        s = self._scenario
        step = steps[0] if steps else s.steps[-1]
        call: Rehearsal | None = None
        try:
            call = self._call = Rehearsal(
                self._flows[s.flow],
                self._flows,
                self._voice,
                self._prepared,
                caller=s.caller,
                dialled=s.dialled,
                at=s.at,
            )
            for step in steps:
                why = self._take(step)
                if why:
                    raise Failed(s, step, why, told(call))
        except Unprepared as error:
            raise Failed(s, step, str(error), told(call) if call else []) from None
        return call

    def _take(self, step: Step) -> str:
        """Does the step, or waits for what it expects; what is wrong, or nothing."""
        call, value = self._call, step.value
        match step.kind:
            case "press" | "press_now" | "silence" | "speak" | "talk" | "transfer_fails" | "hang_up":
                return self._act(step.kind, value)
            case "answer":
                self._prepared.answers |= value
            case "hear":
                return next((why for words in _list(value) if (why := self._hear(words))), "")
            case "node":
                before = self._seen
                if not self._found(lambda happened: happened.node == value):
                    return f"the caller never came to {value}; {standing(call)}"
                self._seen = before  # what was said there may still be asked for
            case "data":
                wrong = [k for k, v in value.items() if k not in call.data or str(call.data[k]) != str(v)]
                secret = secret_fields(self._flows)
                known = ", ".join(f"{k}={'•' if k in secret else v}" for k, v in call.data.items())
                return f"{', '.join(wrong)} is not so; the data are {known or 'none'}" if wrong else ""
            case "language":
                return "" if call.language == value else f"the caller hears {call.language}"
            case "transferred":
                to = self._over() and call.transfer
                return "" if to and to.to == value else self._instead()
            case "hung_up":
                self._over()
                gone = call.over and call.transfer is None and call.queued is None
                return "" if gone else self._instead()
            case "within":
                took = call.now - call.began
                return "" if took <= value else f"it took {took:.1f} s"
            case _:
                return self._event(step.kind, value)
        return ""

    def _act(self, kind: str, value: Any) -> str:
        call = self._call
        self._seen = len(call.log)
        match kind:
            case "press" | "press_now":
                for i, key in enumerate(value):
                    if i:
                        call.advance(call.now + BETWEEN_KEYS_S)
                    while kind == "press" and call.deaf:
                        call.step()
                    if call.over:
                        return f"the call is over: {self._instead()}"
                    call.press(key)
            case "silence":
                while not (call.over or call.listening or call.taping):
                    call.step()
                call.advance(call.now + value)
            case "speak":
                while not (call.over or call.listening or call.taping):
                    call.step()
                if not call.taping:
                    return "nothing is recorded here"
                call.speak(value)
            case "talk":
                self._over()
                if not call.talk(value):
                    return f"the caller waits in no queue: {self._instead()}"
            case "transfer_fails":
                if not (self._over() and call.transfer):
                    return f"there is no transfer: {self._instead()}"
                call.fail_transfer()
            case "hang_up":
                call.hang_up()
        return ""

    def _over(self) -> bool:
        """Lets the flow go on until the call leaves it, it wants a key, or the caller waits in a queue."""
        while not (self._call.over or self._call.waiting or self._call.listening or self._call.taping):
            self._call.step()
        return self._call.over

    def _found(self, fits: Callable[[Happened], bool]) -> bool:
        """Whether something fits that happens before the flow wants something of the caller."""
        call = self._call
        at = self._seen
        while True:
            for i in range(at, len(call.log)):
                if fits(call.log[i]):
                    self._seen = i + 1
                    return True
            at = len(call.log)
            if call.over or call.listening or call.taping:
                return False
            call.step()

    def _hear(self, words: str) -> str:
        wanted = _normal(words)
        if self._found(lambda h: isinstance(h.what, Said) and wanted in _normal(h.what.words)):
            return ""
        return f"{words!r} was not heard: {self._instead()}"

    def _event(self, kind: str, value: Any) -> str:
        event, main = _EVENTS[kind]
        wanted = value if isinstance(value, Mapping) else {main: value}
        if unknown := wanted.keys() - {f.name for f in fields(event)}:
            return f"{', '.join(sorted(unknown))} is not known of it"

        def fits(happened: Happened) -> bool:
            what = happened.what
            return isinstance(what, event) and all(_same(getattr(what, k), v) for k, v in wanted.items())

        return "" if self._found(fits) else self._instead()

    def _instead(self) -> str:
        """What came instead, since the last step that was right."""
        call = self._call
        heard = [h.what.words for h in call.log[self._seen :] if isinstance(h.what, Said)]
        said = f"heard instead: {' | '.join(heard)}" if heard else "nothing more was heard"
        return f"{said}; {standing(call)}"


def standing(call: Rehearsal) -> str:
    """How the call stands now, in words."""
    if call.transfer is not None:
        return f"it was transferred to {call.transfer.to}"
    if call.queued is not None:
        return f"it waits in the queue {call.queued.queue}"
    if call.over:
        return "it is over"
    return f"{call.node} ({call.here.verb}) waits for the caller"


def told(call: Rehearsal) -> list[str]:
    """The call so far, a line each. Keys are not told: they may be secrets."""
    return [f"{happened.at - call.began:7.1f} s  {happened.node:<16} {_line(happened)}" for happened in call.log]


def _line(happened: Happened) -> str:
    match happened.what:
        case Said(words=words):
            return f"“{words}”"
        case Pressed(counted=counted):
            return "a key" if counted else "a key, dropped: this prompt is heard whole"
    kind = type(happened.what)
    shown = {
        f.name: getattr(happened.what, f.name)
        for f in fields(kind)
        if f.name not in ("at", "call", "flow", "node", "version") and getattr(happened.what, f.name)
    }
    return " ".join([kind.__name__, *(f"{k}={v}" for k, v in shown.items())])


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(key in found and _same(found[key], value) for key, value in wanted.items())
    return str(found) == str(wanted)


def _normal(words: str) -> str:
    return " ".join(words.casefold().split())


def _list(value: Any) -> Iterator[str]:
    yield from (value,) if isinstance(value, str) else value
