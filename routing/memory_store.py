"""Live state in plain dictionaries, for pure tests and the simulator. Lost with the process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cti.calls.words import CallId
from routing.agents import READY, RESERVED, Status
from routing.queues import Waiting
from routing.store import Answer, Changed, Reservation, Turn, promised_call, promised_until


class MemoryStore:
    """A ``Store`` with no server behind it: it is never down and loses nothing."""

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

    async def write(self, turn: Turn) -> Answer:
        for call, waiting in turn.calls.items():
            if waiting is not None:
                self._waiting[call] = waiting
            else:
                self._waiting.pop(call, None)
                self._promised.pop(call, None)
        others = {name: self._agents[name] for name, changed in turn.agents.items() if not self._save(name, changed)}
        if turn.reservation is None:
            return Answer(None, others)
        token, name = self._reserve(turn.reservation, turn.at), turn.reservation.name
        if token is None and name in self._agents and self._agents[name].state is not READY:
            others[name] = self._agents[name]
        return Answer(token, others)

    def _save(self, name: str, changed: Changed) -> bool:
        held, status, call = self._agents.get(name), changed.status, CallId(promised_call(changed.status))
        promised = self._promised.get(call) if call else None
        foreign = promised is not None and promised[0] != status.token
        if (held is not None and held.token > status.token) or foreign:
            return held is None
        released = changed.released
        if released and self._promised.get(released, (0, 0.0))[0] == status.token:
            del self._promised[released]
        until = promised_until(status)
        if call in self._waiting and until is not None and promised is None:
            self._promised[call] = (status.token, until)
        self._agents[name] = status
        self._tokens = max(self._tokens, status.token)
        return True

    def _reserve(self, wanted: Reservation, now: float) -> int | None:
        held, call = self._agents.get(wanted.name), CallId(promised_call(wanted.status))
        if held is None:
            return None
        if held.state is RESERVED and held.offer == wanted.status.offer:
            self._agents[wanted.name] = replace(wanted.status, token=held.token)
            return held.token
        until = promised_until(wanted.status)
        if held.state is not READY or (until is not None and call not in self._waiting):
            return None
        if call in self._promised and self._promised[call][1] > now:
            return None
        self._tokens = max(self._tokens + 1, int(now * 1_000_000))
        self._agents[wanted.name] = replace(wanted.status, token=self._tokens)
        if until is not None:
            self._promised[call] = (self._tokens, until)
        return self._tokens
