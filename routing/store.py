"""Live state outside this process: what agents do, which calls wait, and who is promised to whom.

The scripts (``reserve.lua``, ``save.lua``) run inside Redis, one at a time. That is what makes
a reservation safe: no two engines can promise the same agent, or the same call, twice. A
reservation's token fences off whoever slept past it: only the latest may write.
Commands are those of Redis 7.0.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, TimeoutError

from cti.calls.events import AgentState, CallId, OfferId
from routing.agents import Status
from routing.queues import Needs, Waiting


class StoreDown(Exception):
    """The store can't be reached now, or refuses to work. The text says why."""


class Store(Protocol):
    """Live state. Every method may raise StoreDown; then nothing is known of its effect."""

    async def agents(self, names: Iterable[str]) -> dict[str, Status]:
        """What these agents do; those the store doesn't know are left out."""
        ...

    async def waiting(self) -> list[Waiting]:
        """All calls that wait, offered or not, in no order."""
        ...

    async def wait(self, waiting: Waiting) -> None:
        """Writes a waiting call; a reservation of it stays."""
        ...

    async def leave(self, call: CallId) -> None:
        """The call waits no more; its reservation goes with it."""
        ...

    async def reserve(self, name: str, reserved: Status, ttl_s: float) -> int | None:
        """Promises the agent ``name`` to ``reserved.call``, and writes ``reserved``.

        Only if the agent is ready, and the call waits without a reservation that is still
        good at ``reserved.since``. Returns the new token, or None. Asking again with the
        same offer returns the same token.
        """
        ...

    async def save(self, name: str, status: Status, released: CallId | None = None) -> bool:
        """Writes what an agent does; ``released`` is the call whose offer to him is over.

        False, and nothing written, when ``status.token`` is not the agent's latest, or
        ``status.call`` is reserved with another token.
        """
        ...


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


class RedisStore:
    """Live state in Redis: ``<prefix>:agent:<name>`` and ``<prefix>:call:<id>`` are hashes of plain
    text, ``<prefix>:waiting`` the set of waiting calls, ``<prefix>:tokens`` counts reservations.

    ``redis`` must decode responses, as one of ``connect`` does.
    """

    def __init__(self, redis: Redis, prefix: str = "cordboard") -> None:
        self._redis = redis
        self._prefix = prefix
        here = Path(__file__).parent
        self._reserve = redis.register_script((here / "reserve.lua").read_text(encoding="utf-8"))
        self._save = redis.register_script((here / "save.lua").read_text(encoding="utf-8"))

    async def agents(self, names: Iterable[str]) -> dict[str, Status]:
        wanted = list(names)
        async with _reaching(), self._redis.pipeline(transaction=False) as pipe:
            for name in wanted:
                pipe.hgetall(self._agent(name))
            rows = await pipe.execute()
        return {name: _read_status(row) for name, row in zip(wanted, rows, strict=True) if row}

    async def waiting(self) -> list[Waiting]:
        async with _reaching():
            members: Any = self._redis.smembers(f"{self._prefix}:waiting")
            calls = [CallId(call) for call in await members]
            async with self._redis.pipeline(transaction=False) as pipe:
                for call in calls:
                    pipe.hgetall(self._call(call))
                rows = await pipe.execute()
        return [_read_waiting(call, row) for call, row in zip(calls, rows, strict=True) if row]

    async def wait(self, waiting: Waiting) -> None:
        async with _reaching(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(self._call(waiting.call), mapping=_write_waiting(waiting))
            pipe.sadd(f"{self._prefix}:waiting", waiting.call)
            await pipe.execute()

    async def leave(self, call: CallId) -> None:
        async with _reaching(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._call(call))
            pipe.srem(f"{self._prefix}:waiting", call)
            await pipe.execute()

    async def reserve(self, name: str, reserved: Status, ttl_s: float) -> int | None:
        keys = [self._agent(name), self._call(reserved.call or ""), f"{self._prefix}:tokens"]
        args = [reserved.offer or "", repr(reserved.since), repr(reserved.since + ttl_s), *_pairs(reserved)]
        async with _reaching():
            token = await self._reserve(keys=keys, args=args)
        return int(token) if token else None

    async def save(self, name: str, status: Status, released: CallId | None = None) -> bool:
        holds = status.call is not None
        keys = [self._agent(name), self._call((status.call if holds else released) or "")]
        args = [str(status.token), "holds" if holds else "", *_pairs(status)]
        async with _reaching():
            return bool(await self._save(keys=keys, args=args))

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


def _pairs(status: Status) -> list[str]:
    """Field, text, field, text, ... as HSET takes them; floats as ``repr``, which is exact."""
    texts = {
        "state": status.state.value,
        "since": repr(status.since),
        "reason": status.reason,
        "call": status.call or "",
        "offer": status.offer or "",
        "queue": status.queue,
        "accepted": "1" if status.accepted else "",
        "idle_since": repr(status.idle_since),
        "until": "" if status.until is None else repr(status.until),
        "token": str(status.token),
        "wish": status.wish.value if status.wish else "",
        "wish_reason": status.wish_reason,
    }
    return [text for pair in texts.items() for text in pair]


def _read_status(row: Mapping[str, str]) -> Status:
    return Status(
        state=AgentState(row["state"]),
        since=float(row["since"]),
        reason=row["reason"],
        call=CallId(row["call"]) if row["call"] else None,
        offer=OfferId(row["offer"]) if row["offer"] else None,
        queue=row["queue"],
        accepted=bool(row["accepted"]),
        idle_since=float(row["idle_since"]),
        until=float(row["until"]) if row["until"] else None,
        token=int(row["token"]),
        wish=AgentState(row["wish"]) if row["wish"] else None,
        wish_reason=row["wish_reason"],
    )


def _write_waiting(waiting: Waiting) -> dict[Any, Any]:
    return {
        "queue": waiting.queue,
        "needs": json.dumps(waiting.needs),
        "priority": str(waiting.priority),
        "since": repr(waiting.since),
        "sequence": str(waiting.sequence),
        "agent": waiting.agent,
    }


def _read_waiting(call: CallId, row: Mapping[str, str]) -> Waiting:
    return Waiting(
        call=call,
        queue=row["queue"],
        needs=_read_needs(row["needs"]),
        priority=int(row["priority"]),
        since=float(row["since"]),
        sequence=int(row["sequence"]),
        agent=row.get("agent", ""),  # an earlier engine did not write it
    )


def _read_needs(text: str) -> Needs:
    skills, groups = json.loads(text)
    return Needs(tuple((skill, level) for skill, level in skills), tuple(groups))
