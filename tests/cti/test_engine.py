"""The loop: what comes first, who sees it, and what happens when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

import pytest

from cti import engine as engine_module
from cti.ami.client import AmiDown, AmiTimeout
from cti.calls import events as ev
from cti.calls.commands import Answer, Offer, Play, Transfer
from cti.calls.part import Output
from cti.calls.words import AgentState
from cti.engine import DOUBT_S, RETRY_S, SWEEP_S
from tests.cti.calls import talk
from tests.cti.calls.talk import CALL, CALLER, CALLER_CHANNEL, OFFER
from tests.cti.engine_room import ARRIVED, LEASE_S, QUEUED, Room, Scripted, Surprise, on, surprised, working
from tests.cti.virtual import run

CALLER_THERE = {"Uniqueid": CALLER, "Channel": CALLER_CHANNEL, "Context": "cordboard", "Application": "AGI"}


def test_events_and_commands_go_out_in_the_order_given() -> None:
    async def scenario() -> None:
        entered = ev.EnteredMenu(call=CALL, at=1.0, flow="main", node="main", verb="menu")
        first = on(ev.Arrived, Answer(call=CALL), entered, Play(call=CALL, play=1, sound="/s/hello", barge_in=True))
        second = on(ev.EnteredMenu, Play(call=CALL, play=2, sound="/s/late", barge_in=False))
        async with working(first, second) as room:
            room.hear(*talk.ARRIVES)
            await room.worked_off()
            assert first.words == second.words == ["Arrived", "EnteredMenu"]
            assert [f["Command"] for f in room.ami.named("AGI")] == [
                "ANSWER",
                'STREAM FILE "/s/hello" "0123456789*#ABCD"',
                'STREAM FILE "/s/late" ""',
            ]
            assert [call.node for _, call in first.seen if call] == ["", "main"]

    run(scenario())


def test_ask_brings_back_what_the_work_raises_and_carries_out_what_it_returns() -> None:
    async def scenario() -> None:
        part = Scripted()
        changed = ev.AgentChanged(at=1.0, agent="alice", state=AgentState.READY)
        async with working(part) as room:

            async def wrong(now: float) -> Sequence[Output]:
                return surprised()

            async def right(now: float) -> Sequence[Output]:
                return [changed]

            with pytest.raises(Surprise):
                await room.engine.ask(wrong)
            await room.engine.ask(right)
            assert part.seen == [(changed, None)]

    run(scenario())


def test_who_no_longer_waits_for_an_answer_does_not_disturb() -> None:
    async def scenario() -> None:
        part = Scripted()
        async with working(part) as room:
            room.ami.slow = asyncio.Event()
            await room.engine.on_up()

            async def wrong(now: float) -> Sequence[Output]:
                return surprised()

            for work in (wrong, _arrives):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(room.engine.ask(work), 1)
            room.ami.slow.set()
            await room.worked_off()
            assert part.words == ["Arrived"]

    run(scenario())


async def _arrives(now: float) -> Sequence[Output]:
    return [ARRIVED]


def test_a_command_that_cannot_be_sent_has_failed() -> None:
    async def scenario() -> None:
        lost = Transfer(call=CALL, to="nowhere")
        part = on(ev.Arrived, Play(call=CALL, play=1, sound="/s/a\nb", barge_in=True), lost)
        async with working(part) as room:
            room.hear(*talk.ARRIVES)
            await room.worked_off()
            await room.worked_off()
            failed = [event for event, _ in part.seen if isinstance(event, ev.Failed)]
            assert [(f.command, f.why) for f in failed] == [
                ("Play", "an AGI argument with a control character in it"),
                ("Transfer", "there is no destination of this name"),
            ]

    run(scenario())


# Deadlines


def test_deadlines_wake_parts_in_their_time() -> None:
    async def scenario() -> None:
        part, other = Scripted(), Scripted()
        async with working(part, other) as room:
            start = await room.now()

            def woken(now: float) -> Sequence[Output]:
                part.due = None if len(part.woken) == 3 else now + 5
                return [QUEUED]

            part.on_waking = woken
            part.due = start + 7
            await room.worked_off()  # the loop sees the new deadline with its next item
            await asyncio.sleep(60)
            assert [round(at - start, 3) for at in part.woken] == [7, 12, 17]
            assert other.words == ["Queued"] * 3

    run(scenario())


# Leases


def leased(room: Room) -> list[str]:
    return [value for _, value in room.ami.leases()]


@pytest.mark.parametrize(
    ("happened", "renewed"),
    [
        ((), True),
        ((QUEUED,), True),
        ((QUEUED, ev.Offered(call=CALL, at=3.0, offer=OFFER, agent="alice")), True),
        ((ev.Transferred(call=CALL, at=3.0, to="front-desk"),), False),
        ((ev.FellBack(call=CALL, at=3.0),), False),
        (
            (
                QUEUED,
                ev.Offered(call=CALL, at=3.0, offer=OFFER, agent="alice"),
                ev.Accepted(call=CALL, at=4.0, offer=OFFER),
            ),
            False,
        ),
        (
            (
                QUEUED,
                ev.Offered(call=CALL, at=3.0, offer=OFFER, agent="alice"),
                ev.Connected(call=CALL, at=4.0, offer=OFFER, agent="alice"),
            ),
            False,
        ),
    ],
    ids=["menu", "queue", "offered", "transferred", "fallback", "being joined", "talking"],
)
def test_only_calls_that_depend_on_us_have_their_leases_renewed(
    happened: Sequence[ev.CallEvent], renewed: bool
) -> None:
    async def scenario() -> None:
        async with working() as room:
            await room.engine.on_up()
            room.hear(*talk.ARRIVES)

            async def go_on(now: float) -> Sequence[Output]:
                return happened

            await room.engine.ask(go_on)
            room.ami.channels = [CALLER_THERE]
            await asyncio.sleep(2 * LEASE_S)
            times = [at for at, value in room.ami.leases() if value == str(LEASE_S)]
            if not renewed:
                assert times == []
                return
            gaps = [b - a for a, b in pairwise(times)]
            assert max(gaps) <= LEASE_S / 2 + 0.01

    run(scenario())


def test_no_lease_is_put_on_a_call_that_is_on_its_way_elsewhere() -> None:
    async def scenario() -> None:
        async with working(on(ev.Arrived, Transfer(call=CALL, to="front-desk"))) as room:
            await room.engine.on_up()
            await room.worked_off()
            room.hear(*talk.ARRIVES)
            room.ami.channels = [CALLER_THERE]
            await asyncio.sleep(LEASE_S)
            assert leased(room) == ["0"]
            refused = room.ami.refused[[name for name, _ in room.ami.actions].index("Redirect")]
            assert refused is not None
            refused("no such extension")
            await asyncio.sleep(LEASE_S)
            assert leased(room)[1:] == [str(LEASE_S)] * 2

    run(scenario())


def test_while_the_link_is_down_nothing_is_asked() -> None:
    async def scenario() -> None:
        async with working() as room:
            await room.engine.on_up()
            room.hear(*talk.ARRIVES)
            await room.worked_off()
            room.engine.on_down("test")
            before = len(room.ami.actions), len(room.ami.listings)
            await asyncio.sleep(100)
            assert (len(room.ami.actions), len(room.ami.listings)) == before

    run(scenario())


# Asterisk's own list


def test_events_that_come_while_the_list_is_awaited_wait_for_the_comparison() -> None:
    async def scenario() -> None:
        part = Scripted()
        async with working(part, history=[ARRIVED, QUEUED]) as room:
            room.ami.slow = asyncio.Event()
            room.ami.channels = [CALLER_THERE]
            await room.engine.on_up()
            await asyncio.sleep(1)
            room.hear(talk.caller("Hangup", Cause="16"))
            await asyncio.sleep(1)
            assert part.words == []
            room.ami.slow.set()
            await room.worked_off()
            assert part.words == ["Adopted", "Ended"]
            assert room.settled == [{CALL}]

    run(scenario())


def test_settling_comes_after_the_comparison_and_its_outputs_are_carried_out() -> None:
    async def scenario() -> None:
        part = Scripted()
        changed = ev.AgentChanged(at=1.0, agent="alice", state=AgentState.READY)
        async with working(part, history=[ARRIVED, QUEUED]) as room:
            room.settles = lambda: [changed]
            await room.engine.on_up()
            await room.worked_off()
            assert part.words == ["Ended", "AgentChanged"]
            assert room.settled == [frozenset()]

    run(scenario())


@pytest.mark.parametrize("error", [AmiTimeout("test"), AmiDown("test"), Surprise()])
def test_a_first_comparison_that_fails_is_tried_again(error: Exception) -> None:
    async def scenario() -> None:
        part = Scripted()
        async with working(part, history=[ARRIVED, QUEUED]) as room:
            room.ami.channels = error
            await room.engine.on_up()
            await asyncio.sleep(3.5 * RETRY_S)
            assert len(room.ami.listings) == 4
            assert part.words == []
            room.ami.channels = [CALLER_THERE]
            await asyncio.sleep(RETRY_S)
            assert part.words == ["Adopted"]
            assert leased(room) == [str(LEASE_S)]

    run(scenario())


def test_a_store_that_fails_as_calls_are_taken_up_is_asked_again() -> None:
    async def scenario() -> None:
        async with working(history=[ARRIVED, QUEUED]) as room:
            room.ami.channels = [CALLER_THERE]
            room.settles = surprised
            await room.engine.on_up()
            await room.worked_off()
            room.settles = lambda: ()
            await asyncio.sleep(1.5 * RETRY_S)
            assert room.settled == [{CALL}, {CALL}]

    run(scenario())


def test_the_link_lost_while_the_list_is_awaited() -> None:
    async def scenario() -> None:
        async with working(history=[ARRIVED]) as room:
            room.ami.slow = asyncio.Event()
            await room.engine.on_up()
            await asyncio.sleep(1)
            room.engine.on_down("test")
            room.ami.channels = AmiDown("test")
            room.ami.slow.set()
            await asyncio.sleep(100)
            assert len(room.ami.listings) == 1
            room.ami.channels = [CALLER_THERE]
            await room.engine.on_up()
            await room.worked_off()
            assert len(room.settled) == 1

    run(scenario())


def test_a_log_in_that_was_lost_before_its_turn_is_not_taken_for_one() -> None:
    async def scenario() -> None:
        async with working() as room:
            await room.engine.on_up()
            room.engine.on_down("test")
            await asyncio.sleep(100)
            assert room.ami.listings == []

    run(scenario())


def test_the_list_is_asked_for_again_and_again() -> None:
    async def scenario() -> None:
        part = Scripted()
        async with working(part) as room:
            await room.engine.on_up()
            room.hear(*talk.ARRIVES)
            await asyncio.sleep(2.5 * SWEEP_S)
            assert room.ami.listings == [0, SWEEP_S, SWEEP_S + DOUBT_S, 2 * SWEEP_S + DOUBT_S]
            assert part.words == ["Arrived", "Ended"]  # it is missing from two lists

    run(scenario())


def test_strays_are_hung_up() -> None:
    async def scenario() -> None:
        async with working() as room:
            room.ami.channels = [{"Uniqueid": OFFER, "Channel": "PJSIP/alice-1"}]
            await room.engine.on_up()
            await room.worked_off()
            assert room.ami.actions == [("Hangup", {"Channel": OFFER})]

    run(scenario())


def test_after_too_many_events_everything_is_compared_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(engine_module, "INBOX_LIMIT", 3)
        part = Scripted()
        async with working(part) as room:
            await room.engine.on_up()
            await room.worked_off()
            room.hear(*talk.ARRIVES, *talk.PLAYED, talk.caller("Hangup", Cause="16"))  # two too many
            await room.worked_off()
            assert len(room.ami.listings) == 2
            assert part.words == ["Arrived", "Digit", "Ended"]
            await room.worked_off()
            assert len(room.ami.listings) == 2

    run(scenario())


def test_an_offer_asked_for_in_vain_leaves_no_leg_behind() -> None:
    async def scenario() -> None:
        offer = Offer(call=CALL, offer=OFFER, agent="alice", phone="PJSIP/alice", ring_s=15)
        part = on(ev.Arrived, offer)
        async with working(part) as room:
            room.hear(*talk.ARRIVES)
            await room.worked_off()
            assert OFFER in room.tracker.legs
            refused = room.ami.refused[-1]
            assert refused is not None
            refused("Permission denied")
            await room.worked_off()
            failed = part.seen[-1][0]
            assert isinstance(failed, ev.Failed)
            assert (failed.command, failed.offer, failed.why) == ("Offer", OFFER, "Permission denied")
            assert OFFER not in room.tracker.legs

    run(scenario())


def test_it_ends_though_a_cancellation_is_swallowed() -> None:
    async def scenario() -> None:
        begun = asyncio.Event()

        async def swallows(now: float) -> Sequence[Output]:
            with suppress(asyncio.CancelledError):
                begun.set()
                await asyncio.Event().wait()
            return []

        async with working(Scripted()) as room:
            asking = asyncio.create_task(room.engine.ask(swallows))
            await begun.wait()
        await asking

    run(scenario())


def test_what_came_while_we_were_busy_happened_when_it_came() -> None:
    async def scenario() -> None:
        part = Scripted()
        async with working(part) as room:
            room.hear(*talk.ARRIVES)
            began = await room.now()

            async def long(now: float) -> Sequence[Output]:
                await asyncio.sleep(1)
                room.hear(*talk.CALLER_HANGS_UP)
                await asyncio.sleep(5)
                return ()

            await room.engine.ask(long)
            await room.worked_off()
            ended, _ = part.seen[-1]
            assert isinstance(ended, ev.Ended)
            assert ended.at == pytest.approx(began + 1, abs=0.1)

    run(scenario())
