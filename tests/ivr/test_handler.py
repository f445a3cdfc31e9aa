"""Calls come and go; each has a walk of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cti.calls.call import Call, apply
from cti.calls.commands import Play
from cti.calls.events import (
    Adopted,
    Answered,
    Arrived,
    CallEvent,
    Digit,
    Ended,
    Failed,
    FellBack,
    Played,
    Transferred,
)
from cti.calls.part import Output, Work
from cti.calls.words import CallId, Party, Place
from ivr.handler import MenuPart
from ivr.prompt import Piece, Text
from ivr.questions import Question, Spoken
from ivr.session import Sound
from ivr.tree import Flow
from ivr.verbs.leave import Goto
from tests.ivr.flows import TwoSeconds, flow, told

MAIN = flow("""
start: hi
nodes:
  hi: {say: Hi., next: main}
  main: {menu: Choose., keys: {"1": orders, "2": desk, "3": broken}, otherwise: bye}
  broken: {say: Broken., next: bye}
  orders: {queue: orders}
  desk: {transfer: front-desk}
  bye: {hangup: true}
""")
NIGHT = replace(MAIN, name="night", start="bye")


class Loop:
    """An engine's loop in small: events are folded and come back to the part."""

    def __init__(
        self,
        numbers: Mapping[str, str],
        flows: Mapping[str, Flow] | None = None,
        music: Mapping[str, str] | None = None,
    ) -> None:
        self.world = SlowWorld()
        known = flows or {"main": MAIN, "night": NIGHT}
        self.part = MenuPart(known, BrokenSounds(), numbers, self.world, self.turn, music)
        self.brought: list[Output] = []
        self.calls: dict[CallId, Call] = {}
        self.now = 100.0

    async def happens(self, event: CallEvent) -> list[Output]:
        call = self.calls[event.call] = apply(self.calls.get(event.call), event)
        return await self._all(list(await self.part.on_event(event, call, self.now)))

    async def turn(self, work: Work) -> None:
        self.brought += await self._all(list(await work(self.now)))

    async def answered(self) -> None:
        """Waits until a question that was asked has its answer in the loop."""
        await asyncio.wait(self.part._asking, return_when=asyncio.FIRST_COMPLETED)

    async def time(self) -> list[Output]:
        due = self.part.next_time()
        assert due is not None
        self.now = max(self.now, due)
        return await self._all(list(await self.part.on_time(self.now)))

    async def _all(self, out: list[Output]) -> list[Output]:
        for output in out:
            if isinstance(output, CallEvent):
                assert not await self.happens(output)
        return out

    async def arrives(self, name: str, dialled: str = "100") -> list[Output]:
        return await self.happens(
            Arrived(
                at=1, call=CallId(name), channel="PJSIP/x", uniqueid="1.1", caller="", caller_name="", dialled=dialled
            )
        )

    async def to_menu(self, name: str) -> None:
        await self.arrives(name)
        (_, hi) = await self.happens(Answered(at=1, call=CallId(name)))
        assert isinstance(hi, Play)
        (_, choose) = await self.happens(Played(at=1, call=CallId(name), play=hi.play, whole=True))
        assert isinstance(choose, Play)
        await self.happens(Played(at=1, call=CallId(name), play=choose.play, whole=True))

    async def press(self, name: str, key: str) -> list[Output]:
        return await self.happens(Digit(at=1, call=CallId(name), digit=key))


class SlowWorld:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[Question] = asyncio.Queue()
        self.answers: asyncio.Queue[object] = asyncio.Queue()

    async def answer(self, question: Question) -> object:
        self.asked.put_nowait(question)
        return await self.answers.get()


class BrokenSounds(TwoSeconds):
    def sound(self, voice: str, piece: Piece) -> Sound:
        if piece == Text("Broken."):
            raise KeyError("the caller typed 3")
        return super().sound(voice, piece)


A, B = CallId("a"), CallId("b")


async def test_a_call_is_answered_and_walks() -> None:
    loop = Loop({"100": "main"})
    assert told(await loop.arrives("a")) == ["answer"]
    assert not await loop.arrives("a")
    assert told(await loop.happens(Answered(at=1, call=A))) == ["at hi", "play Hi."]
    assert not await loop.happens(Answered(at=1, call=A))
    assert loop.calls[A].node == "hi"
    assert loop.part.next_time() == 100 + 2 + 5


