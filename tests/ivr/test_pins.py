"""PINs and one-time codes, in an imitation of Redis and in the real one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import fakeredis
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError
from structlog.testing import capture_logs

from ivr.pins import ANONYMOUS, CODE_S, CODES, LOCK_S, WRONG, Pins, set_pin
from ivr.questions import CheckSecret, Scalar, SendCode, Unanswered, Verdict
from routing.redis_server import RedisServer
from routing.store import connect

RIGHT, NO, LOCKED = Verdict(right=True), Verdict(right=False), Verdict(right=False, locked=True)
URL = "https://sms.example/send"


@pytest.fixture(params=["fakeredis", pytest.param("valkey", marks=pytest.mark.real)])
async def redis(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Redis]:
    if request.param == "fakeredis":
        async with fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as fake:
            yield fake
    else:
        async with RedisServer(tmp_path / "redis") as server, connect(server.url) as client:
            yield client


class Quick:
    """Stands in for argon2, which takes its time on purpose. It counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def hash(self, secret: str) -> str:
        return f"hashed {secret[::-1]}"

    def verify(self, secret: str, hashed: str) -> bool:
        self.asked += 1
        return hashed == self.hash(secret)


class Phone:
    """Where codes are sent to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, Scalar]]] = []
        self.works = True

    async def post(self, url: str, body: Mapping[str, Scalar]) -> bool:
        self.sent.append((url, body))
        return self.works

    @property
    def code(self) -> str:
        return str(self.sent[-1][1]["code"])


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture
async def pins(redis: Redis, phone: Phone, quick: Quick) -> Pins:
    pins = Pins(redis, {"sms": URL}, phone.post, hasher=quick)
    await set_pin(redis, "4711", "2580", hasher=quick)
    await set_pin(redis, "own", "1111", hasher=quick)
    return pins


def pin(entered: str, account: str = "4711", caller: str = "+4930") -> CheckSecret:
    return CheckSecret(account, caller, entered, code=False)


def code(entered: str, account: str = "4711", caller: str = "+4930") -> CheckSecret:
    return CheckSecret(account, caller, entered, code=True)


def send(account: str = "4711", caller: str = "+4930", webhook: str = "sms") -> SendCode:
    return SendCode(account, caller, webhook)


async def test_a_pin(pins: Pins) -> None:
    assert await pins.check(pin("2580")) == RIGHT
    assert await pins.check(pin("2581")) == NO
    assert await pins.check(pin("2580", account="4712")) == NO
    assert await pins.check(pin("2580", account="")) == NO
    assert await pins.check(code("2580")) == NO


async def test_only_hashes_and_no_names_are_kept(redis: Redis, phone: Phone) -> None:
    pins = Pins(redis, {"sms": URL}, phone.post)
    await set_pin(redis, "account-4711", "258013")
    assert await pins.check(pin("258013", account="account-4711")) == RIGHT
    assert await pins.check(pin("258014", account="account-4711", caller="+49301234567")) == NO
    assert await pins.send_code(send("account-4711", "+49301234567"))
    kept = [(key, await redis.get(key)) for key in await redis.keys("*")]
    assert sum(str(value).startswith("$argon2id$") for _, value in kept) == 2
    for secret in ("account-4711", "301234567"):
        assert secret not in str(kept)
    for secret in ("258013", phone.code):
        assert secret not in [value for _, value in kept]


async def test_an_account_is_locked_whoever_calls(pins: Pins, redis: Redis) -> None:
    for n in range(WRONG):
        verdict = await pins.check(pin("0000", caller=f"+49{n}"))
        assert verdict == (LOCKED if n == WRONG - 1 else NO)
    assert await pins.check(pin("2580", caller="+1")) == LOCKED
    assert await pins.check(pin("1111", account="own", caller="+1")) == RIGHT
    await over(redis)
    assert await pins.check(pin("2580")) == RIGHT


async def test_a_caller_is_locked_whatever_the_account(pins: Pins, redis: Redis) -> None:
    for n in range(WRONG):
        await pins.check(pin("0000", account=f"{n}"))
        if n < WRONG - 1:  # being right about oneself gives no new tries at others
            assert await pins.check(pin("1111", account="own")) == RIGHT
    assert await pins.check(pin("2580")) == LOCKED
    assert await pins.check(pin("2580", caller="+1")) == RIGHT
    await over(redis)
    assert await pins.check(pin("2580")) == RIGHT


async def test_callers_without_a_number_have_more_tries_together(pins: Pins) -> None:
    for n in range(WRONG * ANONYMOUS):
        assert await pins.check(pin("0000", account=f"{n}", caller=("", "anonymous")[n % 2])) != RIGHT
    assert await pins.check(pin("2580", caller="unknown")) == LOCKED
    assert await pins.check(pin("2580")) == RIGHT


async def over(redis: Redis) -> None:
    """Time goes on until all locks are over: what is left of each is checked, and then taken away."""
    keys = [key for key in await redis.keys("*") if ":wrong:" in key or ":sent:" in key]
    for key in keys:
        assert LOCK_S - 60 < await redis.ttl(key) <= LOCK_S
        await redis.delete(key)


async def test_being_right_starts_afresh(pins: Pins) -> None:
    for _ in range(3):
        for _ in range(WRONG - 1):
            assert await pins.check(pin("0000", caller="")) == NO
        assert await pins.check(pin("2580", caller="")) == RIGHT


async def test_many_calls_at_once_have_no_more_tries(pins: Pins, quick: Quick) -> None:
    verdicts = await asyncio.gather(*(pins.check(pin("0000", caller=f"+{n}")) for n in range(40)))
    assert quick.asked == WRONG
    assert verdicts.count(LOCKED) == 40 - WRONG + 1


async def test_an_unknown_account_takes_as_long(pins: Pins, quick: Quick) -> None:
    for n, question in enumerate((pin("2580"), pin("1"), pin("1", account="none"), code("1"), code("1", account="x"))):
        await pins.check(question)
        assert quick.asked == n + 1


async def test_a_code(pins: Pins, phone: Phone, redis: Redis) -> None:
    assert await pins.send_code(send()) is True
    url, body = phone.sent[0]
    assert url == URL
    assert body == {"account": "4711", "caller": "+4930", "code": phone.code}
    assert re.fullmatch(r"\d{6}", phone.code)
    ttls = [await redis.ttl(key) for key in await redis.keys("*:code:*")]
    assert len(ttls) == 1
    assert CODE_S - 60 < ttls[0] <= CODE_S
    assert await pins.check(code(phone.code, account="own")) == NO
    assert await pins.check(pin(phone.code)) == NO
    assert await pins.check(code(phone.code)) == RIGHT
    assert await pins.check(code(phone.code)) == NO


async def test_a_code_is_good_for_one_of_two(pins: Pins, phone: Phone) -> None:
    await pins.send_code(send())
    verdicts = await asyncio.gather(*(pins.check(code(phone.code)) for _ in range(2)))
    assert sorted(verdict.right for verdict in verdicts) == [False, True]


async def test_a_new_code_takes_the_place_of_the_old(pins: Pins, phone: Phone) -> None:
    await pins.send_code(send())
    old = phone.code
    while phone.code == old:
        await pins.send_code(send())
    assert await pins.check(code(old)) == NO
    assert await pins.check(code(phone.code)) == RIGHT


async def test_a_code_that_cannot_be_sent(pins: Pins, phone: Phone) -> None:
    assert await pins.send_code(send(webhook="letter")) == Unanswered("the site has no such webhook")
    assert phone.sent == []
    phone.works = False
    assert await pins.send_code(send()) == Unanswered("the code could not be sent")
    assert await pins.check(code(phone.code)) == NO


async def test_nobody_is_flooded_with_codes(pins: Pins, phone: Phone) -> None:
    for n in range(CODES):
        assert await pins.send_code(send(caller=f"+49{n}")) is True
    assert await pins.send_code(send(caller="+1")) == Unanswered("too many codes were sent")
    assert await pins.send_code(send("own")) is True
    assert len(phone.sent) == CODES + 1


async def test_no_code_for_who_is_locked_out(pins: Pins, phone: Phone) -> None:
    for _ in range(WRONG):
        await pins.check(pin("0000"))
    assert await pins.send_code(send(caller="+1")) == LOCKED
    assert await pins.send_code(send("own")) == LOCKED
    assert phone.sent == []


async def test_nothing_is_logged_of_whom_or_what(pins: Pins, phone: Phone) -> None:
    with capture_logs() as logs:
        for _ in range(WRONG + 1):
            await pins.check(pin("0000"))
        for _ in range(CODES + 1):
            await pins.send_code(send(account="other", caller="+7"))
    assert len(logs) == 2
    assert not re.search(r"4711|\+4930|0000|other|\+7|" + phone.code, str(logs))


def test_nothing_is_shown_of_whom_or_what() -> None:
    assert repr(pin("2580")) == "CheckSecret(code=False)"
    assert repr(send()) == "SendCode(webhook='sms')"


async def test_redis_is_away(phone: Phone) -> None:
    pins = Pins(Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)), {"sms": URL}, phone.post)
    with pytest.raises(ConnectionError):
        await pins.check(pin("2580"))
    with pytest.raises(ConnectionError):
        await pins.send_code(send())


@pytest.mark.real
async def test_a_lock_outlives_a_restart(tmp_path: Path, phone: Phone, quick: Quick) -> None:
    async with RedisServer(tmp_path / "redis") as server, connect(server.url) as redis:
        pins = Pins(redis, {}, phone.post, hasher=quick)
        await set_pin(redis, "4711", "2580", hasher=quick)
        for _ in range(WRONG):
            await pins.check(pin("0000"))
    async with RedisServer(tmp_path / "redis") as server, connect(server.url) as redis:
        pins = Pins(redis, {}, phone.post, hasher=quick)
        assert await pins.check(pin("2580")) == LOCKED
        assert await pins.check(pin("2580", caller="+1")) == LOCKED
        await over(redis)
        assert await pins.check(pin("2580")) == RIGHT
