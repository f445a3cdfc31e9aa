"""Circles are found exactly where there are any."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr import reach

NODES = "abcdef"
GRAPHS = st.fixed_dictionaries({n: st.sets(st.sampled_from(NODES), max_size=3) for n in NODES})


@given(graph=GRAPHS)
def test_circles(graph: dict[str, set[str]]) -> None:
    circles = reach.circles(graph)
    on_one = {n for n in graph if n in reach.reached(graph, graph[n])}
    assert bool(circles) == bool(on_one)
    for circle in circles:
        assert all(to in graph[node] for node, to in zip(circle, [*circle[1:], circle[0]], strict=True))
    nodes = [n for circle in circles for n in circle]
    assert len(nodes) == len(set(nodes))


@given(graph=GRAPHS, end=st.sampled_from(NODES))
def test_leading_to_is_reached_seen_from_the_end(graph: dict[str, set[str]], end: str) -> None:
    assert reach.leading_to(graph, [end]) == {n for n in graph if end in reach.reached(graph, [n])}


@given(graph=GRAPHS)
def test_components(graph: dict[str, set[str]]) -> None:
    found = reach.components(graph)
    assert sorted(n for part in found for n in part) == sorted(graph)
    at = {n: i for i, part in enumerate(found) for n in part}
    reached = {n: reach.reached(graph, [n]) for n in graph}
    for a in graph:
        for b in graph:
            assert (at[a] == at[b]) == (b in reached[a] and a in reached[b])
            assert b not in reached[a] or at[b] <= at[a]