@pytest.mark.parametrize(
    ("dialled", "first"), [("100", ["at hi", "play Hi."]), ("200", ["at bye", "hangup"]), ("x", ["at bye", "hangup"])]
)
async def test_the_number_dialled_chooses_the_flow(dialled: str, first: list[str]) -> None:
    loop = Loop({"100": "main", "*": "night"})
    await loop.arrives("a", dialled)
    assert told(await loop.happens(Answered(at=1, call=A))) == first


async def test_arrived_again_after_the_walk_is_over() -> None:
    loop = Loop({"*": "night"})
    await loop.arrives("a")
    assert told(await loop.happens(Answered(at=1, call=A))) == ["at bye", "hangup"]
    assert not await loop.arrives("a")


async def test_a_number_without_a_flow_is_hung_up() -> None:
    loop = Loop({"100": "main"})
    assert told(await loop.arrives("a", "9" * 10_000)) == ["hangup"]
    assert loop.part.next_time() is None


def test_a_number_of_a_flow_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="leads to the flow 'day'"):
        Loop({"100": "day"})


async def test_nobody_waits_for_an_answer_that_is_not_told_of() -> None:
    loop = Loop({"*": "main"})
    await loop.arrives("a")
    assert told(await loop.time()) == ["at hi", "play Hi."]
    await loop.arrives("b")
    assert told(await loop.happens(Failed(at=1, call=B, command="Answer", why="gone"))) == ["hangup"]


@pytest.mark.parametrize(
    "end",
    [
        Ended(at=1, call=A, by=Party.CALLER),
        FellBack(at=1, call=A),
        Transferred(at=1, call=A, to="front-desk"),
    ],
)
@pytest.mark.parametrize("after", ["arrived", "speaking", "hearing", "leaving"])
async def test_a_call_that_goes_at_any_moment_is_forgotten(end: CallEvent, after: str) -> None:
    loop = Loop({"*": "main"})
    if after in ("arrived", "speaking"):
        await loop.arrives("a")
    if after == "speaking":
        await loop.happens(Answered(at=1, call=A))
    if after in ("hearing", "leaving"):
        await loop.to_menu("a")
    if after == "leaving":
        assert told(await loop.press("a", "2")) == ["chosen main=2", "at desk", "transfer front-desk"]
    assert not await loop.happens(end)
    assert loop.part.next_time() is None
    assert not await loop.press("a", "1")
    assert not await loop.happens(Answered(at=1, call=A))
    assert not await loop.part.on_time(loop.now + 1000)


async def test_a_walk_that_breaks_ends_its_call_and_no_other() -> None:
    loop = Loop({"*": "main"})
    await loop.to_menu("a")
    await loop.to_menu("b")
    with capture_logs() as logs:
        assert told(await loop.press("a", "3")) == ["hangup"]
    assert [(log["flow"], log["node"], log["error"]) for log in logs] == [("main", "broken", "KeyError")]
    assert "typed" not in str(logs)
    assert told(await loop.press("b", "1")) == ["chosen main=1", "at orders", "queued orders {} 0"]
    assert loop.part.next_time() is None


@pytest.mark.parametrize(
    ("known", "first"),
    [
        (Call(id=A, answered=True, dialled="100", flow="main", node="main"), ["at main", "play Choose."]),
        (Call(id=A, answered=True, dialled="100", flow="main", node="gone"), ["at hi", "play Hi."]),
        (Call(id=A, answered=True, dialled="100", flow="gone", node="main"), ["at bye", "hangup"]),
        (Call(id=A, answered=True, dialled="100"), ["at bye", "hangup"]),
        (Call(id=A), ["answer"]),
    ],
)
async def test_an_adopted_call_goes_on_where_it_was(known: Call, first: list[str]) -> None:
    loop = Loop({"*": "night"})
    loop.calls[A] = known
    assert told(await loop.happens(Adopted(at=1, call=A, place=Place.MENU, channel="PJSIP/x"))) == first


async def test_adopted_again_while_it_walks_a_call_does_not_take_an_old_sound_for_a_new_one() -> None:
    loop = Loop({"*": "main"})
    await loop.arrives("a")
    (_, old) = await loop.happens(Answered(at=1, call=A))
    (*_, new) = await loop.happens(Adopted(at=1, call=A, place=Place.MENU, channel="PJSIP/x"))
    assert isinstance(old, Play)
    assert isinstance(new, Play)
    assert not await loop.happens(Played(at=1, call=A, play=old.play, whole=True))
    assert told(await loop.happens(Played(at=1, call=A, play=new.play, whole=True))) == ["at main", "play Choose."]


async def test_adopted_elsewhere_is_not_ours() -> None:
    loop = Loop({"*": "main"})
    assert not await loop.happens(Adopted(at=1, call=A, place=Place.QUEUE, channel="PJSIP/x"))
    assert loop.part.next_time() is None


