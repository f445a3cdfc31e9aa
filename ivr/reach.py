"""Where one can get to in a flow: unreachable nodes, dead ends, circles. Pure graph questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

Graph = Mapping[str, Collection[str]]
"""For each node, the nodes one step away; every one of them is a key too."""


def reached(graph: Graph, starts: Collection[str]) -> set[str]:
    """The starts and all nodes that can be reached from them."""
    found, todo = set(starts), list(starts)
    while todo:
        for to in graph[todo.pop()]:
            if to not in found:
                found.add(to)
                todo.append(to)
    return found


def leading_to(graph: Graph, ends: Collection[str]) -> set[str]:
    """The ends and all nodes from which one of them can be reached."""
    back: dict[str, list[str]] = {node: [] for node in graph}
    for node, nexts in graph.items():
        for to in nexts:
            back[to].append(node)
    return reached(back, ends)


def circles(graph: Graph) -> list[list[str]]:
    """Circles in the graph, each as its nodes in order; none for a graph that has no circle.

    At least one circle is given for every node that leads into one, and no node is in two.
    """
    back: dict[str, list[str]] = {node: [] for node in graph}
    for node, nexts in graph.items():
        for to in set(nexts):
            back[to].append(node)
    left = {node: len(set(nexts)) for node, nexts in graph.items()}
    done = [node for node, count in left.items() if not count]
    for node in done:  # grows as it goes: whatever leads only to what is done is done
        for before in back[node]:
            left[before] -= 1
            if not left[before]:
                done.append(before)
    endless = [node for node in graph if left[node]]
    found: list[list[str]] = []
    seen: set[str] = set()
    for start in endless:
        path: list[str] = []
        node = start
        while node not in seen:
            seen.add(node)
            path.append(node)
            node = next(to for to in graph[node] if left[to])
        if node in path:
            found.append(path[path.index(node) :])
    return found


def components(graph: Graph) -> list[list[str]]:
    """The nodes by circles: two are in one component when each can be reached from the other.

    A component comes after all that can be reached from it. (Tarjan's algorithm, without recursion.)
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    done: set[str] = set()
    found: list[list[str]] = []
    for start in graph:
        if start in index:
            continue
        index[start] = low[start] = len(index)
        stack.append(start)
        todo = [(start, iter(graph[start]))]
        while todo:
            node, nexts = todo[-1]
            to = next((to for to in nexts if to not in done), None)
            if to is None:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    found.append(stack[at:])
                    done.update(stack[at:])
                    del stack[at:]
            elif to in index:
                low[node] = min(low[node], index[to])
            else:
                index[to] = low[to] = len(index)
                stack.append(to)
                todo.append((to, iter(graph[to])))
    return found
