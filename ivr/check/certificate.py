"""The longest that callers can take in a flow, and the longest until they wait for a human.

What is certified, for a flow that was checked:

- No caller who does not go round again hears more prompts, or is in the flow for more seconds,
  than the certificate says, and none is in it longer before a queue or a transfer takes the call.
  To go round again is to choose, at a node where one has chosen before, a way that can lead back
  to that node. Once round is in it: into a menu and back by its key, and then on elsewhere.
- Silence and wrong keys are in it as often as the flow bears them, lookups that run into their
  time-out, and transfers that fail.

Seconds count from the pick-up; those in queues and talks do not count, and neither does what is said
in queues: nothing bounds how long a caller waits, and who waits has reached a human as far as a flow
can tell. A key pressed there is a choice like any other. A prompt heard again counts again. It holds
while Asterisk tells of the end of each sound, and as far as the lengths of prompts are known: those
of texts with a value in them are guessed.

How: nodes on common circles are one component, and components are left for good. In one, a walk is
known by its node and by where it has gone round; there are finitely many such states without a
circle, for a checked flow has no circle but by choice. With more than EXACT nodes in a component
at which one can go round, only how often counts, not where: the bound then is higher, still true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ivr import reach
from ivr.check.ways import enters
from ivr.node import Link, Longest, Measure, Node
from ivr.tree import Flow, Flows
from ivr.walk import RETURN

EXACT = 8
"""Nodes of a component at which one can go round, for each set of them to be told apart."""


@dataclass(frozen=True, slots=True)
class Way:
    """What a walk took, and through which nodes; those of a subflow as ``flow.node``."""

    took: Longest
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of one flow. ``human`` is None where no way leads to a queue or a transfer."""

    prompts: Way
    seconds: Way
    human: Way | None


@dataclass(frozen=True, slots=True)
class _Goal:
    """What is the longest: by ``size``, to the end, to a ``human``, or to where the flow is ``back``
    at the node that entered it. Ways to a human end at the first, also those ``back``."""

    size: Callable[[Longest], float]
    human: bool = False
    back: bool = False


def _prompts(longest: Longest) -> float:
    return longest.prompts


def _seconds(longest: Longest) -> float:
    return longest.seconds


def certify(flow: Flow, flows: Flows, measure: Callable[[Flow], Measure]) -> Certificate:
    """The certificate of a flow that was checked; ``measure`` gives the seconds of a flow's prompts.

    Raises ValueError for a flow that goes round without a choice.
    """
    longest = _Longest(flows, measure)
    prompts, seconds = (longest.of(flow.name, _Goal(size)) for size in (_prompts, _seconds))
    assert prompts is not None
    assert seconds is not None  # every node may be the last: callers hang up
    human = longest.of(flow.name, _Goal(_seconds, human=True))
    return Certificate(prompts.way(), seconds.way(), None if human is None else human.way())


@dataclass(frozen=True, slots=True)
class _Found:
    """A walk from a node on, as a list linked from its first node: many walks share their ends."""

    took: Longest
    node: str
    rest: _Found | None = field(default=None, repr=False)

    def names(self) -> Iterator[str]:
        step: _Found | None = self
        while step is not None:
            yield step.node
            step = step.rest

    def way(self) -> Way:
        return Way(self.took, tuple(self.names()))

    def after(self, took: Longest, node: str) -> _Found:
        return _Found(took + self.took, node, self)


class _Longest:
    """The longest walks of a site's flows; what was found for a flow serves those that enter it."""

    def __init__(self, flows: Flows, measure: Callable[[Flow], Measure]) -> None:
        self._flows = flows
        self._measure = measure
        self._found: dict[tuple[str, _Goal], _Found | None] = {}

    def of(self, name: str, goal: _Goal) -> _Found | None:
        """The longest walk from the flow's start to the goal; None if there is none."""
        if (name, goal) not in self._found:
            flow = self._flows[name]
            best: dict[str, _Found | None] = {}
            graph = {n: [link.to for link in node.links() if link.to != RETURN] for n, node in flow.nodes.items()}
            for part in reach.components(graph):
                self._component(flow, goal, part, best)
            self._found[name, goal] = best[flow.start]
        return self._found[name, goal]

    def _component(self, flow: Flow, goal: _Goal, part: list[str], best: dict[str, _Found | None]) -> None:
        """Finds the longest walk from each node of a component; those of later ones are found."""
        inside = set(part)
        links = {n: list(flow.nodes[n].links()) for n in part}
        order = _ordered({n: [link.to for link in links[n] if link.to in inside and link.unasked] for n in part})
        turning = [n for n in part if any(link.to in inside and not link.unasked for link in links[n])]
        bits = {n: 1 << i for i, n in enumerate(turning)}
        exact = len(turning) <= EXACT
        cost = {n: flow.nodes[n].longest(self._measure(flow)) for n in part}
        # A state is the node and ``gone``: the set of where one has gone round, or else how often.
        states: dict[tuple[int, str], _Found | None] = {}
        for gone in range((1 << len(turning)) - 1 if exact else len(turning), -1, -1):
            for n in order:

                def on(link: Link, gone: int = gone, n: str = n) -> _Found | None:
                    if link.to not in inside:
                        return best[link.to]
                    if link.unasked:
                        return states[gone, link.to]
                    further = gone | bits[n] if exact else gone + 1
                    again = gone & bits[n] if exact else gone == len(turning)
                    return None if again else states[further, link.to]

                states[gone, n] = self._from(flow.nodes[n], n, cost[n], goal, links[n], on)
        for n in part:
            best[n] = states[0, n]

    def _from(
        self,
        node: Node,
        name: str,
        cost: Longest,
        goal: _Goal,
        links: list[Link],
        on: Callable[[Link], _Found | None],
    ) -> _Found | None:
        """The longest walk from a node, given those from where its links lead."""
        if goal.human and node.human:
            return None if goal.back else _Found(Longest(0, node.before_human_s()), name)
        inner = enters(node)
        found: list[_Found] = []
        through: _Found | None = None
        if inner is not None:
            through = self.of(inner, replace(goal, back=True))
            if not goal.back and (end := self.of(inner, goal)) is not None:
                found.append(_joined(name, cost, inner, end, None))
        for link in links:
            if link.to == RETURN:
                rest = None
                if not goal.back:
                    continue
            elif (rest := on(link)) is None:
                continue
            if inner is None:
                found.append(_Found(cost, name) if rest is None else rest.after(cost, name))
            elif through is not None:
                found.append(_joined(name, cost, inner, through, rest))
        if not goal.human and not goal.back:
            found.append(_Found(cost, name))  # after the others: of ways that take the same, the whole one
        return max(found, key=lambda one: goal.size(one.took), default=None)


def _joined(name: str, cost: Longest, inner: str, through: _Found, rest: _Found | None) -> _Found:
    """From a node through a subflow, and on."""
    took = through.took + rest.took if rest is not None else through.took
    below = rest
    for step in reversed(list(through.names())):
        below = _Found(Longest(), step if "." in step else f"{inner}.{step}", below)
    return _Found(cost + took, name, below)


def _ordered(graph: Mapping[str, list[str]]) -> list[str]:
    """The nodes, each after all that it leads to. Raises ValueError for a circle."""
    order = [part[0] for part in reach.components(graph)]
    if len(order) < len(graph) or any(n in graph[n] for n in graph):
        raise ValueError("the flow goes round without a choice")
    return order
