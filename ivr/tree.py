"""A flow: the menu that callers of a number walk, as nodes that lead to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cti.site.files import Key
from ivr.node import Node


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that has been checked: every link leads to a node that is there.

    ``languages`` maps each language to the voice that speaks it; the first is what callers hear
    until they choose. ``version`` is a hash of the file's content, ``lines`` where its prompts stand.
    """

    name: str
    file: str
    start: str
    languages: Mapping[str, str]
    nodes: Mapping[str, Node]
    version: str = ""
    lines: Mapping[Key, int] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """What callers hear until they choose."""
        return next(iter(self.languages))


Flows = Mapping[str, Flow]
"""Flows by name, which is their file's name without suffix."""
