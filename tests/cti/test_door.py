"""Who comes in, who is turned away, and what becomes of those inside when the server is emptied."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cti.actions.door import INSIDE, Door, Draining
from cti.calls.call import Call
from cti.calls.commands import FallBack, Transfer
from cti.calls.words import CallId, Place
from tests.cti.calls.talk import CALL
from tests.cti.workbench import Bench

places = st.lists(st.sampled_from(list(Place)[:-1]), max_size=12)


def with_calls(door_most: int | None, where: list[Place]) -> tuple[Door, dict[CallId, Call], list[str]]:
    calls = {
        CallId(f"c{number}"): Call(id=CallId(f"c{number}"), place=place, channel="PJSIP/x")
        for number, place in enumerate(where)
    }
    noted: list[str] = []
    return Door(lambda: calls, door_most, noted.append), calls, noted


@given(places, st.one_of(st.none(), st.integers(1, 12)))
def test_no_more_come_in_than_may(where: list[Place], most: int | None) -> None:
    door, calls, noted = with_calls(most, where)
    new = calls[CallId("new")] = Call(id=CallId("new"), place=Place.MENU)
    full = most is not None and sum(place in INSIDE for place in where) + 1 > most
    assert list(door.turned_away(new)) == ([FallBack(call=new.id, at_once=True)] if full else [])
    assert noted == ["full"] * full


@given(places, st.sampled_from(["", "next-door"]))
async def test_emptied(where: list[Place], to: str) -> None:
    """Nobody comes in; when the time is over those who wait go, once, and talks stay."""
    door, calls, noted = with_calls(None, where)
    door.drain(Draining(until=100.0, to=to))
    new = Call(id=CallId("new"), place=Place.MENU)
    away = Transfer(call=new.id, to=to) if to else FallBack(call=new.id)
    assert (list(door.turned_away(new)), noted) == ([away], ["drained"])
    assert (await door.on_time(99.0), door.next_time()) == ((), 100.0)
    waiting = [id for id, call in calls.items() if call.place in (Place.MENU, Place.QUEUE)]
    assert await door.on_time(100.0) == [replace(away, call=id) for id in waiting]
    assert (await door.on_time(101.0), door.next_time()) == ((), None)
    door.drain(None)
    assert (door.turned_away(new), door.next_time()) == ((), None)


def test_who_was_not_picked_up_for_yet_has_no_leg_to_be_sent_away() -> None:
    door, calls, _ = with_calls(None, [Place.QUEUE])
    calls[CallId("c0")] = replace(calls[CallId("c0")], channel="")
    assert door.inside() == {Place.QUEUE: 1}
    door.drain(Draining(until=1.0))
    assert door.next_time() == 1.0


def test_the_way_to_the_fallback() -> None:
    """Its lease is taken away first, and never renewed on the way."""
    for at_once, priority in ((False, "1"), (True, "sorry")):
        bench = Bench()
        bench.executor.carry_out(FallBack(call=CALL, at_once=at_once), None)
        (lease, (name, redirect)) = bench.ami.actions
        assert lease[1]["Value"] == "0"
        where = (redirect["Context"], redirect["Exten"], redirect["Priority"])
        assert (name, where) == ("Redirect", ("cordboard-fallback", "s", priority))
        bench.executor.renew([CALL])
        assert len(bench.ami.actions) == 2
        done = bench.ami.done[-1]
        assert done is not None
        done()
        assert type(bench.emitted[-1]).__name__ == "FellBack"
