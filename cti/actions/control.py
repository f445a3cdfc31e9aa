"""What becomes of a caller who is put on hold, or sent on, by the agent who talks with him.

A caller is sent on in steps, each of which may be the last that an engine does: he is put on hold,
the agent's leg is let go, and when it is gone he goes where he is to go. So a caller on hold whose
agent goes for another reason is never forgotten: he goes where he was to go, or back to his queue.

Into a flow and back is a hold in which he walks through the flow: the agent's leg is kept. If it goes
meanwhile, or if the flow sends him elsewhere, the talk is over and the flow has him.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cti.calls.again import queued_again
from cti.calls.call import Call
from cti.calls.commands import Hangup, Hold, Resume, StartMusic, Transfer, Withdraw
from cti.calls.events import Adopted, CameBack, Diverted, Ended, Event, Failed, FellBack, Left, Queued, Transferred
from cti.calls.names import DIRECT_QUEUE
from cti.calls.part import Output
from cti.calls.talk_events import Held, PhoneLost, TransferAsked
from cti.calls.words import CallId, OfferId, Party, Place

WHY = "transfer"
AGAIN_S = 30.0
"""How long a caller whose talk was lost by the agent's phone waits: on hold for another page to want it,
and then in the queue for this agent alone."""

MUSIC = "default"
"""What callers on hold hear who came by no queue."""


class ControlPart:
    """The part that follows holds and transfers. ``music`` is the class of music of each queue."""

    def __init__(self, music: Mapping[str, str]) -> None:
        self._music = music
        self._lost: dict[CallId, tuple[float, OfferId]] = {}
        """Talks whose agent has no phone: until when it is waited for, and the offer."""

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if call is None:
            return ()
        self._follow(call)
        match event:
            case PhoneLost() if call.phone_lost_at is not None and call.parked is None:
                return [Hold(call=call.id, offer=event.offer)]
            case Held(offer=offer) if offer is not None and call.parked == offer:
                return _let_go(call, now) if call.transfer else [self._hold_music(call)]
            case TransferAsked() | Adopted(place=Place.TALK) if call.transfer is not None and call.live:
                return _let_go(call, now)
            case CameBack() | Adopted() if call.live and call.parked is not None and call.detour is not None:
                return self._again(call)
            case CameBack() if call.place is Place.MENU:
                return _back(call, now)
            case Left(place=Place.TALK) if call.parked is not None and call.place is Place.MENU:
                return [Withdraw(call=call.id, offer=call.parked)]
            case Left(place=Place.TALK, by=Party.AGENT) if call.parked is not None and call.live:
                return _send_on(call, now)
            case Failed(command="Transfer") if call.place is Place.TALK and call.parked and call.offer is None:
                return _back(call, now)
            case Ended() | FellBack() | Transferred() if call.parked is not None:
                return [Withdraw(call=call.id, offer=call.parked)]
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        due = [(call, offer) for call, (at, offer) in self._lost.items() if at <= now]
        for call, _ in due:
            del self._lost[call]
        return [Withdraw(call=call, offer=offer) for call, offer in due]

    def next_time(self) -> float | None:
        return min((at for at, _ in self._lost.values()), default=None)

    def _hold_music(self, call: Call) -> Output:
        return StartMusic(call=call.id, music=self._music.get(call.queue, MUSIC))

    def _again(self, call: Call) -> Sequence[Output]:
        """The caller is back from the flow: with an agent who has no phone now he stays on hold."""
        if call.parked is None or call.away:
            return ()
        return [self._hold_music(call) if call.phone_lost_at else Resume(call=call.id, offer=call.parked)]

    def _follow(self, call: Call) -> None:
        """Keeps in mind whose phone is waited for; of a call taken up from an earlier engine, too."""
        if call.live and call.phone_lost_at is not None and call.offer is not None and call.transfer is None:
            self._lost[call.id] = call.phone_lost_at + AGAIN_S, call.offer.offer
        elif self._lost:
            self._lost.pop(call.id, None)


def _let_go(call: Call, now: float) -> Sequence[Output]:
    """The next step towards the agent's leaving the call, or the caller's leaving him for a while."""
    if call.parked is not None:
        if call.transfer is not None and call.transfer.back:
            return [Diverted(at=now, call=call.id, flow=call.transfer.flow, why=WHY, back=True)]
        return [Withdraw(call=call.id, offer=call.parked)]
    return [Hold(call=call.id, offer=call.offer.offer)] if call.offer is not None else ()


def _send_on(call: Call, now: float) -> Sequence[Output]:
    """The agent is off the call: the caller goes where he is to go, or back to his place."""
    to = call.transfer
    if to is None:
        return _back(call, now)
    if to.again:
        return [replace(queued_again(call, to.queue, now), prefer=to.agent, prefer_s=AGAIN_S)]
    if to.park_s:
        return [_parked(call, to, now)]
    if to.number:
        return [Transfer(call=call.id, number=to.number)]
    if to.flow:
        return [Diverted(at=now, call=call.id, flow=to.flow, why=WHY)]
    return [
        Queued(
            at=now,
            call=call.id,
            queue=to.queue or DIRECT_QUEUE,
            skills=call.skills if to.keep_skills else {},
            priority=call.priority,
            screen=call.screen,
            level=call.level,
            agent=to.agent,
            after=call.after,
        )
    ]


def _parked(call: Call, to: TransferAsked, now: float) -> Queued:
    """The caller keeps the time that he has waited; the talk does not count as such."""
    answered = call.connected_at is not None and call.queued_at is not None
    waited = max(0.0, (call.connected_at or 0.0) - (call.queued_at or 0.0)) if answered else 0.0
    again = queued_again(call, to.queue, now)
    return replace(again, since=now - waited, prefer=to.agent, park_s=to.park_s)


def _back(call: Call, now: float) -> Sequence[Output]:
    """Back to the queue, where the caller has the place that he had."""
    if not call.queue:
        return [Hangup(call=call.id)]
    return [queued_again(call, call.queue, now)]
