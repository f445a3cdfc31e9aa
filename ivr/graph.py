"""A flow as a picture: SVG with a small layout of its own, or Mermaid. Pure.

Nodes stand in columns, callers go from left to right. Each way out of a node is a line of its box,
named by its key, from which the arrow goes; ways back run below the boxes, dashed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from ivr.node import Node
from ivr.prompt import File, Prompt
from ivr.tree import Flow

Usage = Mapping[tuple[str, str], int]
"""Calls that went from a node to another."""

WIDTH, GAP, PITCH = 250, 90, 22
"""Of a box; between columns; between boxes of a column."""
TOP, TEXT, ROW = 26, 18, 18
"""Heights in a box: of its name, its text, and each way out."""
MARGIN, LANE, TITLE = 30, 12, 34
MAX_SWEEPS = 6

_COLOURS = {"human": "#17693f", "ends": "#7a8894", "asks": "#1f5f8b", "other": "#6a3a9c"}


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a node: how it is called, and where it leads (none: out of the flow)."""

    label: str
    to: str


@dataclass(slots=True)
class _Box:
    """A node, or the place where a long arrow passes a column (no name)."""

    name: str
    column: int
    ways: list[Way] = field(default_factory=list)
    height: float = 10.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class _Arrow:
    """``through`` are the boxes from its start to its end."""

    way: int
    through: tuple[_Box, ...]


def ways(node: Node) -> list[Way]:
    """The ways out of a node, in its order; keys that lead to the same node are one way."""
    found: dict[tuple[bool, str], list[str]] = {}
    for link in node.links():
        key = [str(part) for part in link.key]
        pressed = key[0] == "keys"
        found.setdefault((pressed, link.to) if pressed else (False, "\0".join([*key, link.to])), []).append(
            " ".join(key[1:] if pressed else key)
        )
    return [Way(" ".join(names), to.rpartition("\0")[2]) for (_, to), names in found.items()]


def short(node: Node) -> str:
    """What a node does, in a few words: what is said, or its own value."""
    prompt = None if node.human else next((prompt for _, prompt in node.prompts() if prompt), None)
    if prompt is not None:
        return f"“{words(prompt)}”"
    value = getattr(node, node.verb, "")
    return value if isinstance(value, str) else ""


def words(prompt: Prompt, language: str | None = None) -> str:
    """What a prompt says in a language, or else in its first."""
    listed = dict(prompt.by_language)
    pieces = prompt.pieces(language) if language else next(iter(listed.values()), ())
    return " ".join(f"[{piece.name}]" if isinstance(piece, File) else piece.text for piece in pieces)


def mermaid(flow: Flow, usage: Usage | None = None) -> str:
    """The flow as a Mermaid flowchart."""
    ids = {name: f"n{i}" for i, name in enumerate(flow.nodes)}
    lines = ["flowchart LR"]
    for name, node in flow.nodes.items():
        text = f"<b>{_quoted(name)}</b> {node.verb}<br>{_quoted(_cut(short(node), 60))}"
        lines.append(f'  {ids[name]}("{text}")')
    for name, node in flow.nodes.items():
        for way in ways(node):
            if way.to in ids:
                label = _quoted(way.label + _counted(usage, name, way.to))
                lines.append(f'  {ids[name]} -->|"{label}"| {ids[way.to]}')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return escape(text).replace('"', "#quot;").replace("|", "#124;")


def _counted(usage: Usage | None, start: str, to: str) -> str:
    return "" if usage is None else f" ({usage.get((start, to), 0)} calls)"


def svg(flow: Flow, usage: Usage | None = None) -> str:
    """The flow as an SVG document without scripts, styles or links to anywhere."""
    boxes, arrows, back = _layout(flow)
    lowest = max(box.y + box.height for column in boxes for box in column)
    lanes = {to: lowest + 24 + i * LANE for i, to in enumerate(dict.fromkeys(end.name for _, _, end in back))}
    width = MARGIN * 2 + len(boxes) * WIDTH + (len(boxes) - 1) * GAP + 20
    height = lowest + MARGIN + (24 + len(lanes) * LANE if lanes else 0)
    title = f"{flow.name} · version {flow.version}" if flow.version else flow.name
    if usage is not None:
        title += " · on the left: calls that went this way"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height:.0f}" fill="#f7f9fa"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#51606e"/></marker></defs>',
        f'<text x="{MARGIN}" y="22" font-size="14" font-weight="600" fill="#17212b">{escape(title)}</text>',
    ]
    out += [_curve(arrow) for arrow in arrows]
    out += [_lane(start, way, end, lanes[end.name], len(boxes)) for start, way, end in back]
    for column in boxes:
        for box in column:
            if box.name:
                out += _drawn(box, flow.nodes[box.name], usage, box.name == flow.start)
    return "\n".join([*out, "</svg>"]) + "\n"


