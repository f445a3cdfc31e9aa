"""PINs of accounts and one-time codes, kept in Redis: only their hashes, never in plain.

Whoever is wrong too often is locked out, by account and by caller, whatever is entered then. What
is counted is kept in Redis too, so that it outlives us. Accounts and callers are only names there,
under a hash, for they come from outside.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Protocol

import structlog
from pwdlib import PasswordHash
from redis.asyncio import Redis

from ivr.questions import CheckSecret, Scalar, SendCode, Unanswered, Verdict

WRONG = 5
"""Wrong entries, each within LOCK_S of the one before, after which an account or a caller is locked."""
ANONYMOUS = 10
"""Callers who show no number are counted as one; together they have so many times as many tries."""
LOCK_S = 900
"""Seconds that a lock-out lasts."""
CODES = 5
"""Codes sent for an account, or at a caller's wish, each within LOCK_S of the one before."""
CODE_S = 600
"""Seconds that a one-time code is good for."""
CODE_DIGITS = 6
PREFIX = "cordboard"
ARGON2 = PasswordHash.recommended()
CHECKS_AT_ONCE = 2
"""One check takes about 0.1 s of a core and 64 MB."""

# Both counters go up before the entry is looked at, so that many calls at once have no more tries.
_COUNT = """
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[i + 1]) then return -1 end
end
local last = 0
for i, key in ipairs(KEYS) do
  if redis.call('INCR', key) >= tonumber(ARGV[i + 1]) then last = 1 end
  redis.call('EXPIRE', key, ARGV[1])
end
return last
"""
_FULL, _LAST = -1, 1
# The account starts afresh; the caller only gets back this try: else one's own account would give
# new tries at those of others.
_FORGIVE = """
redis.call('DEL', KEYS[1])
if tonumber(redis.call('GET', KEYS[2]) or '0') > 0 then redis.call('DECR', KEYS[2]) end
return 0
"""

Post = Callable[[str, Mapping[str, Scalar]], Awaitable[bool]]
"""Sends fields as JSON to a URL; whether they were taken."""

log = structlog.get_logger(__name__)


class Hasher(Protocol):
    """Makes hashes of secrets, and tells in constant time whether one is that of a secret."""

    def hash(self, password: str, /) -> str: ...
    def verify(self, password: str, hash: str, /) -> bool: ...


async def set_pin(redis: Redis, account: str, pin: str, prefix: str = PREFIX, hasher: Hasher = ARGON2) -> None:
    """Gives the account this PIN from now on. Raises RedisError."""
    await redis.set(_pin_key(prefix, account), await asyncio.to_thread(hasher.hash, pin))


class Pins:
    """Checks PINs and codes. ``redis`` must decode responses, ``webhooks`` maps a name to a URL.

    Every method raises RedisError while Redis is away.
    """

    def __init__(
        self,
        redis: Redis,
        webhooks: Mapping[str, str],
        post: Post,
        prefix: str = PREFIX,
        hasher: Hasher = ARGON2,
    ) -> None:
        self._redis = redis
        self._webhooks = webhooks
        self._post = post
        self._prefix = prefix
        self._count = redis.register_script(_COUNT)
        self._forgive = redis.register_script(_FORGIVE)
        self._hasher = hasher
        self._at_once = asyncio.Semaphore(CHECKS_AT_ONCE)
        # Looked at for accounts that have no PIN, so that they take as long as those that have one.
        self._stand_in = self._hasher.hash(secrets.token_hex(8))

    async def check(self, question: CheckSecret) -> Verdict:
        """Whether the PIN or the code is right; a code is used up by that."""
        keys, limits = self._counters("wrong", WRONG, question)
        counted = int(await self._count(keys=keys, args=[LOCK_S, *limits]))
        if counted == _FULL:
            return Verdict(right=False, locked=True)
        key = self._code_key(question.account) if question.code else _pin_key(self._prefix, question.account)
        hashed = await self._redis.get(key)
        async with self._at_once:
            against = self._stand_in if hashed is None else str(hashed)
            same = await asyncio.to_thread(self._hasher.verify, question.entered, against)
        right = same and hashed is not None
        if right and question.code:
            right = await self._redis.delete(key) == 1  # for one of two who enter it at once
        if right:
            await self._forgive(keys=keys)
            return Verdict(right=True)
        if counted == _LAST:
            log.warning("a lock-out after too many wrong entries", seconds=LOCK_S)
        return Verdict(right=False, locked=counted == _LAST)

    async def send_code(self, question: SendCode) -> bool | Verdict | Unanswered:
        """Makes a code, which takes the place of an earlier one, and sends it."""
        url = self._webhooks.get(question.webhook)
        if url is None:
            return Unanswered("the site has no such webhook")
        keys, limits = self._counters("wrong", WRONG, question)
        wrong = await self._redis.mget(keys)
        if any(int(count or 0) >= limit for count, limit in zip(wrong, limits, strict=True)):
            return Verdict(right=False, locked=True)
        keys, limits = self._counters("sent", CODES, question)
        if int(await self._count(keys=keys, args=[LOCK_S, *limits])) == _FULL:
            log.warning("too many one-time codes are asked for")
            return Unanswered("too many codes were sent")
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        async with self._at_once:
            hashed = await asyncio.to_thread(self._hasher.hash, code)
        key = self._code_key(question.account)
        await self._redis.set(key, hashed, ex=CODE_S)
        if await self._post(url, {"account": question.account, "caller": question.caller, "code": code}):
            return True
        await self._redis.delete(key)
        return Unanswered("the code could not be sent")

    def _counters(self, what: str, most: int, who: CheckSecret | SendCode) -> tuple[list[str], list[int]]:
        """The keys of what is counted for an account and for a caller, each with its limit."""
        shown = any(c.isdecimal() for c in who.caller)
        caller = who.caller if shown else ""
        counted = (("account", who.account), ("caller", caller))
        keys = [f"{self._prefix}:{what}:{kind}:{_hidden(name)}" for kind, name in counted]
        return keys, [most, most if shown else most * ANONYMOUS]

    def _code_key(self, account: str) -> str:
        return f"{self._prefix}:code:{_hidden(account)}"


def _pin_key(prefix: str, account: str) -> str:
    return f"{prefix}:pin:{_hidden(account)}"


def _hidden(name: str) -> str:
    return sha256(name.encode(errors="replace")).hexdigest()
