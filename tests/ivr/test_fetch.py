"""Lookups against a service that may behave as badly as it likes."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cti.signature import HEADER, signature
from ivr import fetch
from ivr.fetch import FAILURES, MAX_SAVED, REST_S, Breaker, Fetcher, clean, saved
from ivr.questions import Fetch, Unanswered
from tests.ivr.service import GOOD, Service, service

SECRET = b"a secret"


@pytest.fixture
async def bad() -> AsyncIterator[Service]:
    async with service() as it:
        yield it


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def fetcher(bad: Service, clock: Clock) -> AsyncIterator[Fetcher]:
    async with Fetcher([bad.host], SECRET, clock) as it:
        yield it


SAVE = {"name": "customer.name", "debt": "account.0.balance"}


async def test_a_good_answer(bad: Service, fetcher: Fetcher) -> None:
    assert await fetcher.fetch(Fetch(bad.url("good?a=%2B49%2F"), SAVE)) == {"name": "Ada L.", "debt": 12.5}
    assert bad.seen == [("GET /good?a=%2B49%2F", "")]


async def test_a_post(bad: Service, fetcher: Fetcher) -> None:
    assert await fetcher.fetch(Fetch(bad.url("good"), {"vip": "customer.vip"}, {"who": "Ä"})) == {"vip": True}
    assert [(what, json.loads(body)) for what, body in bad.seen] == [("POST /good", {"who": "Ä"})]


async def test_a_webhook_is_told_who_speaks(bad: Service, fetcher: Fetcher) -> None:
    assert await fetcher.post(bad.url("good"), {"code": "123456"})
    assert bad.seen == [("POST /good", '{"code":"123456"}')]
    shown = bad.headers[-1][HEADER.lower()]
    at = float(shown.removeprefix("t=").partition(",")[0])
    assert shown == signature(SECRET, b'{"code":"123456"}', at)


async def test_a_lookup_is_not_signed(bad: Service, fetcher: Fetcher) -> None:
    await fetcher.fetch(Fetch(bad.url("good"), SAVE, {"who": "Ann"}))
    assert HEADER.lower() not in bad.headers[-1]


async def test_nothing_to_save_and_nothing_found(bad: Service, fetcher: Fetcher) -> None:
    assert await fetcher.fetch(Fetch(bad.url("empty"), {})) == {}
    assert await fetcher.fetch(Fetch(bad.url("good"), {"a": "no.such.0"})) == {}


@pytest.mark.parametrize(
    ("path", "why", "tries"),
    [
        ("hang", "TimeoutError", 2),
        ("drip", "TimeoutError", 2),
        ("500", "status 500", 2),
        ("404", "status 404", 1),
        ("big", "the answer is too long", 1),
        ("{not json", "the answer is not JSON", 1),
        ("deep", "the answer is not JSON", 1),
        ("empty", "the answer is not JSON", 1),
        ("redirect", "status 302", 1),
        ("packed", "the answer is packed", 1),
        ("rubbish", "RemoteProtocolError", 2),
        ("silent", "RemoteProtocolError", 2),
    ],
)
async def test_bad_answers(path: str, why: str, tries: int, bad: Service, fetcher: Fetcher) -> None:
    with capture_logs() as logs:
        answer = await fetcher.fetch(Fetch(bad.url(path), SAVE, timeout_s=0.2, retries=1))
    assert answer == Unanswered(why)
    assert len(bad.seen) == tries
    assert logs == [{"event": "a service gave no good answer", "log_level": "warning", "host": bad.host, "why": why}]


async def test_what_was_posted_is_posted_once(bad: Service, fetcher: Fetcher) -> None:
    for path in ("500", "silent"):
        assert isinstance(await fetcher.fetch(Fetch(bad.url(path), SAVE, {"a": 1}, retries=3)), Unanswered)
    assert len(bad.seen) == 2


async def test_a_second_try_may_succeed(bad: Service, fetcher: Fetcher) -> None:
    bad.fails = 1
    assert await fetcher.fetch(Fetch(bad.url("good"), {"level": "customer.level"})) == {"level": "gold"}


async def test_all_tries_together_have_an_end(bad: Service, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "TOTAL_S", 0.2)
    assert await fetcher.fetch(Fetch(bad.url("hang"), SAVE, timeout_s=60, retries=3)) == Unanswered("no answer in time")
    assert len(bad.seen) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "https://{host}/good", "http://localhost/good", "nonsense", "http://@{host}/"]
)
async def test_other_hosts_are_not_asked(url: str, bad: Service, fetcher: Fetcher) -> None:
    answer = await fetcher.fetch(Fetch(url.format(host=bad.host.replace("127.0.0.1", "127.0.0.2")), SAVE))
    assert answer in (Unanswered("not an allowed host"), Unanswered("no URL"))
    assert bad.seen == []


async def test_nobody_listens(bad: Service) -> None:
    host = "127.0.0.1:1"
    async with Fetcher([host], SECRET) as fetcher:
        assert await fetcher.fetch(Fetch(f"http://{host}/", SAVE)) == Unanswered("no connection")
        assert not await fetcher.post(f"http://{host}/", {})


async def test_a_host_that_keeps_failing_is_left_alone(bad: Service, fetcher: Fetcher, clock: Clock) -> None:
    async def ask(path: str) -> object:
        return await fetcher.fetch(Fetch(bad.url(path), {"vip": "customer.vip"}, retries=0))

    alone = Unanswered("the host is left alone for now, after many failures")
    for _ in range(FAILURES):
        assert await ask("500") == Unanswered("status 500")
    assert await ask("good") == alone
    clock.now += REST_S
    assert await ask("500") == Unanswered("status 500")
    assert await ask("good") == alone
    clock.now += REST_S
    hanging = asyncio.ensure_future(ask("hang"))
    await bad.hanging.wait()
    assert await ask("good") == alone  # one only tries it
    hanging.cancel()
    await asyncio.wait({hanging})
    clock.now += REST_S
    assert await ask("good") == {"vip": True}
    assert await ask("500") == Unanswered("status 500")
    assert await ask("good") == {"vip": True}


async def test_no_url_in_any_log(bad: Service, fetcher: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET)
    with capture_logs() as logs:
        for path in ("good", "500", "silent", "redirect", "hang"):
            await fetcher.fetch(Fetch(bad.url(f"{path}?who=4711"), SAVE, timeout_s=0.1))
    assert "4711" not in caplog.text
    assert "4711" not in str(logs)


@given(st.lists(st.sampled_from(["good", "bad", "later"]), max_size=40))
def test_a_breaker_always_lets_somebody_try_again(steps: list[str]) -> None:
    breaker, now, bad_ones = Breaker(), 0.0, 0
    for step in steps:
        if step == "later":
            now += REST_S
        elif breaker.lets(now):
            breaker.done(good=step == "good", now=now)
            bad_ones = 0 if step == "good" else bad_ones + 1
        else:
            assert bad_ones >= FAILURES
    assert breaker.lets(now + REST_S)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("customer.name", "Ada L."),
        ("customer.vip", True),
        ("account.0.balance", 12.5),
        ("account.0.id", "98765432109876543210"),
        ("long", "x" * MAX_SAVED),
        ("0", "zero"),
        ("customer", None),
        ("account", None),
        ("account.1.balance", None),
        ("account.-1.balance", None),
        ("account.²", None),
        ("account." + "9" * 50, None),
        ("customer.nothing", None),
        ("customer.name.0", None),
    ],
)
def test_what_is_saved(path: str, value: object) -> None:
    assert saved(json.loads(json.dumps(GOOD)), path) == value


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5), st.text()
)
def test_whatever_comes_back_only_plain_values_are_saved(answer: object, path: str) -> None:
    value = saved({"a": answer}, "a")
    assert value is None or isinstance(value, str | int | float)
    assert not isinstance(value, float) or math.isfinite(value)
    saved(answer, path)


@given(st.text())
def test_clean(text: str) -> None:
    kept = clean(text)
    assert len(kept) <= MAX_SAVED
    assert kept.encode().decode() == kept
    assert not set(kept) & set("\x00\n\r\t\x1b\u202e\u2066")
