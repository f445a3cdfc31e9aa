"""Live state outside this process: what agents do, which calls wait, and who is promised to whom.

An engine's turn is one trip: all that it changed, and behind it the reservation that it wants.
``turn.lua`` does it inside Redis, one turn at a time. That is what makes a reservation safe: no two
engines can promise the same agent, or the same call, twice. A reservation's token fences off
whoever slept past it: only the latest may write. Commands are those of Redis 7.0.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, TimeoutError

from cti.calls.words import CallId
from routing.agents import OFFERED, Status
from routing.queues import Waiting

GRACE_S = 10.0
"""How long nobody is reserved where other engines may have to write first what the store has lost."""
HELD_S = 40.0
"""How much longer than an offer's own deadline its call stays promised: the deadline comes first."""


class StoreDown(Exception):
    """The store can't be reached now, or refuses to work. The text says why."""


class StoreLost(Exception):
    """The store has lost what this engine wrote. Nothing was changed; all that is known must be written."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What an agent does now. ``released`` is the call whose offer to him is over."""

    status: Status
    released: CallId | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """The agent ``name`` is to be promised to ``status.call``; ``status`` is his when he is."""

    name: str
    status: Status


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be written at ``at`` (Unix seconds): calls first, then agents, then the reservation.

    A call that is None waits no more, and its promise goes with it; one that is written again
    stays promised. An agent is written unless another engine has changed him: unless the store
    knows a later token of him, or ``status.call`` is promised with another token. An agent is
    reserved if he is ready, and the call waits without a promise still good at that time; one whose
    phone rings ``beside`` another's needs only be ready, and nothing is promised to him.
    """

    at: float
    calls: Mapping[CallId, Waiting | None] = field(default_factory=dict)
    agents: Mapping[str, Changed] = field(default_factory=dict)
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``token`` is the new reservation's, None if there is none. Asking again for the same offer
    gives the same token. ``others`` are the agents changed by another engine, as the store has them.
    Until ``closed_until`` nobody is reserved: the store may have lost what an engine is to write first."""

    token: int | None = None
    others: Mapping[str, Status] = field(default_factory=dict)
    closed_until: float | None = None


class Store(Protocol):
    """Live state. Every method may raise StoreDown; then nothing is known of its effect."""

    async def agents(self, names: Iterable[str]) -> dict[str, Status]:
        """What these agents do; those the store doesn't know are left out."""
        ...

    async def waiting(self) -> list[Waiting]:
        """All calls that wait, offered or not, in no order."""
        ...

    async def write(self, turn: Turn) -> Answer:
        """Writes what a turn has changed, one turn of an engine at a time. Raises StoreLost."""
        ...


def promised_until(status: Status) -> float | None:
    """Until when the agent's call is promised to him; None when it isn't."""
    promised = status.state in OFFERED and not status.beside
    return status.until + HELD_S if promised and status.until is not None else None


def promised_call(status: Status) -> str:
    """The call that is, or must not be, promised to another than the agent; empty for none."""
    return status.call if status.call is not None and not status.beside else ""


def connect(url: str) -> Redis:
    """A client for ``redis://``, ``rediss://`` or ``unix://``; it bridges a restart of the server."""
    client: Redis = Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=5.0,
        retry=Retry(ExponentialBackoff(cap=0.3, base=0.02), 8),
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError],
    )
    return client


_STATUS = TypeAdapter(Status)
_WAITING = TypeAdapter(Waiting)


class RedisStore:
    """Live state in Redis, as one engine writes it. ``redis`` must decode responses.

    ``<prefix>:agent:<name>`` and ``<prefix>:call:<id>`` are hashes: ``data`` is JSON, and beside it is
    what the script needs to know. ``<prefix>:waiting`` is the set of waiting calls,
    ``<prefix>:tokens`` the latest token, ``<prefix>:turn:<engine>`` the number of an engine's latest
    turn: a lower one than was acknowledged means that the store has lost something.

    ``<prefix>:server`` is the server that all this is in. On another one, or an empty one, nobody is
    reserved for ``grace_s``: what an engine can't know is lost may be another's. Zero will do where
    there is only one engine.
    """

    def __init__(self, redis: Redis, prefix: str = "cordboard", grace_s: float = 0.0) -> None:
        self._redis = redis
        self._prefix = prefix
        self._grace_s = grace_s
        self._engine = secrets.token_hex(8)
        self._number = self._acknowledged = 0
        self._turn = redis.register_script(Path(__file__).with_name("turn.lua").read_text(encoding="utf-8"))

    async def agents(self, names: Iterable[str]) -> dict[str, Status]:
        wanted = list(names)
        async with _reaching(), self._redis.pipeline(transaction=False) as pipe:
            for name in wanted:
                pipe.hmget(self._agent(name), "token", "data")
            rows = await pipe.execute()
        return {name: _status(token, data) for name, (token, data) in zip(wanted, rows, strict=True) if data}

    async def waiting(self) -> list[Waiting]:
        async with _reaching():
            members: Any = self._redis.smembers(f"{self._prefix}:waiting")
            calls = [CallId(call) for call in await members]
            async with self._redis.pipeline(transaction=False) as pipe:
                for call in calls:
                    pipe.hget(self._call(call), "data")
                rows = await pipe.execute()
        return [_WAITING.validate_json(data) for data in rows if data]

    async def write(self, turn: Turn) -> Answer:
        self._number += 1
        keys = [f"{self._prefix}:{name}" for name in (f"turn:{self._engine}", "tokens", "waiting", "server")]
        args = [str(self._number), str(self._acknowledged), repr(turn.at), repr(self._grace_s), str(len(turn.calls))]
        for call, waiting in turn.calls.items():
            keys.append(self._call(call))
            args += [call, "" if waiting is None else _WAITING.dump_json(waiting).decode()]
        args.append(str(len(turn.agents)))
        for name, changed in turn.agents.items():
            status = changed.status
            until = promised_until(status)
            keys += [self._agent(name), self._call(promised_call(status)), self._call(changed.released or "")]
            args += [name, str(status.token), status.state.value, status.offer or ""]
            args += ["" if until is None else repr(until), _STATUS.dump_json(status).decode()]
        if turn.reservation is None:
            args.append("")
        else:
            name, status = turn.reservation.name, turn.reservation.status
            until = promised_until(status)
            keys += [self._agent(name), self._call(promised_call(status))]
            args += [
                "1",
                name,
                status.offer or "",
                "" if until is None else repr(until),
                _STATUS.dump_json(status).decode(),
            ]
        async with _reaching():
            answer = await self._turn(keys=keys, args=args)
        if answer == "lost":
            self._acknowledged = 0
            raise StoreLost("the store has lost what was written to it")
        if answer == "old":
            raise StoreDown("live state was written by a later turn meanwhile")
        self._acknowledged = self._number
        token, closed_until, *rest = answer
        others = {name: _status(its, data) for name, its, data in zip(*[iter(rest)] * 3, strict=True)}
        return Answer(int(token) if token else None, others, float(closed_until) if closed_until else None)

    def _agent(self, name: str) -> str:
        return f"{self._prefix}:agent:{name}"

    def _call(self, call: str) -> str:
        return f"{self._prefix}:call:{call}"


@asynccontextmanager
async def _reaching() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreDown(f"live state can't be reached: {error}") from error


def _status(token: str, data: str) -> Status:
    """The script gives a reservation its token, when ``data`` is made already."""
    return replace(_STATUS.validate_json(data), token=int(token))
