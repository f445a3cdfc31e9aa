"""The verb hours: one way in opening hours and another outside."""

from __future__ import annotations

from collections.abc import Iterator

from ivr import hours
from ivr.hours import Hours
from ivr.node import Link, Name, Node
from ivr.walk import Steps, Walk


class OpeningHours(Node):
    """Goes one way in opening hours and another outside."""

    verb = "hours"
    hours: Hours
    open: Name
    closed: Name

    def links(self) -> Iterator[Link]:
        yield Link(("open",), self.open)
        yield Link(("closed",), self.closed)

    def walk(self, walk: Walk) -> Steps:
        yield from ()
        return self.open if hours.is_open(self.hours, walk.now) else self.closed
