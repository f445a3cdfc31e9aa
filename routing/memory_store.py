"""Live state in plain dictionaries, for pure tests and the simulator. Lost with the process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cti.calls.events import CallId
from routing.agents import READY, RESERVED, Status
from routing.queues import Waiting


class MemoryStore:
    """A ``Store`` with no server behind it. See ``Store`` for what each method does."""

    def __init__(self) -> None:
        self._agents: dict[str, Status] = {}
        self._waiting: dict[CallId, Waiting] = {}
        self._promised: dict[CallId, tuple[int, float]] = {}
        """Call to (token, until)."""
        self._tokens = 0

    async def agents(self, names: Iterable[str]) -> dict[str, Status]:
        return {name: self._agents[name] for name in names if name in self._agents}

    async def waiting(self) -> list[Waiting]:
        return list(self._waiting.values())

    async def wait(self, waiting: Waiting) -> None:
        self._waiting[waiting.call] = waiting

    async def leave(self, call: CallId) -> None:
        self._waiting.pop(call, None)
        self._promised.pop(call, None)

    async def reserve(self, name: str, reserved: Status, ttl_s: float) -> int | None:
        held = self._agents.get(name)
        call = reserved.call
        if held is None or call is None:
            return None
        if held.state is RESERVED and held.offer == reserved.offer:
            return held.token
        if held.state is not READY or call not in self._waiting:
            return None
        if call in self._promised and self._promised[call][1] > reserved.since:
            return None
        self._tokens += 1
        self._agents[name] = replace(reserved, token=self._tokens)
        self._promised[call] = (self._tokens, reserved.since + ttl_s)
        return self._tokens

    async def save(self, name: str, status: Status, released: CallId | None = None) -> bool:
        held = self._agents.get(name)
        if held is not None and held.token != status.token:
            return False
        call = status.call or released
        promised = self._promised.get(call) if call else None
        if promised is not None:
            mine = promised[0] == status.token
            if status.call is not None and not mine:
                return False
            if status.call is None and mine and call:
                del self._promised[call]
        self._agents[name] = status
        return True
