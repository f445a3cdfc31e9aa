"""queues.yaml: the queues of a site as they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from cti.site.durations import Duration, seconds
from cti.site.files import SiteModel
from cti.site.hours import Hours
from routing.dispositions import Disposition, Tree
from routing.queues import Callbacks, Exit, Order, Overflow, Queue, Queues, Relaxation, Rule, Target

Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]{0,39}$")]
Skills = dict[Name, Annotated[int, Field(strict=True, ge=1, le=10)]]
"""Skill to level, 1 (some) to 10 (best)."""
Groups = Annotated[tuple[Name, ...], Field(max_length=100)]
"""Groups of the roster."""
Points = Annotated[int, Field(strict=True, ge=-1000, le=1000)]
# The class of musiconhold.conf goes into a command to Asterisk as it is.
MusicClass = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,79}$")]

DEEPEST = 5
"""Levels of a tree of dispositions."""
MOST_RESULTS = 100
"""Names under one of them."""

MOST_S = 24 * 3600
"""The longest wait that a rule can speak of."""
MOST_CALLS = 10_000


def _share(given: Any) -> float:
    found = re.fullmatch(r"(\d{1,3})\s*%", given, re.ASCII) if isinstance(given, str) else None
    if found is not None and int(found[1]) == 100:
        raise ValueError("cannot be 100%: that is beyond any number of agents; 99% is the most")
    if found is None or not 1 <= int(found[1]) <= 99:
        raise ValueError("must be a share from 1% to 99%, such as 80%")
    return int(found[1]) / 100


def _ageing(given: Any) -> Any:
    if isinstance(given, int | float) and not given > 0:
        raise ValueError("must be more than 0, so that no queue starves")
    return given


def _tree(given: Any, under: str = "", depth: int = 1) -> Any:
    """A list of names, and of names with a list under them, as dispositions."""
    where = f" under {under!r}" if under else ""
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_RESULTS:
        raise ValueError(f"must be a list of 1 to {MOST_RESULTS} dispositions{where}, as [Sold, Not sold]")
    if depth > DEEPEST:
        raise ValueError(f"is more than {DEEPEST} levels deep{where}")
    found: list[Disposition] = []
    for entry in given:
        name, below = next(iter(entry.items())) if isinstance(entry, Mapping) and len(entry) == 1 else (entry, None)
        if not isinstance(name, str) or not re.fullmatch(r"[^\s>]([^>\x00-\x1f\x7f]{0,58}[^\s>])?", name):
            shown = f"{str(name)[:60]!r}{where}"
            raise ValueError(f"{shown} is no name of a disposition: a text of 60 characters at most, without >")
        if any(one.name == name for one in found):
            raise ValueError(f"{name!r} is listed twice{where}")
        found.append(Disposition(name, () if below is None else _tree(below, name, depth + 1)))
    return tuple(found)


Dispositions = Annotated[Tree, PlainValidator(_tree), WithJsonSchema({"type": "array", "minItems": 1})]


ON_DEMAND = "on-demand"


def _record(given: Any) -> float | str:
    if isinstance(given, bool):
        return float(given)
    if given == ON_DEMAND:
        return ON_DEMAND
    try:
        return _share(given)
    except ValueError:
        raise ValueError("must be true, false, on-demand, or a share of calls from 1% to 99%, such as 20%") from None


Record = Annotated[
    float | Literal["on-demand"],
    BeforeValidator(_record),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": r"^(on-demand|\d{1,2}\s*%)$"}]}),
]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}\s*%$"})]


class RelaxFields(SiteModel):
    """A step of a queue's ``relax``."""

    after: Annotated[Duration, Field(ge=1, le=MOST_S)]
    skills: Skills = Field(default_factory=dict)
    drop: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    groups: Groups = ()
    anyone: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _asks_for_less(self) -> Self:
        if not (self.skills or self.drop or self.groups or self.anyone):
            raise ValueError("asks for nothing less: give skills, drop, groups or anyone: true")
        if both := sorted(self.skills.keys() & set(self.drop)):
            raise ValueError(f"both lowers and drops {', '.join(both)}: do one of them")
        if self.groups and self.anyone:
            raise ValueError("has groups and anyone: whoever is in the groups is anyone; take the groups out")
        return self

    def build(self) -> Relaxation:
        return Relaxation(self.after, self.skills, frozenset(self.drop), frozenset(self.groups), self.anyone)


class TargetFields(SiteModel):
    """A queue's ``target``."""

    share: Share = 0.8
    within: Annotated[Duration, Field(ge=1, le=3600)] = 20.0


class DispositionFields(SiteModel):
    """A queue's ``disposition``."""

    tree: Name
    required: Annotated[bool, Field(strict=True)] = False


class CallbackFields(SiteModel):
    """A queue's ``callbacks``."""

    tries: Annotated[int, Field(strict=True, ge=1, le=10)] = 3
    retry: Annotated[Duration, Field(ge=10, le=MOST_S)] = 300.0
    ring: Annotated[Duration, Field(ge=5, le=300)] = 30.0


Message = Annotated[Any, WithJsonSchema({})]
"""A prompt, which the language of menus knows how to read."""


