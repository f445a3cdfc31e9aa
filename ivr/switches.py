"""The switches by which supervisors open or close by hand, kept in a file over restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import structlog

from ivr.tree import Flows
from ivr.verbs.opening import OpeningHours

State = Literal["open", "closed", "auto"]
"""``auto``: the hours decide."""

log = structlog.get_logger(__name__)


class Switches:
    """How each switch stands; ``auto`` until somebody sets it. ``file`` is where that is kept.

    A file that cannot be read counts as empty, and is written anew at the next change.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._turn = asyncio.Lock()
        self._states: dict[str, State] = _read(file)

    async def state(self, name: str) -> State:
        return self._states.get(name, "auto")

    async def set(self, name: str, state: State) -> None:
        """Sets a switch. Raises OSError, and changes nothing then, if that cannot be kept."""
        async with self._turn:
            states = {**self._states, name: state}
            await asyncio.to_thread(self._write, states)
            self._states = states

    def _write(self, states: Mapping[str, State]) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(states), encoding="utf-8")
        fresh.replace(self._file)


def named(flows: Flows) -> set[str]:
    """The switches that flows ask for."""
    nodes = (node for flow in flows.values() for node in flow.nodes.values())
    return {node.switch for node in nodes if isinstance(node, OpeningHours) and node.switch is not None}


def _read(file: Path) -> dict[str, State]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.error("the switches' file cannot be read: all are at auto", file=str(file), error=type(error).__name__)
        return {}
    states = found if isinstance(found, dict) else {}
    return {str(name): state for name, state in states.items() if state in get_args(State)}
