"""Where secret digits could get out: into speech, a log, a record, a URL, a request, a screen.

Every field that ``secrets()`` names is followed along all ways, through what ``set`` makes of it,
into subflows and back. It is never taken to be gone: a field that once held a secret is not to be
seen under that name again. To choose a way by a secret would tell it too, since the way taken is
in the call's record; so a ``branch`` on one is refused as well. ``verify`` compares for you.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cti.site.files import Document, Problem
from ivr.check.data import Place, made_of, steps
from ivr.node import Sink, Use
from ivr.tree import Flows

At = tuple[Place, str]
"""A place, and a field that holds a secret there."""

_HINTS = {
    Sink.SPEECH: "others may hear it; say something else",
    Sink.WAY: "the way taken is in the call's record, and tells of the secret; verify compares a PIN for you",
}
_HINT = "take it out; nothing may keep or show a secret"


def check(documents: Mapping[str, Document], flows: Flows) -> Iterator[Problem]:
    """Every use that a secret can reach, once for each secret, with the shortest way to it."""
    nexts = steps(flows)
    for (flow, node), name in [(p, s) for p in nexts for s in flows[p[0]].nodes[p[1]].secrets()]:
        for place, use, way in _reached(flows, nexts, ((flow, node), name)):
            said = " -> ".join(here if there == flow else f"{there}.{here}" for there, here in way)
            if use.field != name:
                said += f" (as {use.field!r})"
            key = ("nodes", place[1], *use.key)
            message = f"the secret {name!r} can reach {use.sink.value} here: {said}"
            yield documents[place[0]].problem(key, message, _HINTS.get(use.sink, _HINT))


def _reached(
    flows: Flows, nexts: Mapping[Place, Collection[Place]], source: At
) -> Iterator[tuple[Place, Use, list[Place]]]:
    """The uses that the secret reaches from where it is taken in, each with the places on the way."""
    came_from: dict[At, At | None] = {source: None}
    told: set[tuple[Place, Use]] = set()
    todo = [source]
    for at in todo:  # grows as it goes
        place, name = at
        node = flows[place[0]].nodes[place[1]]
        held = made_of(node, name)
        for use in node.uses():
            if use.field in held and (place, use) not in told:
                told.add((place, use))
                yield place, use, _way(came_from, at)
        for to in nexts[place]:
            for field in sorted(held):
                if (to, field) not in came_from:
                    came_from[to, field] = at
                    todo.append((to, field))


def _way(came_from: Mapping[At, At | None], at: At) -> list[Place]:
    way: list[Place] = []
    step: At | None = at
    while step is not None:
        way.append(step[0])
        step = came_from[step]
    return way[::-1]