async def test_new_flows_are_for_new_calls() -> None:
    loop = Loop({"*": "main"})
    await loop.to_menu("a")
    loop.part.use({"night": NIGHT}, BrokenSounds(), {"*": "night"})
    assert told(await loop.press("a", "1")) == ["chosen main=1", "at orders", "queued orders {} 0"]
    await loop.arrives("b")
    assert told(await loop.happens(Answered(at=1, call=B))) == ["at bye", "hangup"]


@given(data=st.data())
async def test_the_next_time_is_the_earliest_deadline(data: st.DataObject) -> None:
    loop = Loop({"*": "main"})
    names = data.draw(st.lists(st.sampled_from("abc"), max_size=20))
    for name in names:
        loop.now += data.draw(st.sampled_from([0.0, 1.0, 3.0]))
        if CallId(name) not in loop.calls:
            await loop.arrives(name)
        else:
            await loop.happens(Answered(at=1, call=CallId(name)))
        due = [s.deadline for s in loop.part._sessions.values() if s.deadline is not None]
        assert loop.part.next_time() == min(due)
    for _ in range(60):
        if loop.part.next_time() is not None:
            await loop.time()
    assert loop.part.next_time() is None
    assert not loop.part._sessions


BILL = flow(
    """
start: number
nodes:
  number: {collect: Number?, name: account, digits: 2, next: bill}
  bill: {say: ["{account:digits}"], next: main}
  main: {menu: Choose., keys: {"1": bye}, otherwise: bye}
  bye: {hangup: true}
""",
    "bill",
)


async def to_bill(loop: Loop) -> None:
    await loop.arrives("a")
    await loop.happens(Answered(at=1, call=A))
    await loop.press("a", "4")
    await loop.press("a", "2")
    assert told(await loop.happens(Played(at=1, call=A, play=1, whole=False))) == ["chosen account=42", "at bill"]


async def test_a_question_is_answered_while_the_loop_goes_on() -> None:
    loop = Loop({"*": "bill"}, {"bill": BILL})
    await to_bill(loop)
    assert await loop.world.asked.get() == Spoken("en", "en", "4 2")
    assert not loop.brought
    loop.world.answers.put_nowait(Sound("spoken", 2.0))
    await loop.answered()
    assert told(loop.brought) == ["play spoken"]
    assert loop.part.next_time() == loop.now + 2 + 5


@pytest.mark.parametrize(
    "end",
    [Ended(at=1, call=A, by=Party.CALLER), Adopted(at=1, call=A, place=Place.MENU, channel="x"), "time", "key"],
    ids=str,
)
async def test_an_answer_that_nobody_waits_for_any_more_changes_nothing(end: CallEvent | str) -> None:
    loop = Loop({"*": "bill"}, {"bill": BILL})
    await to_bill(loop)
    await loop.world.asked.get()
    match end:
        case "time":
            assert told(await loop.time()) == ["at main", "play Choose."]
        case "key":
            assert told(await loop.press("a", "9")) == ["at main", "play Choose."]
        case Adopted():
            await loop.happens(end)
            assert await loop.world.asked.get() == Spoken("en", "en", "4 2")  # of the walk that began anew
        case Ended():
            await loop.happens(end)
    due = loop.part.next_time()
    loop.world.answers.put_nowait(Sound("late", 2.0))
    await loop.answered()
    assert not loop.brought
    assert loop.part.next_time() == due


async def test_an_adopted_call_knows_what_was_entered_but_no_secret() -> None:
    loop = Loop({"*": "bill"}, {"bill": BILL})
    loop.calls[A] = Call(id=A, answered=True, flow="bill", node="bill", choices=(("account", "42"), ("main", "1")))
    await loop.happens(Adopted(at=1, call=A, place=Place.MENU, channel="PJSIP/x"))
    assert await loop.world.asked.get() == Spoken("en", "en", "4 2")
    assert dict(loop.part._sessions[A].data) == {"account": "42"}


async def test_a_call_adopted_in_a_subflow_comes_back_to_its_numbers_flow() -> None:
    inner = replace(MAIN, name="inner", start="back", nodes={"back": Goto(goto="return")})
    loop = Loop({"*": "main"}, {"main": MAIN, "inner": inner})
    loop.calls[A] = Call(id=A, answered=True, flow="inner", node="back")
    out = await loop.happens(Adopted(at=1, call=A, place=Place.MENU, channel="PJSIP/x"))
    assert told(out) == ["at back", "at hi", "play Hi."]
