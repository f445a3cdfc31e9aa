"""A chart over the quarter-hours of a day, as SVG: bars, lines, areas, a limit. Light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 960, 330
LEFT, RIGHT, TOP, BOTTOM = 62, 32, 74, 44
PLOT_W, PLOT_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

_STYLE = """
.paper { fill: #ffffff; stroke: #d0d7de; }
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a; }
.title { font-size: 15px; font-weight: 600; fill: #1f2328; }
.grid { stroke: #e6eaee; } .axis { stroke: #8c959f; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.thin { stroke-width: 1.4; } .limit { stroke-dasharray: 7 5; stroke-width: 1.6; }
.s-good { stroke: #2f7d6b; } .f-good { fill: #2f7d6b; }
.s-bad { stroke: #c4432b; } .f-bad { fill: #c4432b; }
.s-away { stroke: #a7b0b9; } .f-away { fill: #a7b0b9; }
.s-blue { stroke: #2a6db0; } .f-blue { fill: #2a6db0; }
.s-plum { stroke: #8a4fa3; } .f-plum { fill: #8a4fa3; }
.s-gold { stroke: #b07a10; } .f-gold { fill: #b07a10; }
.s-sky { stroke: #4aa3c7; } .f-sky { fill: #4aa3c7; }
.s-pale { stroke: #9cc9bb; } .f-pale { fill: #d8ebe5; }
@media (prefers-color-scheme: dark) {
.paper { fill: #161b22; stroke: #30363d; } text { fill: #9da7b1; } .title { fill: #e6edf3; }
.grid { stroke: #252c35; } .axis { stroke: #6e7681; }
.s-good { stroke: #4fb59c; } .f-good { fill: #4fb59c; } .s-bad { stroke: #ee7a63; } .f-bad { fill: #ee7a63; }
.s-blue { stroke: #6aa8e6; } .f-blue { fill: #6aa8e6; } .s-plum { stroke: #c08ad8; } .f-plum { fill: #c08ad8; }
.s-gold { stroke: #d9a13a; } .f-gold { fill: #d9a13a; } .s-pale { stroke: #3c6e61; } .f-pale { fill: #1e3a34; }
.s-away { stroke: #6e7681; } .f-away { fill: #6e7681; }
}
"""

COLOURS = ("blue", "plum", "gold", "sky")
"""For lines that mean neither good nor bad, in turn."""

Values = Sequence[float | None]
"""One for each quarter-hour; None where there is nothing to say."""


def number(value: float) -> str:
    """A number for an axis: no more digits than it needs."""
    return f"{value:g}"


def percent(value: float) -> str:
    return f"{value * 100:g} %"


@dataclass(slots=True)
class Chart:
    """``start`` is the minute of the day at which the first quarter-hour begins, ``count`` how many
    there are. ``top`` is the end of the axis, if it is not to be found from the values."""

    title: str
    start: int
    count: int
    shown: Callable[[float], str] = number
    top: float | None = None
    _parts: list[tuple[str, str, str, Values]] = field(default_factory=list)
    """(what, legend, colour, values), in the order they are drawn."""
    _limits: list[tuple[str, float]] = field(default_factory=list)

    def bars(self, stacks: Sequence[tuple[str, str, Sequence[float]]]) -> None:
        """A bar a quarter-hour, of (legend, colour, values) on top of each other."""
        below: list[float] = [0.0] * self.count
        made = []
        for legend, colour, values in stacks:
            below = [low + value for low, value in zip(below, values, strict=True)]
            made.append(("bar", legend, colour, tuple(below)))
        self._parts += reversed(made)  # the whole bar first, and the lower parts over it

    def area(self, legend: str, colour: str, values: Values) -> None:
        """A filled step line."""
        self._parts.append(("area", legend, colour, values))

    def line(self, legend: str, colour: str, values: Values, *, thin: bool = False) -> None:
        """A line from the middle of a quarter-hour to the next; it breaks where a value is None."""
        self._parts.append(("thin" if thin else "line", legend, colour, values))

    def limit(self, legend: str, value: float) -> None:
        """A dashed line across."""
        self._limits.append((legend, value))

    def svg(self) -> str:
        """The whole picture."""
        top, step = self._scale()
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
                f'height="{HEIGHT}" role="img" aria-label="{escape(self.title, {chr(34): "&quot;"})}">',
                f"<style>{_STYLE}</style>",
                f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10"/>',
                f'<text class="title" x="{LEFT}" y="30">{escape(self.title)}</text>',
                *self._legend(),
                *self._axes(top, step),
                *(line for part in self._parts for line in self._drawn(*part, top)),
                *self._across(top),
                "</svg>\n",
            ]
        )

    def _scale(self) -> tuple[float, float]:
        """The end of the axis, and the step of its grid."""
        values = [v for _, _, _, values in self._parts for v in values if v is not None]
        most = self.top if self.top is not None else max([*values, *(value for _, value in self._limits), 1e-9])
        rough = most / 4
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 2.5, 5, 10) if unit * times >= rough * 0.999)
        return (most if self.top is not None else math.ceil(most / step - 1e-9) * step), step

    def _legend(self) -> Iterator[str]:
        x = float(LEFT)
        shapes = [*reversed([p for p in self._parts if p[0] == "bar"]), *(p for p in self._parts if p[0] != "bar")]
        for what, legend, colour, _ in shapes:
            if what in ("bar", "area"):
                yield f'<rect class="f-{colour}" x="{x:.1f}" y="44" width="14" height="10" rx="2"/>'
            else:
                yield f'<path class="line s-{colour}{_thin(what)}" d="M{x:.1f} 49h16"/>'
            yield f'<text x="{x + 21:.1f}" y="53">{escape(legend)}</text>'
            x += 21 + 6.7 * len(legend) + 20
        for legend, _ in self._limits:
            yield f'<path class="line limit s-bad" d="M{x:.1f} 49h20"/>'
            yield f'<text x="{x + 26:.1f}" y="53">{escape(legend)}</text>'
            x += 26 + 6.7 * len(legend) + 20

    def _axes(self, top: float, step: float) -> Iterator[str]:
        for i in range(round(top / step) + 1):
            y = self._y(i * step, top)
            yield f'<path class="{"grid" if i else "axis"}" d="M{LEFT} {y:.1f}h{PLOT_W}"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(self.shown(i * step))}</text>'
        every = next(n for n in (1, 2, 4, 8, 12, 16) if self.count / n <= 16)
        for i in range(self.count + 1):
            minute = self.start + i * 15
            if (minute // 15) % every == 0:
                x = self._x(i)
                yield f'<path class="axis" d="M{x:.1f} {TOP + PLOT_H}v5"/>'
                clock = f"{minute // 60 % 24:02}:{minute % 60:02}"
                yield f'<text x="{x:.1f}" y="{TOP + PLOT_H + 20}" text-anchor="middle">{clock}</text>'

    def _drawn(self, what: str, legend: str, colour: str, values: Values, top: float) -> Iterator[str]:
        width = PLOT_W / self.count
        if what == "bar":
            gap = min(2.0, width * 0.15)
            for i, value in enumerate(values):
                if value:
                    y = self._y(value, top)
                    yield (
                        f'<rect class="f-{colour}" x="{self._x(i) + gap / 2:.1f}" y="{y:.1f}" '
                        f'width="{width - gap:.1f}" height="{TOP + PLOT_H - y:.1f}"/>'
                    )
        elif what == "area":
            edge = " ".join(f"V{self._y(value or 0.0, top):.1f}h{width:.2f}" for value in values)
            yield f'<path class="f-{colour}" d="M{LEFT} {TOP + PLOT_H} {edge} V{TOP + PLOT_H}z"/>'
        else:
            for run in _runs(values):
                points = [f"{self._x(i + 0.5):.1f} {self._y(value, top):.1f}" for i, value in run]
                if len(points) == 1:
                    across, down = points[0].split()
                    yield f'<circle class="f-{colour}" cx="{across}" cy="{down}" r="2.4"/>'
                else:
                    yield f'<path class="line s-{colour}{_thin(what)}" d="M{" L".join(points)}"/>'

    def _across(self, top: float) -> Iterator[str]:
        for _, value in self._limits:
            yield f'<path class="line limit s-bad" d="M{LEFT} {self._y(value, top):.1f}h{PLOT_W}"/>'

    def _x(self, quarter: float) -> float:
        return LEFT + PLOT_W * quarter / self.count

    def _y(self, value: float, top: float) -> float:
        return TOP + PLOT_H * (1 - min(value, top) / top)


def _thin(what: str) -> str:
    return " thin" if what == "thin" else ""


def _runs(values: Values) -> Iterator[list[tuple[int, float]]]:
    """The stretches without a gap."""
    run: list[tuple[int, float]] = []
    for i, value in enumerate(values):
        if value is not None:
            run.append((i, value))
        elif run:
            yield run
            run = []
    if run:
        yield run
