"""A telephone line for scenarios: steps in words, and what routing answers in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from cti.calls.call import Call, apply
from cti.calls.commands import Connect, Hangup, Offer, StartMusic, Withdraw
from cti.calls.events import (
    Accepted,
    Adopted,
    AgentChanged,
    AgentState,
    Arrived,
    CallEvent,
    CallId,
    Connected,
    Ended,
    EnteredMenu,
    Event,
    Failed,
    FellBack,
    Left,
    Offered,
    OfferId,
    Party,
    Place,
    Queued,
    Refusal,
    Refused,
    Ringing,
    Transferred,
)
from cti.calls.part import Output
from routing.agents import Agent
from routing.handler import RoutingPart
from routing.queues import Queue, Queues
from routing.store import Store

QUEUES = Queues(
    {
        "orders": Queue("orders", {"orders": 3}, ring_s=15.0, wrap_up_s=10.0, music="jazz"),
        "vip": Queue("vip", {"orders": 3}, priority=5, wrap_up_s=0.0, record=False),
    }
)
AGENTS = {
    "alice": Agent("alice", "PJSIP/alice", {"orders": 8}),
    "bob": Agent("bob", "PJSIP/bob", {"orders": 5, "english": 9}),
    "carl": Agent("carl", "PJSIP/carl", {"english": 9}),
}


class Line:
    """Folds and dispatches events as the engine does, and keeps what came out."""

    def __init__(self, store: Store, agents: Mapping[str, Agent] = AGENTS) -> None:
        self.part = RoutingPart(QUEUES, agents, store)
        self.calls: dict[CallId, Call] = {}
        self.offers: dict[str, list[OfferId]] = {}
        self.now = 1000.0

    async def start(self) -> list[str]:
        return await self._carry_out(await self.part.start(self.now))

    async def settle(self, live: Collection[str]) -> list[str]:
        return await self._carry_out(await self.part.settle([CallId(c) for c in live], self.now))

    async def ask(self, agent: str, state: AgentState, reason: str = "") -> list[str]:
        return await self._carry_out(await self.part.ask_state(agent, state, reason, self.now))

    async def happen(self, event: Event) -> list[str]:
        """What comes of the event; the event itself is not among it."""
        return await self._carry_out(await self._tell(event))

    async def do(self, step: str) -> list[str]:
        """One step: ``alice ready``, ``wait 5``, ``c1 queued orders``, ``c1 ringing`` ..."""
        who, what, *more = step.split()
        if who == "wait":
            return await self.wait(float(what))
        if who in self.part.floor.agents:
            state = AgentState.NOT_READY if what == "break" else AgentState(what)
            return await self.ask(who, state, "break" if what == "break" else "")
        return await self.happen(self._event(CallId(who), what, more))

    async def wait(self, seconds: float) -> list[str]:
        """Time goes by, each deadline at its time."""
        end, said = self.now + seconds, list[str]()
        while (at := self.part.next_time()) is not None and at <= end:
            self.now = max(self.now, at)
            said += await self._carry_out(await self.part.on_time(self.now))
        self.now = end
        return said

    def _event(self, call: CallId, what: str, more: Sequence[str]) -> Event:
        at = self.now
        offers = self.offers.get(call, [])
        # "c1 ringing first" is about the first offer of the call, otherwise it is the latest.
        offer = (offers[0] if "first" in more else offers[-1]) if offers else OfferId("none")
        known = self.calls.get(call)
        agent = known.offer.agent if known and known.offer else ""
        match what:
            case "queued":
                skills = {"english": 5} if "english" in more else {}
                return Queued(at=at, call=call, queue=more[0], skills=skills, priority=9 if "urgent" in more else 0)
            case "ringing":
                return Ringing(at=at, call=call, offer=offer)
            case "accepted":
                return Accepted(at=at, call=call, offer=offer)
            case "connected":
                return Connected(at=at, call=call, offer=offer, agent=agent)
            case "refused":
                return Refused(at=at, call=call, offer=offer, agent=agent, reason=_refusal(more))
            case "failed":
                return Failed(at=at, call=call, command=more[0], why="test", offer=offer)
            case "left":
                return Left(at=at, call=call, place=Place(more[0]), why="test")
            case "adopted":
                return Adopted(at=at, call=call, place=Place(more[0]), channel="PJSIP/x")
            case "menu":
                return EnteredMenu(at=at, call=call, flow="main", node="main", verb="menu")
            case "transferred":
                return Transferred(at=at, call=call, to="desk")
            case "fallback":
                return FellBack(at=at, call=call)
        assert what == "ended"
        return Ended(at=at, call=call, by=Party.CALLER)

    async def _carry_out(self, outputs: Iterable[Output]) -> list[str]:
        said: list[str] = []
        todo = list(outputs)
        while todo:
            output = todo.pop(0)
            said.append(self._say(output))
            if isinstance(output, Event):
                todo += await self._tell(output)
        return [words for words in said if words]

    async def _tell(self, event: Event) -> Sequence[Output]:
        call = None
        if isinstance(event, CallEvent):
            if isinstance(event, Offered):
                self.offers.setdefault(event.call, []).append(event.offer)
            call = apply(self.calls.get(event.call) or _arrived(event.call, event.at), event)
            self.calls[event.call] = call
        return await self.part.on_event(event, call, self.now)

    def _say(self, output: Output) -> str:
        match output:
            case AgentChanged():
                reason = f" ({output.reason})" if output.reason else ""
                return f"{output.agent} {output.state.value}{reason}" + (f" {output.call}" if output.call else "")
            case Offered():
                return f"offered {output.call} {output.agent}" + ("" if output.recording else " unrecorded")
            case Refused():
                return f"refused {output.call} {output.agent} {output.reason.value}"
            case Offer():
                return f"-> offer {output.call} {output.phone} {output.ring_s:g}s"
            case Withdraw():
                return f"-> withdraw {output.call}"
            case Connect():
                return f"-> connect {output.call}"
            case StartMusic():
                return f"-> music {output.call} {output.music}"
            case Hangup():
                return f"-> hangup {output.call}"
        return ""


def _arrived(call: CallId, at: float) -> Call:
    return apply(
        None, Arrived(at=at, call=call, channel="PJSIP/x", uniqueid="1", caller="1", caller_name="", dialled="1")
    )


def _refusal(words: Sequence[str]) -> Refusal:
    return Refusal(" ".join(word for word in words if word != "first") or "refused")