class ToFields(SiteModel):
    """Where an overflow leads: to one of these."""

    queue: Name | None = None
    flow: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    number: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    message: Message = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or len(given) != 1 or None in given.values():
            raise ValueError("must lead to one place: {queue: ...}, {flow: ...}, {number: ...} or {message: ...}")
        return given


Limit = Annotated[float, WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}], "examples": ["10m", 50]})]
"""Seconds or calls, as the rule counts them."""


class OverflowFields(SiteModel):
    """A rule of a queue's ``overflow``."""

    when: Rule
    over: Limit = Field(default=0.0, validate_default=True)
    to: ToFields

    @field_validator("over", mode="before")
    @classmethod
    def _limit(cls, given: Any, info: ValidationInfo) -> float:
        """By the rule before it; what is left out is 0.0, and a duration or a count never is."""
        missing = isinstance(given, float) and given == 0.0
        match info.data.get("when"):
            case Rule.WAIT | Rule.ESTIMATE as rule:
                if missing:
                    raise ValueError(f"is missing: {rule} needs a duration, such as over: 10m")
                if not 1 <= (limit := seconds(given)) <= MOST_S:
                    raise ValueError("must be a duration from 1s to 24h")
                return limit
            case Rule.LENGTH:
                if missing:
                    raise ValueError("is missing: length needs a number of calls, such as over: 50")
                if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_CALLS:
                    raise ValueError(f"must be a whole number of calls from 1 to {MOST_CALLS}")
                return float(given)
            case Rule() as rule if not missing:
                raise ValueError(f"has no meaning here: {rule} has no limit; take it out")
        return 0.0


class QueueFields(SiteModel):
    """One queue as it is written in queues.yaml."""

    skills: Skills = Field(default_factory=dict)
    groups: Groups = ()
    relax: Annotated[tuple[RelaxFields, ...], Field(max_length=20)] = ()
    priority: Points = 0
    target: TargetFields = TargetFields()
    strategy: Name = "best-skill"
    ring: Annotated[Duration, Field(ge=1, le=300)] = 15.0
    wrap_up: Annotated[Duration, Field(le=3600)] = 10.0
    music: MusicClass = "default"
    record: Record = 1.0
    resume: Annotated[Duration, Field(le=3600)] = 0.0
    hours: Hours | None = None
    callbacks: CallbackFields = CallbackFields()
    disposition: DispositionFields | None = None
    overflow: Annotated[tuple[OverflowFields, ...], Field(max_length=20)] = ()

    def build(self, name: str) -> Queue:
        """The queue, as routing works with it."""
        return Queue(
            name,
            self.skills,
            priority=self.priority,
            ring_s=self.ring,
            wrap_up_s=self.wrap_up,
            music=self.music,
            record=1.0 if isinstance(self.record, str) else self.record,
            on_demand=isinstance(self.record, str),
            groups=frozenset(self.groups),
            relax=tuple(step.build() for step in self.relax),
            target=Target(self.target.share, self.target.within),
            strategy=self.strategy,
            resume_s=self.resume,
            overflow=tuple(_overflow(name, rule) for rule in self.overflow),
            hours=self.hours,
            callbacks=Callbacks(self.callbacks.tries, self.callbacks.retry, self.callbacks.ring),
            dispositions=self.disposition.tree if self.disposition else "",
            disposition_required=self.disposition is not None and self.disposition.required,
        )


class QueuesFile(SiteModel):
    """The whole of queues.yaml."""

    order: Order = Order.WAIT
    ageing: Annotated[float, BeforeValidator(_ageing), Field(strict=True, ge=0.1, le=1000)] = 1.0
    levels: Mapping[Name, Points] = Field(default_factory=dict)
    dispositions: dict[Name, Dispositions] = Field(default_factory=dict)
    queues: dict[Name, QueueFields]

    def build(self) -> Queues:
        """The queues, as routing works with them."""
        queues = {name: queue.build(name) for name, queue in self.queues.items()}
        return Queues(queues, self.order, self.levels, self.ageing, self.dispositions)

    def messages(self) -> Mapping[str, tuple[str, int]]:
        """The flows that messages of overflow are made into, each with its queue and the rule's number."""
        return {
            message_flow(name, rule): (name, i)
            for name, queue in self.queues.items()
            for i, rule in enumerate(queue.overflow)
            if rule.to.message is not None
        }


def message_flow(queue: str, rule: OverflowFields) -> str:
    """The name of the flow that says a rule's message. No file of a flow can have it: it has a dot."""
    return f"{queue}.{rule.when}{rule.over:g}" if rule.over else f"{queue}.{rule.when}"


def _overflow(queue: str, rule: OverflowFields) -> Overflow:
    match rule.to:
        case ToFields(queue=str(to)):
            return Overflow(rule.when, rule.over, Exit.QUEUE, to)
        case ToFields(flow=str(to)):
            return Overflow(rule.when, rule.over, Exit.FLOW, to)
        case ToFields(number=str(to)):
            return Overflow(rule.when, rule.over, Exit.NUMBER, to)
    return Overflow(rule.when, rule.over, Exit.FLOW, message_flow(queue, rule))
