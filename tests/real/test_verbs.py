"""Every verb on the real Asterisk: digits by RTP and by SIP INFO, type-ahead, hang-up in the midst.

One hotline has all the flows of ``verbs.py``, each under a number of its own. All callers of all
tests call at once, a few at a time; each test then looks at what came of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from config import pins
from cti.calls import events as ev
from cti.calls.events import CallEvent
from cti.calls.words import CallId, Party
from demo.debian import Program
from demo.phones import SILENCE, PhoneCall
from demo.stage import make_site
from demo.tones import tone
from ivr.verbs import VERBS
from tests.real.hotline import QUEUES, Hotline, hotline
from tests.real.verbs import ACCOUNT, AFTER, CASES, PIN, Case, told

ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
INTERNAL = Path(__file__).parent / "internal.conf"
NUMBERS = {case.name: str(200 + place) for place, case in enumerate((*CASES, AFTER))}
AT_ONCE = 6

E = TypeVar("E", bound=CallEvent)


class Way(Enum):
    """What a caller does."""

    RTP = "digits by RTP"
    INFO = "digits by SIP INFO"
    AHEAD = "all digits at once, before the first question is heard"
    HANG_UP = "hang-up in the midst"


@asynccontextmanager
async def directory() -> AsyncIterator[str]:
    """A server that knows every caller; gives its host and port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"customer": {"name": "Ann"}}'
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory, peers: Mapping[str, Program]) -> AsyncIterator[Hotline]:
    """A hotline with every case's flow under the case's number."""
    folder = tmp_path_factory.mktemp("verbs") / "site"
    make_site(folder)
    for shipped in (folder / "flows").iterdir():
        shipped.unlink()
    (folder / "queues.yaml").write_text(QUEUES, encoding="utf-8")
    async with directory() as host:
        for case in (*CASES, AFTER):
            for name, text in case.flows().items():
                (folder / "flows" / f"{name}.yaml").write_text(text.replace("LOOKUPS", host), encoding="utf-8")
        changes = {
            "web": {"port": 0},
            "lease": "3s",
            "numbers": {number: name for name, number in NUMBERS.items()},
            "lookups": {"hosts": [host]},
            "callbacks": {"context": "outside", "allow": ["555*"]},
        }
        async with hotline(folder, peers, changes=changes, includes=[INTERNAL]) as running:
            await pins.keep(running.stage.site, ACCOUNT, PIN)
            yield running


class Caller:
    """One caller, and what has happened to the call so far."""

    def __init__(self, line: Hotline, phone: PhoneCall, call: CallId) -> None:
        self.line = line
        self.phone = phone
        self.call = call

    async def at(self, node: str) -> None:
        """Waits until the caller is at a node."""
        await self._wait(ev.EnteredMenu, lambda e: e.node == node, f"at {node}")

    async def ended(self) -> ev.Ended:
        return await self._wait(ev.Ended, lambda _: True, "gone")

    def story(self) -> list[str]:
        """What has happened, in short."""
        mine = [e for e in self.line.watch.events if isinstance(e, CallEvent) and e.call == self.call]
        return [text for event in mine if (text := told(event))]

    async def until(self, last: str) -> list[str]:
        """The story, as soon as ``last`` is in it."""
        await self._wait(CallEvent, lambda e: told(e) == last, last)
        return self.story()

    async def _wait(self, kind: type[E], fits: Callable[[E], bool], what: str) -> E:
        """The call's first event that fits. Raises AssertionError with what did happen to this one."""
        try:
            return await self.line.watch.wait(kind, lambda e: e.call == self.call and fits(e))
        except AssertionError:
            mine = [e for e in self.line.watch.events if isinstance(e, CallEvent) and e.call == self.call]
            raise AssertionError("\n".join([f"{self.phone.phone.name} is not {what}:", *map(repr, mine)])) from None


_names = count(5_550_000)


@asynccontextmanager
async def calling(line: Hotline, case: Case, *, by_info: bool = False) -> AsyncIterator[Caller]:
    """A caller who has been answered; hung up at the end of the block."""
    microphone = tone(440.0, 1.0) if case.speaks else SILENCE
    phone = await line.phones.add(str(next(_names)), by_info=by_info, microphone=microphone)
    call = await phone.dial(NUMBERS[case.name])
    await call.answered()
    arrived = await line.watch.wait(ev.Arrived, lambda e: e.caller == phone.name)
    caller = Caller(line, call, arrived.call)
    try:
        yield caller
    finally:
        await call.hang_up()
        await caller.ended()


async def walk(line: Hotline, case: Case, way: Way) -> list[str]:
    """One whole call; gives its story."""
    async with calling(line, case, by_info=way is Way.INFO) as caller:
        if way is Way.AHEAD:
            await caller.phone.press("".join(keys for _, keys in case.keys))
            return await caller.until(case.story[-1])
        for node, keys in case.keys:
            if way is Way.HANG_UP and node == case.midst:
                break
            await caller.at(node)
            await caller.phone.press(keys)
        if way is not Way.HANG_UP:
            return await caller.until(case.story[-1])
        await caller.at(case.midst)
        await caller.phone.hang_up()
        ended = await caller.ended()
        assert ended.by is Party.CALLER
        record = await line.record(caller.call)
        assert (record["ended_by"], record["path"][-1]) == ("caller", caller.story()[-2].split()[1])
        return caller.story()


WALKS = [(case, way) for case in CASES for way in Way if case.keys or way in (Way.RTP, Way.HANG_UP)]

Walks = Mapping[tuple[str, Way], asyncio.Task[list[str]]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walks(line: Hotline) -> AsyncIterator[Walks]:
    """All calls, under way."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def in_turn(case: Case, way: Way) -> list[str]:
        async with turn:
            return await walk(line, case, way)

    tasks = {(case.name, way): asyncio.create_task(in_turn(case, way)) for case, way in WALKS}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@ONE_LOOP
@pytest.mark.parametrize(("case", "way"), [pytest.param(c, w, id=f"{c.name}-{w.name.lower()}") for c, w in WALKS])
async def test_a_verb(walks: Walks, case: Case, way: Way) -> None:
    story = await walks[case.name, way]
    if way is Way.HANG_UP:
        assert story == [*case.story[: len(story) - 1], "ended"]
    else:
        assert story == list(case.story)


@ONE_LOOP
async def test_a_survey_after_the_talk(line: Hotline) -> None:
    """The agent hangs up, and the caller, still there, is asked."""
    desk = await line.desk("sue")
    for wish in (await desk.get("/api/callbacks")).json():  # those who asked for it would come first
        (await desk.delete(f"/api/callbacks/{wish['id']}")).raise_for_status()
    alice = await line.person("alice")
    await line.state("alice")
    async with calling(line, AFTER) as caller:
        agent = await alice.called()
        await line.watch.wait(ev.Connected)
        await agent.listen(0.3)
        await agent.hang_up()
        await caller.at("survey")
        await caller.phone.press("5")
        assert await caller.until("ended") == list(AFTER.story)
        assert (await line.record(caller.call))["agent"] == "alice"


def test_no_verb_is_left_out() -> None:
    assert {case.verb for case in CASES} == set(VERBS)
