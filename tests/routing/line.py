"""A telephone line for scenarios: steps in words, and what routing answers in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from cti.calls.call import Call, apply
from cti.calls.commands import CallOut, Connect, Hangup, Offer, StartMusic, Transfer, Withdraw
from cti.calls.events import (
    Accepted,
    Adopted,
    AgentChanged,
    Arrived,
    CallbackOver,
    CallbackWanted,
    CalledBack,
    CalledOut,
    CallEvent,
    Connected,
    DispositionGiven,
    Diverted,
    Ended,
    EnteredMenu,
    Event,
    Failed,
    FellBack,
    Left,
    Offered,
    Queued,
    Refused,
    Ringing,
    StateAsked,
    Transferred,
)
from cti.calls.part import Output
from cti.calls.talk_events import TransferAsked
from cti.calls.words import AgentState, CallId, OfferId, Party, Place, Refusal
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

    def __init__(self, store: Store, agents: Mapping[str, Agent] = AGENTS, queues: Queues = QUEUES) -> None:
        self.part = RoutingPart(queues, agents, store)
        self.calls: dict[CallId, Call] = {}
        self.offers: dict[str, list[OfferId]] = {}
        self.names: dict[CallId, str] = {}
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

    async def says(self, agent: str, *path: str, notes: str = "") -> list[str]:
        """An agent gives the disposition of the call he talked on last, if there is one."""
        last = self.part.floor.crew.statuses[agent]
        if last.last is None:
            return []
        work = self.part.dispose(agent, last.last, last.last_queue, path, notes, self.now)
        return await self._carry_out(await work)

    async def do(self, step: str) -> list[str]:
        """One step: ``alice ready``, ``wait 5``, ``c1 queued orders``, ``c1 ringing`` ..."""
        who, what, *more = step.split()
        if who == "wait":
            return await self.wait(float(what))
        if who == "server":
            return await self._carry_out(await self.part.hold_calls(what == "drained", self.now))
        if what == "dials":
            call = CallId(more[1])
            return await self._carry_out(await self.part.dial(who, more[0], call, self.now))
        if what == "takes":
            return await self._carry_out(await self.part.take_callback(who, CallId(more[0]), self.now))
        if what == "erased":
            return await self._carry_out(await self.part.forget([who], self.now))
        if what == "unparks":
            return await self._carry_out(await self.part.unpark(who, CallId(more[0]), self.now))
        if what == "says":
            return await self.says(who, *more)
        if who in self.part.floor.agents:
            state = AgentState.NOT_READY if what == "break" else AgentState(what)
            return await self.ask(who, state, "break" if what == "break" else "")
        call = next((call for call, name in self.names.items() if name == who), CallId(who))
        if what in ("taken", "pulled"):
            return await self._taken(call, what, more[0])
        return await self.happen(self._event(call, what, more))

    async def _taken(self, call: CallId, what: str, whom: str) -> list[str]:
        """A supervisor takes the call, or pulls it to a queue."""
        known = self.calls.get(call)
        if known is None:
            return []
        if what == "taken":
            work = self.part.take(known, whom, f"PJSIP/{whom}", self.now)
        else:
            work = self.part.pull(known, whom, "sue", self.now)
        return await self._carry_out(await work)

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
                words = dict(word.split("=") for word in more if "=" in word)
                return Queued(
                    at=at,
                    call=call,
                    queue=more[0],
                    skills={"english": 5} if "english" in more else {},
                    priority=9 if "urgent" in more else 0,
                    level=words.get("level", ""),
                    prefer=words.get("prefer", ""),
                    prefer_s=float(words.get("for", 0)),
                    since=float(words["since"]) if "since" in words else None,
                )
            case "wants":
                return CallbackWanted(at=at, call=call, queue=more[0], number=more[1], since=float(more[2]))
            case "picks":
                return Arrived(
                    at=at, call=call, channel="Local/1", uniqueid="2", caller="1", caller_name="", dialled=""
                )
            case "asked":
                return StateAsked(at=at, call=call, phone=more[0], agent="", state=AgentState(more[1]))
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
            case "parked":
                queue, since = known.queue if known else "", known.queued_at if known else None
                return Queued(at=at, call=call, queue=queue, since=since, prefer=more[0], park_s=float(more[1]))
            case "fetched":
                return TransferAsked(at=at, call=call, by=agent, queue=more[0], agent=agent)
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
            known = self.calls.get(event.call)
            if known is None and not isinstance(event, CalledBack | CalledOut):
                known = _arrived(event.call, event.at)
            call = apply(known, event)
            self.calls[event.call] = call
        return await self.part.on_event(event, call, self.now)

    def short(self, call: CallId) -> str:
        """``b1``, ``b2`` ... for the calls that we make ourselves, in the order in which they begin."""
        return self.names.get(call, call)

    def _say(self, output: Output) -> str:
        match output:
            case AgentChanged():
                reason = f" ({output.reason})" if output.reason else ""
                return f"{output.agent} {output.state.value}{reason}" + (
                    f" {self.short(output.call)}" if output.call else ""
                )
            case DispositionGiven():
                return f"{output.agent} says {output.disposition or 'nothing'} of {self.short(output.call)}"
            case Offered():
                return f"offered {self.short(output.call)} {output.agent}" + ("" if output.recording else " unrecorded")
            case Refused():
                return f"refused {self.short(output.call)} {output.agent} {output.reason.value}"
            case Offer():
                return f"-> offer {self.short(output.call)} {output.phone} {output.ring_s:g}s"
            case Withdraw():
                return f"-> withdraw {self.short(output.call)}"
            case Connect():
                return f"-> connect {self.short(output.call)}"
            case StartMusic():
                return f"-> music {self.short(output.call)} {output.music}"
            case Hangup():
                return f"-> hangup {self.short(output.call)}"
            case CallOut():
                own = " own" if output.own else ""
                return f"-> call {self.short(output.call)} {output.number} {output.ring_s:g}s{own}"
            case Transfer():
                return f"-> transfer {self.short(output.call)} {output.number}"
            case Left():
                return f"left {self.short(output.call)} {output.why}"
            case Queued():
                return f"queued {self.short(output.call)} {output.queue} since {output.since:g}"
            case TransferAsked():
                return f"transfer asked {self.short(output.call)} {output.queue}"
            case Diverted():
                return f"diverted {self.short(output.call)} {output.flow}: {output.why}"
            case CalledBack():
                self.names.setdefault(output.call, f"b{len(self.names) + 1}")
                return f"called back {self.short(output.call)} for {output.wanted}"
            case CalledOut():
                return f"{output.agent} calls {output.number} by {output.call}"
            case CallbackOver():
                end = "reached" if output.reached else "given up"
                return f"callback of {output.call} {end} after {output.attempts}"
            case Ended():
                return f"ended {self.short(output.call)}"
        return ""


def _arrived(call: CallId, at: float) -> Call:
    return apply(
        None, Arrived(at=at, call=call, channel="PJSIP/x", uniqueid="1", caller="1", caller_name="", dialled="1")
    )


def _refusal(words: Sequence[str]) -> Refusal:
    return Refusal(" ".join(word for word in words if word != "first") or "refused")