def _layout(flow: Flow) -> tuple[list[list[_Box]], list[_Arrow], list[tuple[_Box, int, _Box]]]:
    """Boxes by column with their places, arrows onwards, and ways back (start, way, end)."""
    there = {name: ways(node) for name, node in flow.nodes.items()}
    columns = _columns(flow.start, {n: [w.to for w in out if w.to in there] for n, out in there.items()})
    box_of = {}
    for name, out in there.items():
        height = TOP + (TEXT if short(flow.nodes[name]) else 0) + ROW * len(out) + 6
        box_of[name] = _Box(name, columns[name], out, height)
    boxes: list[list[_Box]] = [[] for _ in range(max(columns.values()) + 1)]
    for name in sorted(box_of, key=lambda n: columns[n]):
        boxes[columns[name]].append(box_of[name])
    arrows, back = [], []
    for box in box_of.values():
        for i, way in enumerate(box.ways):
            if way.to not in box_of:
                continue
            end = box_of[way.to]
            if end.column <= box.column:
                back.append((box, i, end))
                continue
            passing = [_Box("", column) for column in range(box.column + 1, end.column)]
            for one in passing:
                boxes[one.column].append(one)
            arrows.append(_Arrow(i, (box, *passing, end)))
    _place(boxes, arrows)
    return boxes, arrows, back


def _columns(start: str, nexts: Mapping[str, list[str]]) -> dict[str, int]:
    """Each node's column: one more than the last of those it comes from, ways back left out."""
    order: list[str] = []
    open_: set[str] = set()
    done: set[str] = set()
    onward: dict[str, list[str]] = {name: [] for name in nexts}
    for first in (start, *nexts):
        stack: list[tuple[str, Iterator[str]]] = []
        if first not in done:
            open_.add(first)
            stack.append((first, iter(nexts[first])))
        while stack:
            name, left = stack[-1]
            to = next(left, None)
            if to is None:
                stack.pop()
                open_.discard(name)
                done.add(name)
                order.append(name)
                continue
            if to in open_:
                continue
            onward[name].append(to)
            if to not in done:
                open_.add(to)
                stack.append((to, iter(nexts[to])))
    columns = dict.fromkeys(nexts, 0)
    for name in reversed(order):
        for to in onward[name]:
            columns[to] = max(columns[to], columns[name] + 1)
    return columns


def _place(boxes: list[list[_Box]], arrows: list[_Arrow]) -> None:
    """Orders each column so that few arrows cross, and puts boxes near to where they are led to from."""
    before: dict[int, list[tuple[_Box, int]]] = {}
    after: dict[int, list[tuple[_Box, int]]] = {}
    for arrow in arrows:
        for i, (box, to) in enumerate(zip(arrow.through, arrow.through[1:], strict=False)):
            row = arrow.way if i == 0 else 0
            before.setdefault(id(to), []).append((box, row))
            after.setdefault(id(box), []).append((to, row))
    for column in boxes:
        _stack(column)
    for sweep in range(MAX_SWEEPS):
        forward = sweep % 2 == 0
        for column in boxes if forward else reversed(boxes):
            near = before if forward else after
            wanted = {}
            for box in column:
                around = near.get(id(box), [])
                ends = [_out_y(b, row) if forward else b.y + b.height / 2 for b, row in around]
                wanted[id(box)] = sum(ends) / len(ends) if ends else box.y + box.height / 2
            column.sort(key=lambda box: wanted[id(box)])
            _settle(column, wanted)
    top = min(box.y for column in boxes for box in column)
    for column in boxes:
        for box in column:
            box.y += MARGIN + TITLE - 10 - top


def _stack(column: list[_Box]) -> None:
    y = 0.0
    for box in column:
        box.y = y
        y += box.height + PITCH


def _settle(column: list[_Box], wanted: Mapping[int, float]) -> None:
    """Puts boxes of a column as near as can be to where they are wanted, in order, none on another."""
    groups: list[tuple[list[_Box], float, float]] = []  # boxes, where the first is to be, their height
    for box in column:
        members, at, height = [box], wanted[id(box)] - box.height / 2, box.height + PITCH
        while groups and groups[-1][1] + groups[-1][2] > at:
            above, above_at, above_height = groups.pop()
            joined = above + members
            at = (above_at * len(above) + (at - above_height) * len(members)) / len(joined)
            members, height = joined, above_height + height
        groups.append((members, at, height))
    for members, first, _ in groups:
        y = first
        for box in members:
            box.y = y
            y += box.height + PITCH


