"""A telephone side in a virtual clock: commands in, and in their time the events that Asterisk would tell of.

It takes the place of the executor, the link and the tracker. Callers and agents are scripts: what
they do is asked of them when it begins to matter, so that the same parts that work on real calls
work on these. Nothing waits: whoever drives it goes from one moment on the heap to the next.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Protocol

from cti.calls.call import Call
from cti.calls.commands import (
    Answer,
    CallOut,
    Command,
    Connect,
    Hangup,
    Offer,
    Play,
    StartMusic,
    Tape,
    Transfer,
    Withdraw,
)
from cti.calls.events import (
    Accepted,
    Answered,
    Arrived,
    Connected,
    Digit,
    Ended,
    Event,
    Failed,
    Left,
    Played,
    Refused,
    Returned,
    Ringing,
    Taped,
    Transferred,
)
from cti.calls.part import Work
from cti.calls.words import CallId, OfferId, Party, Place, Refusal
from cti.switchboard import Switchboard

REACTION_S = 1.0
"""From the end of a prompt to the first key."""
KEY_S = 0.3
"""From one key to the next."""
HANGUP_CAUSE, NO_ANSWER_CAUSE = 16, 19
"""Q.850: normal clearing; no answer from the user."""


class Caller(Protocol):
    """What one caller does. Times are seconds; infinite patience waits for ever."""

    @property
    def number(self) -> str: ...

    @property
    def dialled(self) -> str: ...

    def keys(self, node: str) -> str:
        """What is pressed now that the prompts of this node are over; nothing where it is empty."""
        ...

    def patience_s(self, call: Call) -> float:
        """How long the caller waits in queues in all."""
        ...

    def talk_s(self, call: Call) -> float:
        """How long the talk that begins now lasts, with whomever."""
        ...

    def message_s(self) -> float:
        """How long the caller speaks where a message is recorded."""
        ...

    def picks_up_s(self) -> float:
        """How long it takes until the caller picks up who is called back; infinite for never."""
        ...


AnswersAfter = Callable[[str, Call | None], float]
"""Seconds until this agent picks up the phone that begins to ring for this call."""

CalledBy = Callable[[CallId], Caller | None]
"""Who it is that is called back in this call; None for nobody known."""

SoundLength = Callable[[str], float]
"""The seconds of a sound, by its path."""


@dataclass(slots=True)
class _Line:
    """A caller's leg, and those of the agents asked for him."""

    caller: Caller
    node: str = ""
    playing: Play | None = None
    turn: int = 0
    """Grows with all that the caller hears: keys that were to be pressed before it are not."""
    waits: bool = False
    patience_until: float = float("inf")
    offers: dict[OfferId, str] = field(default_factory=dict)
    """Agents' legs, each with its agent."""
    accepted: set[OfferId] = field(default_factory=set)
    talking: OfferId | None = None
    after: bool = False
    """Whether the flow goes on when the talk is over."""


Happening = Callable[[], Sequence[Event]]


