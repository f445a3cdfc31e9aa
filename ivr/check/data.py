"""Where the data of a call go: from node to node, through subflows and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ivr.check.ways import enters
from ivr.node import Node
from ivr.tree import Flows
from ivr.walk import RETURN

Place = tuple[str, str]
"""A flow and a node of it."""

ALWAYS = frozenset({"caller", "dialled", "language"})
"""What is known of every call."""


def steps(flows: Flows) -> Mapping[Place, Collection[Place]]:
    """From each place the places that come next. What a subflow returns from is followed to every
    node that enters it, so the way may be one that no single call takes; none is left out."""
    after = _after(flows)
    found: dict[Place, set[Place]] = {}
    for name, flow in flows.items():
        for node_name, node in flow.nodes.items():
            inner = enters(node)
            if inner is not None:
                found[name, node_name] = {(inner, flows[inner].start)}
                continue
            nexts = {(name, link.to) for link in node.links() if link.to != RETURN}
            if any(link.to == RETURN for link in node.links()):
                nexts |= after[name]
            found[name, node_name] = nexts
    return {place: sorted(nexts) for place, nexts in found.items()}


def _after(flows: Flows) -> Mapping[str, set[Place]]:
    """For each flow, where a walk may go on that returns from it."""
    after: dict[str, set[Place]] = {name: set() for name in flows}
    last: list[tuple[str, str]] = []  # flows that return as soon as another, entered by them, has
    for name, flow in flows.items():
        for node in flow.nodes.values():
            if (inner := enters(node)) is not None:
                after[inner] |= {(name, link.to) for link in node.links() if link.to != RETURN}
                last += [(name, inner) for link in node.links() if link.to == RETURN]
    while any(after[name] - after[inner] for name, inner in last):
        for name, inner in last:
            after[inner] |= after[name]
    return after


def made_of(node: Node, field: str) -> set[str]:
    """The field, and those that the node makes of it."""
    found = {field}
    for made, sources in node.sets().items():
        if found & set(sources):
            found.add(made)
    return found
