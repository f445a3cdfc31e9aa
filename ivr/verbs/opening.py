"""The verb hours: one way in opening hours and another outside."""

from __future__ import annotations

from collections.abc import Iterator

from cti.site import hours
from cti.site.hours import Hours
from ivr.node import FieldName, Link, Longest, Measure, Name, Node
from ivr.questions import SwitchState
from ivr.walk import Ask, Steps, Walk

SWITCH_S = 1.0
"""Seconds to learn how a switch stands, before the hours decide alone."""


class OpeningHours(Node):
    """Goes one way in opening hours and another outside.

    ``switch`` names a switch by which supervisors open or close by hand, whatever the hours are.
    """

    verb = "hours"
    hours: Hours
    switch: FieldName | None = None
    open: Name
    closed: Name

    def links(self) -> Iterator[Link]:
        yield Link(("open",), self.open)
        yield Link(("closed",), self.closed)

    def longest(self, measure: Measure) -> Longest:
        return Longest(0, SWITCH_S if self.switch is not None else 0.0)

    def walk(self, walk: Walk) -> Steps:
        state = "auto"
        if self.switch is not None:
            state = yield Ask(SwitchState(self.switch), SWITCH_S)
        match state:
            case "open":
                return self.open
            case "closed":
                return self.closed
        return self.open if hours.is_open(self.hours, walk.now) else self.closed
