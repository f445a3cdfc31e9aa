"""Dispositions: what may come of a talk, as a tree in which the agent chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cti.site.hints import there_are

SEPARATOR = " > "
"""Between the names of a path. No name has ``>`` in it."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """A result, or a group of those ``under`` it."""

    name: str
    under: tuple[Disposition, ...] = ()


Tree = tuple[Disposition, ...]


class NotADisposition(ValueError):
    """The path does not lead to a result of the tree; the text says where it goes wrong."""


def chosen(tree: Tree, path: Sequence[str]) -> str:
    """The path as one text. It must end at a result that has none under it. Raises NotADisposition."""
    for depth, name in enumerate(path):
        found = next((one for one in tree if one.name == name), None)
        if found is None:
            where = f" under {SEPARATOR.join(path[:depth])}" if depth else ""
            raise NotADisposition(f"there is no disposition {name!r}{where}; {there_are(name, _names(tree))}")
        tree = found.under
    if path and tree:
        raise NotADisposition(f"{SEPARATOR.join(path)} is a group: choose one of {', '.join(_names(tree))}")
    return SEPARATOR.join(path)


def _names(tree: Tree) -> list[str]:
    return [one.name for one in tree]