class VirtualSide:
    """Carries out commands among virtual callers and agents. ``now`` (Unix seconds) is for the driver
    to set before anything happens; see ``drive``.

    A talk is ended by the caller, or by the agent where the flow goes on after it. A caller who is
    transferred talks there as long as with an agent.
    """

    def __init__(
        self, answers_after: AnswersAfter, sound_s: SoundLength, called_by: CalledBy = lambda call: None
    ) -> None:
        self.now = 0.0
        self._answers_after = answers_after
        self._called_by = called_by
        self._sound_s = sound_s
        self._lines: dict[CallId, _Line] = {}
        self._heap: list[tuple[float, int, Happening | None, Work | None]] = []
        self._order = count()

    # What is going to happen

    def calls_at(self, at: float, call: CallId, caller: Caller) -> None:
        """The caller's call arrives at ``at`` (Unix seconds)."""
        self._put(at, partial(self._arrive, call, caller))

    def does_at(self, at: float, work: Work) -> None:
        """Somebody asks for something at ``at``, as a desk does: ``work`` has its turn then."""
        heapq.heappush(self._heap, (at, next(self._order), None, work))

    def next_time(self) -> float:
        """When something happens next; infinite when nothing is left."""
        return self._heap[0][0] if self._heap else float("inf")

    def happen(self) -> Sequence[Event] | Work:
        """The next thing that happens: its events, or the work to do in its turn."""
        self.now, _, happening, work = heapq.heappop(self._heap)
        return work if work is not None else happening() if happening is not None else ()

    def _put(self, at: float, happening: Happening) -> None:
        heapq.heappush(self._heap, (at, next(self._order), happening, None))

    def _soon(self, event: Event) -> None:
        self._put(self.now, lambda: (event,))

    # Commands

    def carry_out(self, command: Command, call: Call | None) -> None:
        """Does at ``now`` what is asked for; what comes of it happens later."""
        line = self._lines.get(command.call)
        if line is None and call is not None and isinstance(command, Offer):
            line = self._calling_back(call)
        if line is None:
            if not isinstance(command, Withdraw | Hangup):
                self._fail(command, "the caller is gone")
            return
        match command:
            case Answer():
                self._soon(Answered(call=command.call, at=self.now))
            case Play():
                self._play(command, line, call)
            case Tape():
                self._tape(command, line)
            case StartMusic():
                self._wait(command.call, line, call)
            case Offer():
                self._offer(command, line, call)
            case CallOut():
                self._call_out(command, line)
            case Withdraw():
                self._withdraw(command, line)
            case Connect():
                self._connect(command, line, call)
            case Transfer():
                self._transfer(command, line, call)
            case Hangup():
                self._put(self.now, partial(self._end, command.call, line, Party.SYSTEM))
            case _:
                self._fail(command, "a virtual telephone side cannot do this")

    def _calling_back(self, call: Call) -> _Line | None:
        """A call of our own begins: the agent's phone rings before the customer's."""
        caller = self._called_by(call.id)
        if caller is None:
            return None
        line = self._lines[call.id] = _Line(caller)
        return line

    def _fail(self, command: Command, why: str) -> None:
        offer = command.offer if isinstance(command, Offer | Connect) else None
        self._soon(Failed(call=command.call, at=self.now, command=type(command).__name__, why=why, offer=offer))

    def _play(self, play: Play, line: _Line, call: Call | None) -> None:
        line.turn += 1
        line.playing = play
        if call is not None:
            line.node = call.node
            line.waits = line.waits and call.place is Place.QUEUE
        self._put(self.now + self._sound_s(play.sound), partial(self._played, play, line))

    def _tape(self, tape: Tape, line: _Line) -> None:
        line.turn += 1
        line.waits = False
        seconds = min(line.caller.message_s(), tape.longest_s)
        self._put(self.now + seconds, partial(self._taped, tape, line, seconds))

    def _wait(self, call: CallId, line: _Line, known: Call | None) -> None:
        if known is None or line.waits:
            return
        line.turn += 1
        line.waits = True
        line.patience_until = self.now + line.caller.patience_s(known)
        if line.patience_until < float("inf"):
            self._put(line.patience_until, partial(self._lose_patience, call, line, line.patience_until))

    def _offer(self, offer: Offer, line: _Line, call: Call | None) -> None:
        if offer.offer in line.offers:
            return  # asked for already
        line.offers[offer.offer] = offer.agent
        self._put(self.now, partial(self._ring, offer, line))
        after = self._answers_after(offer.agent, call)
        if after <= offer.ring_s:
            self._put(self.now + after, partial(self._accept, offer, line))
        else:
            self._put(self.now + offer.ring_s, partial(self._miss, offer, line))

    def _call_out(self, command: CallOut, line: _Line) -> None:
        after = line.caller.picks_up_s()
        if after <= command.ring_s:
            self._put(self.now + after, partial(self._pick_up, command, line))
        else:
            self._put(self.now + command.ring_s, partial(self._not_reached, command, line))

    def _withdraw(self, command: Withdraw, line: _Line) -> None:
        line.offers.pop(command.offer, None)
        line.accepted.discard(command.offer)
        if line.talking == command.offer:
            self._put(self.now, partial(self._talked, command.call, line, command.offer))

    def _connect(self, connect: Connect, line: _Line, call: Call | None) -> None:
        if connect.offer not in line.accepted or call is None:
            self._fail(connect, "the agent's leg is gone")
            return
        line.turn += 1
        line.waits, line.playing = False, None
        line.talking = connect.offer
        line.after = bool(call.after)
        self._soon(Connected(call=connect.call, at=self.now, offer=connect.offer, agent=line.offers[connect.offer]))
        talk_s = line.caller.talk_s(call)
        self._put(self.now + talk_s, partial(self._talked, connect.call, line, connect.offer))

    def _transfer(self, transfer: Transfer, line: _Line, call: Call | None) -> None:
        line.turn += 1
        line.waits = False
        self._soon(Transferred(call=transfer.call, at=self.now, to=transfer.to or transfer.number))
        talk_s = line.caller.talk_s(call) if call is not None else 0.0
        self._put(self.now + talk_s, partial(self._end, transfer.call, line, Party.CALLER))

    # What comes of it

    def _arrive(self, call: CallId, caller: Caller) -> Sequence[Event]:
        self._lines[call] = _Line(caller)
        return (self._arrived(call, caller.number, caller.dialled),)

    def _arrived(self, call: CallId, number: str, dialled: str) -> Arrived:
        return Arrived(
            call=call,
            at=self.now,
            channel=f"Virtual/{call}",
            uniqueid=call,
            caller=number,
            caller_name="",
            dialled=dialled,
        )

    def _pick_up(self, command: CallOut, line: _Line) -> Sequence[Event]:
        return (self._arrived(command.call, command.number, ""),) if command.call in self._lines else ()

    def _not_reached(self, command: CallOut, line: _Line) -> Sequence[Event]:
        return self._end(command.call, line, Party.SYSTEM, NO_ANSWER_CAUSE)

    def _played(self, play: Play, line: _Line) -> Sequence[Event]:
        if line.playing is not play or play.call not in self._lines:
            return ()
        line.playing = None
        self._put(self.now + REACTION_S, partial(self._react, play.call, line, line.turn))
        return (Played(call=play.call, at=self.now, play=play.play, whole=True),)

    def _react(self, call: CallId, line: _Line, turn: int) -> Sequence[Event]:
        if line.turn != turn or call not in self._lines:
            return ()
        keys = line.caller.keys(line.node)
        return self._press(call, line, turn, keys) if keys else ()

    def _press(self, call: CallId, line: _Line, turn: int, keys: str) -> Sequence[Event]:
        if line.turn != turn or call not in self._lines:
            return ()
        if keys[1:]:
            self._put(self.now + KEY_S, partial(self._press, call, line, turn, keys[1:]))
        return (Digit(call=call, at=self.now, digit=keys[0]),)

    def _taped(self, tape: Tape, line: _Line, seconds: float) -> Sequence[Event]:
        if tape.call not in self._lines:
            return ()
        return (Taped(call=tape.call, at=self.now, play=tape.play, seconds=seconds),)

    def _lose_patience(self, call: CallId, line: _Line, until: float) -> Sequence[Event]:
        return self._end(call, line, Party.CALLER) if line.waits and line.patience_until == until else ()

    def _ring(self, offer: Offer, line: _Line) -> Sequence[Event]:
        return (Ringing(call=offer.call, at=self.now, offer=offer.offer),) if self._open(offer, line) else ()

    def _accept(self, offer: Offer, line: _Line) -> Sequence[Event]:
        if not self._open(offer, line):
            return ()
        line.accepted.add(offer.offer)
        return (Accepted(call=offer.call, at=self.now, offer=offer.offer),)

    def _miss(self, offer: Offer, line: _Line) -> Sequence[Event]:
        if not self._open(offer, line):
            return ()
        del line.offers[offer.offer]
        why = Refusal.NO_ANSWER
        return (Refused(call=offer.call, at=self.now, offer=offer.offer, agent=offer.agent, reason=why),)

    def _open(self, offer: Offer, line: _Line) -> bool:
        return offer.call in self._lines and offer.offer in line.offers

    def _talked(self, call: CallId, line: _Line, offer: OfferId) -> Sequence[Event]:
        if line.talking != offer or call not in self._lines:
            return ()
        if not line.after:
            return self._end(call, line, Party.CALLER)
        line.talking = None
        line.offers.clear()
        line.accepted.clear()
        left = Left(call=call, at=self.now, place=Place.TALK, why="talk over", by=Party.AGENT)
        return (left, Returned(call=call, at=self.now))

    def _end(self, call: CallId, line: _Line, by: Party, cause: int = HANGUP_CAUSE) -> Sequence[Event]:
        if self._lines.pop(call, None) is None:
            return ()
        ended = Ended(call=call, at=self.now, by=by, cause=cause)
        if line.talking is None:
            return (ended,)
        return (Left(call=call, at=self.now, place=Place.TALK, why="talk over", by=by), ended)


async def drive(
    side: VirtualSide,
    board: Switchboard,
    settled: Callable[[], Awaitable[None]],
    over: Callable[[], bool] = lambda: False,
    until: float = float("inf"),
) -> None:
    """Goes from moment to moment until it is ``over``, nothing is left to happen, or it would be after
    ``until`` (Unix seconds).

    ``settled`` is awaited after each moment's turn: there whatever the parts have begun beside the
    loop comes to its end, in no virtual time. The parts are coroutines, but over a store in memory
    they never wait: awaiting them does not go through asyncio's loop, and costs what a call costs.
    """
    while not over() and (at := min(side.next_time(), board.next_time())) <= until and at < float("inf"):
        if side.next_time() <= at:
            happened = side.happen()
            if callable(happened):
                await board.do(happened, at)
            elif happened:
                await board.work_off(happened, at)
        else:
            side.now = max(side.now, at)
            await board.on_time(side.now)
        await settled()
