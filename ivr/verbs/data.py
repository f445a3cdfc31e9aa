"""Verbs that work with the call's data: branch, set, split, subflow, lookup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated

import structlog
from pydantic import AfterValidator, Field

from cti.site.durations import Duration
from cti.site.files import SiteModel
from ivr.expressions import WORDS, Expressed, Expression, Value, Wrong
from ivr.node import FieldName, Link, Longest, Measure, Name, Node, Sink, Use, Want
from ivr.questions import Fetch, Scalar
from ivr.url_template import UrlTemplated
from ivr.walk import Ask, Steps, Walk

MAX_SUBFLOWS = 8
"""How deep subflows may be entered one from another."""

LOOKUP_S = 3.0
"""The longest a caller waits for a lookup, all its tries together."""

log = structlog.get_logger(__name__)


def _free(name: str) -> str:
    if name in ("caller", "dialled", "language", *WORDS):
        raise ValueError(f"{name!r} has a meaning of its own; choose another name")
    return name


NewField = Annotated[FieldName, AfterValidator(_free)]
"""The name of a field that a flow sets."""

_PATH = r"^[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}$"


def _worked_out(expression: Expression, walk: Walk) -> Value:
    """The expression's value now; null, with a line in the log, where it has none."""
    try:
        return expression.value(walk.known())
    except Wrong as wrong:
        log.warning("an expression came to nothing", flow=walk.flow.name, node=walk.node, why=str(wrong))
        return None


class Case(SiteModel):
    """One way of a branch: ``to`` is where the call goes when the expression ``when`` is true."""

    when: Expressed
    to: Name


class Branch(Node):
    """Goes the first way whose expression is true, and else to ``otherwise``.

    An expression that cannot be worked out (a text compared with a number, say) is not true.
    """

    verb = "branch"
    branch: Annotated[tuple[Case, ...], Field(min_length=1, max_length=100)]
    otherwise: Name

    def links(self) -> Iterator[Link]:
        for i, case in enumerate(self.branch):
            yield Link(("branch", i, "to"), case.to)
        yield Link(("otherwise",), self.otherwise)

    def uses(self) -> Iterator[Use]:
        for i, case in enumerate(self.branch):
            for name in case.when.names:
                yield Use(("branch", i, "when"), name, Sink.WAY)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        return next((case.to for case in self.branch if _worked_out(case.when, walk)), self.otherwise)


class Set(Node):
    """Sets fields of the call's data to what expressions come to, one after the other.

    A field whose expression is null, or cannot be worked out, is not there afterwards.
    """

    verb = "set"
    set: Annotated[Mapping[NewField, Expressed], Field(min_length=1, max_length=100)]
    next: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)

    def sets(self) -> Mapping[str, tuple[str, ...]]:
        return {name: expression.names for name, expression in self.set.items()}

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        for name, expression in self.set.items():
            value = _worked_out(expression, walk)
            walk.data.pop(name, None)
            if value is not None:
                walk.data[name] = value
        return self.next


def _whole(split: Mapping[str, int]) -> Mapping[str, int]:
    if sum(split.values()) != 100:
        raise ValueError(f"the percentages come to {sum(split.values())}, not to 100")
    return split


class Split(Node):
    """Sends callers different ways, each its share in percent (whole numbers that come to 100).

    A caller goes the same way at every call; one who shows no number, at least within the call.
    """

    verb = "split"
    split: Annotated[
        Mapping[Name, Annotated[int, Field(ge=0, le=100)]],
        Field(min_length=1, max_length=100),
        AfterValidator(_whole),
    ]

    def links(self) -> Iterator[Link]:
        for to in self.split:
            yield Link(("split", to), to)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        who = walk.caller if any(c.isdecimal() for c in walk.caller) else walk.call
        seed = "\0".join((walk.flow.name, walk.node, who)).encode(errors="replace")
        place = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") % 100
        for to, share in self.split.items():
            if place < share:
                return to
            place -= share
        raise AssertionError("the percentages come to 100")


class Subflow(Node):
    """Enters another flow of the site, at its start. There, a link to ``return`` comes back, and
    the call goes on at ``next``, with the call's data as they then are.

    For the checker: ``subflow`` names a flow, which may not lead back into this one (and so
    chains of subflows end), and which must have the languages of this one. A chain may be
    MAX_SUBFLOWS flows deep; a call that goes deeper is ended.
    """

    verb = "subflow"
    names = "flow"
    subflow: Name
    next: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        into = walk.flows.get(self.subflow)
        if into is None or len(walk.back) >= MAX_SUBFLOWS:
            log.error("a subflow cannot be entered", flow=walk.flow.name, node=walk.node, subflow=self.subflow)
            return walk.give_up(None)
        walk.back.append((walk.flow, self.next))
        walk.flow = into
        return into.start


class Lookup(Node):
    """Asks an HTTP service, and saves fields of the JSON that it answers.

    ``lookup`` is the URL. ``{name}`` in its path or query is a field of the call's data, encoded so
    that it cannot change the URL's meaning; its host must be one of ``lookups.hosts`` in site.yaml.
    Without ``post`` it is a GET; with it, a POST of these fields as JSON, each an expression.
    ``save`` maps a field to where it stands in the answer: keys and indexes (from 0) joined by dots.
    What is saved is texts (cut at 500 characters), numbers, true and false; a field not found is
    not there afterwards.

    ``timeout`` is that of one try. The call goes to ``otherwise`` if a field in the URL is not
    known, or if no good answer has come after 3 s or the last try.
    """

    verb = "lookup"
    lookup: UrlTemplated
    post: Annotated[Mapping[FieldName, Expressed], Field(min_length=1, max_length=100)] | None = None
    timeout: Annotated[Duration, Field(ge=0.1, le=LOOKUP_S)] = 2.0
    retries: int = Field(default=1, ge=0, le=3)
    save: Annotated[Mapping[NewField, Annotated[str, Field(pattern=_PATH)]], Field(max_length=100)] = {}
    next: Name
    otherwise: Name

    def links(self) -> Iterator[Link]:
        yield Link(("next",), self.next)
        yield Link(("otherwise",), self.otherwise)

    def sets(self) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(self.save, ())

    def uses(self) -> Iterator[Use]:
        for name in self.lookup.names:
            yield Use(("lookup",), name, Sink.URL)
        for key, expression in (self.post or {}).items():
            for name in expression.names:
                yield Use(("post", key), name, Sink.REQUEST)

    def wants(self) -> Iterator[Want]:
        yield Want(("lookup",), "host", self.lookup.host)

    def longest(self, measure: Measure) -> Longest:
        return Longest(0, LOOKUP_S)

    def walk(self, walk: Walk) -> Steps:
        url = self.lookup.filled(walk.known())
        body: dict[str, Scalar] | None = None
        if self.post is not None:
            worked_out = {key: _worked_out(expression, walk) for key, expression in self.post.items()}
            body = {key: value for key, value in worked_out.items() if value is not None}
        for name in self.save:
            walk.data.pop(name, None)  # of an earlier lookup
        if url is None:
            return self.otherwise
        answer = yield Ask(Fetch(url, self.save, body, self.timeout, self.retries), LOOKUP_S)
        if not isinstance(answer, Mapping):
            return self.otherwise
        walk.data.update(answer)
        return self.next