def _x(box: _Box) -> float:
    return MARGIN + box.column * (WIDTH + GAP)


def _out_y(box: _Box, way: int) -> float:
    """Where a way leaves its box."""
    if not box.name:
        return box.y + box.height / 2
    return box.y + box.height - 6 - ROW * (len(box.ways) - way) + ROW / 2


def _in_y(box: _Box) -> float:
    return box.y + (TOP / 2 if box.name else box.height / 2)


def _curve(arrow: _Arrow) -> str:
    start = arrow.through[0]
    x, y = _x(start) + WIDTH, _out_y(start, arrow.way)
    path = [f"M{x:.0f} {y:.1f}"]
    for box in arrow.through[1:]:
        to_x, to_y = _x(box), _in_y(box)
        bend = (to_x - x) / 2
        path.append(f"C{x + bend:.0f} {y:.1f} {to_x - bend:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}")
        if not box.name:
            path.append(f"H{to_x + WIDTH:.0f}")
        x, y = to_x + WIDTH, to_y
    return f'<path d="{" ".join(path)}" fill="none" stroke="#51606e" stroke-width="1.2" marker-end="url(#tip)"/>'


def _lane(start: _Box, way: int, end: _Box, lane: float, columns: int) -> str:
    """A way back: down in the gap on the right, along below all boxes, up in the gap on the left."""
    share = (way + 1) / (len(start.ways) + 1)
    right = _x(start) + WIDTH + 14 + share * (GAP / 3 if start.column < columns - 1 else 20)
    left = _x(end) - 10 - 8 * ((lane / LANE) % 2)
    path = (
        f"M{_x(start) + WIDTH:.0f} {_out_y(start, way):.1f} H{right:.1f} V{lane:.1f} H{left:.1f} "
        f"V{_in_y(end) + 6:.1f} H{_x(end):.0f}"
    )
    return (
        f'<path d="{path}" fill="none" stroke="#7a8894" stroke-width="1.1" stroke-dasharray="5 3" '
        'stroke-linejoin="round" marker-end="url(#tip)"/>'
    )


def _drawn(box: _Box, node: Node, usage: Usage | None, first: bool) -> Iterator[str]:
    x, y = _x(box), box.y
    asks = hasattr(node, "asks")
    colour = _COLOURS["human" if node.human else "ends" if node.ends else "asks" if asks else "other"]
    yield "<g>"
    yield f"<title>{escape(f'{box.name}: {short(node)}')}</title>"
    yield (
        f'<rect x="{x}" y="{y:.1f}" width="{WIDTH}" height="{box.height:.1f}" rx="9" fill="#ffffff" '
        f"stroke={quoteattr(colour)} stroke-width={quoteattr('2.6' if first else '1.4')}/>"
    )
    name = _cut(box.name, 24)
    yield f'<text x="{x + 12}" y="{y + 18:.1f}" font-weight="600" fill="#17212b" font-size="13">{escape(name)}</text>'
    yield (
        f'<text x="{x + WIDTH - 12}" y="{y + 18:.1f}" text-anchor="end" fill="{colour}" font-weight="600">'
        f"{escape(node.verb)}</text>"
    )
    if text := short(node):
        cut = escape(_cut(text, 33))
        yield f'<text x="{x + 12}" y="{y + TOP + 12:.1f}" fill="#51606e">{cut}</text>'
    for i, way in enumerate(box.ways):
        row = _out_y(box, i) + 4
        label = _cut(way.label, 26)
        if usage is not None:
            twins = [w.to for w in box.ways].count(way.to) > 1
            count = f"{usage.get((box.name, way.to), 0)}{' together' if twins else ''}"
            if way.to not in [w.to for w in box.ways[:i]]:
                yield f'<text x="{x + 12}" y="{row:.1f}" fill="#8a5200" font-weight="600">{count}</text>'
        yield f'<text x="{x + WIDTH - 12}" y="{row:.1f}" text-anchor="end" fill="#17212b">{escape(label)}</text>'
    yield "</g>"


def _cut(text: str, most: int) -> str:
    """The text in as much room as ``most`` Latin letters take; Chinese ones take two."""
    room = 0
    for i, letter in enumerate(text):
        room += 2 if ord(letter) >= 0x2E80 else 1
        if room > most:
            return text[: max(1, i - 1)].rstrip() + "…"
    return text
