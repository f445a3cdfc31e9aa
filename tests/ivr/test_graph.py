"""Flows as pictures."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ivr.graph import mermaid, svg, ways
from tests.ivr.flows import flow

FLOW = flow("""
start: main
nodes:
  main:
    menu: "Press <1> & wait. 请按一。"
    keys: {"1": orders, "2": orders, "3": again, "*": main}
    otherwise: orders
  again: {say: Once more., next: main}
  orders: {queue: orders}
""")

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(picture).iter(f"{SVG}text")]


def test_keys_to_the_same_node_are_one_way() -> None:
    assert [(way.label, way.to) for way in ways(FLOW.nodes["main"])] == [
        ("1 2", "orders"),
        ("3", "again"),
        ("*", "main"),
        ("otherwise", "orders"),
    ]


def test_the_picture_names_nodes_verbs_and_keys() -> None:
    said = texts(svg(FLOW))
    for word in ("main", "menu", "again", "say", "orders", "queue", "1 2", "3", "*", "otherwise", "next"):
        assert word in said
    assert "“Press <1> & wait. 请按一。”" in said
    assert any(FLOW.version in text for text in said)


def test_ways_back_are_dashed() -> None:
    paths = list(ET.fromstring(svg(FLOW)).iter(f"{SVG}path"))
    assert sum("stroke-dasharray" in path.attrib for path in paths) == 2


def test_counts() -> None:
    picture = svg(FLOW, {("main", "orders"): 12, ("main", "again"): 3})
    said = texts(picture)
    assert "12 together" in said
    assert "3" in said
    assert '"3 (3 calls)"' in mermaid(FLOW, {("main", "again"): 3})


def test_mermaid() -> None:
    assert mermaid(FLOW).splitlines()[-5:] == [
        '  n0 -->|"1 2"| n2',
        '  n0 -->|"3"| n1',
        '  n0 -->|"*"| n0',
        '  n0 -->|"otherwise"| n2',
        '  n1 -->|"next"| n0',
    ]
    assert "&lt;1&gt; &amp; wait" in mermaid(FLOW)


@st.composite
def flows(draw: st.DrawFn) -> str:
    """Flows in which each node is reached and leads on: a chain, with random keys across."""
    count = draw(st.integers(2, 12))
    lines = ["start: n0", "nodes:"]
    for i in range(count):
        keys = draw(st.dictionaries(st.sampled_from("123456789"), st.integers(0, count - 1), max_size=5))
        shown = ", ".join(f'"{key}": n{to}' for key, to in {**keys, "0": i + 1}.items())
        lines.append(f"  n{i}: {{menu: Press., keys: {{{shown}}}, otherwise: end}}")
    lines += [f"  n{count}: {{say: Bye., next: end}}", "  end: {hangup: true}"]
    return "\n".join(lines)


@given(flows())
def test_no_box_is_on_another(text: str) -> None:
    root = ET.fromstring(svg(flow(text)))
    boxes = [
        (float(r.attrib["x"]), float(r.attrib["y"]), float(r.attrib["width"]), float(r.attrib["height"]))
        for r in root.iter(f"{SVG}rect")
        if "rx" in r.attrib
    ]
    assert len(boxes) == text.count("\n  ")
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(boxes, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)
