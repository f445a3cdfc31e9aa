"""Ways through one flow: links to nothing, nodes that nothing leads to, dead ends, circles.

Every flow must end for a caller who presses nothing, and for one who presses only wrong keys: no
circle may be made of links that such a caller takes. A caller who presses good keys may go round,
for each turn is then their own wish.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cti.site.files import Document, Problem
from cti.site.hints import meant
from ivr import reach
from ivr.node import Node
from ivr.walk import RETURN


def enters(node: Node) -> str | None:
    """The flow that a walk goes into at this node, to go on by its links on the way back."""
    return next((want.name for want in node.wants() if want.kind == "flow"), None)


def links(document: Document, nodes: Mapping[str, Node], raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Links to nodes that are not there."""
    for name, node in nodes.items():
        for link in node.links():
            if link.to not in raw and link.to != RETURN:
                hint = meant(link.to, raw)
                yield document.problem(("nodes", name, *link.key), f"there is no node {link.to!r}", hint)


def check(
    document: Document, nodes: Mapping[str, Node], raw: Mapping[str, Any], start: str | None
) -> Iterator[Problem]:
    """Nodes that nothing leads to, that lead nowhere, or that go round for ever.

    A node that is wrong in itself is taken to lead to an end and to every node it mentions, and a
    link to nothing might be meant for any node, so that one mistake is not told as many.
    """
    ways = {n: {to.to for to in nodes[n].links()} & set(raw) if n in nodes else _mentions(raw[n], raw) for n in raw}
    if start is not None and start not in raw and raw:
        yield document.problem(("start",), f"there is no node {start!r}", meant(start, raw))
    elif start is not None and raw and not any(links(document, nodes, raw)):
        found = reach.reached(ways, [start])
        for name in [n for n in raw if n not in found]:
            yield document.problem(("nodes", name), "nothing leads to this node", "link to it, or take it out")
    ends = [
        n
        for n in raw
        if n not in nodes
        or nodes[n].ends
        or enters(nodes[n]) is not None
        or any(link.to not in raw for link in nodes[n].links())
    ]
    leading = reach.leading_to(ways, ends)
    for name in [n for n in raw if n not in leading]:
        hint = "let it lead to a queue, a transfer or a hangup"
        yield document.problem(("nodes", name), "leads nowhere: the call can never end from here", hint)
    unasked = {
        n: [to.to for to in nodes[n].links() if to.unasked and to.to in leading]
        if n in nodes and n in leading and enters(nodes[n]) is None
        else []
        for n in raw
    }
    yield from circles(document, unasked)


def circles(document: Document, unasked: reach.Graph) -> Iterator[Problem]:
    """Circles among the links that a caller takes who presses nothing, or only wrong keys."""
    for circle in reach.circles(unasked):
        said = " -> ".join([*circle, circle[0]])
        message = f"a caller who presses nothing goes round for ever: {said}"
        yield document.problem(("nodes", circle[0]), message, "let one of them lead out")


def _mentions(raw: Any, nodes: Collection[str]) -> set[str]:
    if isinstance(raw, dict):
        return set().union(*(_mentions(v, nodes) for v in raw.values()))
    if isinstance(raw, list):
        return set().union(*(_mentions(v, nodes) for v in raw))
    return {str(raw)} & set(nodes)
