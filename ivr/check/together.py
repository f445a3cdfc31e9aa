"""What only shows when the flows of a site are looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cti.site.files import Document, Problem
from ivr import reach
from ivr.check import fields, secrets, ways
from ivr.check.known import Known
from ivr.check.ways import enters
from ivr.node import Link, Node
from ivr.tree import Flow, Flows
from ivr.verbs.data import MAX_SUBFLOWS
from ivr.walk import RETURN


def check(documents: Mapping[str, Document], flows: Flows, known: Known) -> Iterator[Problem]:
    """All problems of flows that are good each in itself."""
    # Each kind of question makes sense only when the one before it has a good answer.
    wrong = list(_recursion(documents, flows)) or [
        *_depth(documents, flows),
        *_returns(documents, flows, known),
        *_languages(documents, flows),
        *_ends(documents, flows),
    ]
    if wrong:
        yield from wrong
        return
    yield from fields.check(documents, flows, known)
    yield from secrets.check(documents, flows)


def _entering(flow: Flow) -> Iterator[tuple[str, Node, str]]:
    """The nodes that enter another flow, each with its name and that flow's."""
    for name, node in flow.nodes.items():
        if (inner := enters(node)) is not None:
            yield name, node, inner


def _recursion(documents: Mapping[str, Document], flows: Flows) -> Iterator[Problem]:
    calls = {name: [inner for _, _, inner in _entering(flow)] for name, flow in flows.items()}
    for circle in reach.circles(calls):
        following = dict(zip(circle, [*circle[1:], circle[0]], strict=True))
        name = next(n for n, _, inner in _entering(flows[circle[0]]) if inner == following[circle[0]])
        said = " -> ".join([*circle, circle[0]])
        yield documents[circle[0]].problem(
            ("nodes", name, flows[circle[0]].nodes[name].verb),
            f"a flow enters itself again before it has come back: {said}",
            "a loop within one flow needs no subflow",
        )


def _depth(documents: Mapping[str, Document], flows: Flows) -> Iterator[Problem]:
    """Flows under which more subflows lie than a call can go into."""
    calls = {name: {inner for _, _, inner in _entering(flow)} for name, flow in flows.items()}
    depth: dict[str, int] = {}
    for (name,) in reach.components(calls):  # those that enter none come first
        depth[name] = max((depth[inner] + 1 for inner in calls[name]), default=0)
        if depth[name] == MAX_SUBFLOWS + 1:
            message = f"subflows are entered one from another more than {MAX_SUBFLOWS} deep"
            yield documents[name].problem((), message, "let one of them end, or put two together")


def _returns(documents: Mapping[str, Document], flows: Flows, known: Known) -> Iterator[Problem]:
    """Links to ``return`` where there is nothing to return to."""
    inner = {inner for flow in flows.values() for _, _, inner in _entering(flow)}
    for name, flow in flows.items():
        entry = name in known.entries if known.entries is not None else name not in inner
        if not entry and name in inner:
            continue
        why = (
            "calls of a number or a queue begin in this flow"
            if entry and known.entries is not None
            else "no subflow leads to this flow"
        )
        for node_name, node in flow.nodes.items():
            for link in node.links():
                if link.to == RETURN:
                    key = ("nodes", node_name, *link.key)
                    yield documents[name].problem(key, f"there is nothing to return to: {why}", "end the call instead")


def _languages(documents: Mapping[str, Document], flows: Flows) -> Iterator[Problem]:
    """Subflows that do not speak all that the caller may have chosen before."""
    for name, flow in flows.items():
        for node_name, node, inner in _entering(flow):
            lacking = [language for language in flow.languages if language not in flows[inner].languages]
            if lacking:
                key = ("nodes", node_name, node.verb)
                message = f"the flow {inner!r} does not speak {', '.join(lacking)}, which callers here may hear"
                yield documents[name].problem(key, message, f"add it to the languages of {inner}")


@dataclass(slots=True)
class _Outcome:
    """Flows by how a walk through them can come out."""

    back: set[str] = field(default_factory=set)
    """They can be left by ``return``."""
    back_unasked: set[str] = field(default_factory=set)
    """The same without any good key."""
    over: set[str] = field(default_factory=set)
    """The call can end in them, or leave for a queue or a transfer."""

    def links(self, node: Node) -> Iterator[Link]:
        """The links that a walk can take from a node: those after a subflow only if it comes back."""
        inner = enters(node)
        for link in node.links():
            if inner is None:
                yield link
            elif inner in self.back:
                yield Link(link.key, link.to, link.unasked and inner in self.back_unasked)


def _outcomes(flows: Flows) -> _Outcome:
    outcome = _Outcome()
    for _ in flows:  # each time round, what is known goes one subflow further up
        for name, flow in flows.items():
            nodes = flow.nodes
            ways = {n: [link.to for link in outcome.links(nodes[n]) if link.to != RETURN] for n in nodes}
            unasked = {
                n: [link.to for link in outcome.links(nodes[n]) if link.unasked and link.to != RETURN] for n in nodes
            }
            for n in reach.reached(ways, [flow.start]):
                if any(link.to == RETURN for link in outcome.links(nodes[n])):
                    outcome.back.add(name)
                if nodes[n].ends or enters(nodes[n]) in outcome.over:
                    outcome.over.add(name)
            for n in reach.reached(unasked, [flow.start]):
                if any(link.unasked and link.to == RETURN for link in outcome.links(nodes[n])):
                    outcome.back_unasked.add(name)
    return outcome


def _ends(documents: Mapping[str, Document], flows: Flows) -> Iterator[Problem]:
    """Subflows that never come back, and circles and dead ends that lead through subflows."""
    outcome = _outcomes(flows)
    for name, flow in flows.items():
        document = documents[name]
        for node_name, node, inner in _entering(flow):
            if inner not in outcome.back:
                key = ("nodes", node_name, node.verb)
                message = f"the flow {inner!r} never comes back: nothing in it leads to {RETURN}"
                yield document.problem(key, message, "use return in it, or let it end the call and link to it last")
        graph = {n: [link.to for link in outcome.links(node) if link.to != RETURN] for n, node in flow.nodes.items()}
        ends = [
            n
            for n, node in flow.nodes.items()
            if node.ends or enters(node) in outcome.over or any(link.to == RETURN for link in outcome.links(node))
        ]
        leading = reach.leading_to(graph, ends)
        for n in [n for n in flow.nodes if n not in leading]:
            hint = "let it lead to a queue, a transfer or a hangup"
            yield document.problem(("nodes", n), "leads nowhere: the call can never end from here", hint)
        unasked = {
            n: [link.to for link in outcome.links(node) if link.unasked and link.to in leading] if n in leading else []
            for n, node in flow.nodes.items()
        }
        yield from ways.circles(document, unasked)
