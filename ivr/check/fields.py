"""Fields of a call's data that are used where nothing can have set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cti.site.files import Document, Key, Problem
from cti.site.hints import meant
from ivr.check.data import ALWAYS, Place, steps
from ivr.check.known import Known
from ivr.tree import Flows


def check(documents: Mapping[str, Document], flows: Flows, known: Known) -> Iterator[Problem]:
    """All such uses: no way that a caller can take sets the field before."""
    set_before = _set_before(flows)
    everywhere = {name for flow in flows.values() for node in flow.nodes.values() for name in node.sets()}
    for flow_name, flow in flows.items():
        for node_name, node in flow.nodes.items():
            there = set_before[flow_name, node_name] | set(node.sets()) | ALWAYS
            told: set[tuple[Key, str]] = set()
            for key, name in node.reads():
                if name in there or (key, name) in told:
                    continue
                told.add((key, name))
                where: Key = ("nodes", node_name, *key)
                if name in everywhere:
                    message, hint = f"nothing sets {name!r} on the way to here", "set it before"
                else:
                    message, hint = f"nothing sets {name!r}", meant(name, everywhere | ALWAYS)
                yield documents[flow_name].problem(where, message, hint)


def _set_before(flows: Flows) -> Mapping[Place, set[str]]:
    """For each place, the fields that some way to it sets."""
    nexts = steps(flows)
    before: dict[Place, set[str]] = {place: set() for place in nexts}
    todo = list(nexts)
    while todo:
        place = todo.pop()
        after = before[place] | set(flows[place[0]].nodes[place[1]].sets())
        for to in nexts[place]:
            if after - before[to]:
                before[to] |= after
                todo.append(to)
    return before
