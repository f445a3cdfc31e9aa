"""Compares what we believe with Asterisk's own list of channels (CoreShowChannels).

Calls are Asterisk's: after each log-in, and every so often, its list is the truth. Calls that
are not in it are over; calls in it are taken up where they stand; legs of ours that belong to
no call any more are named, to be hung up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cti.calls import apart, expected, joining, third
from cti.calls.call import Call
from cti.calls.commands import Connect
from cti.calls.events import Adopted, CallEvent, FellBack, Returned, Transferred
from cti.calls.legs import ENGINE_CONTEXT, FALLBACK_CONTEXT, FAR_HALF, OWN_PREFIX, Leg, Role
from cti.calls.part import Output
from cti.calls.tracker import CONFERENCE, Message, Tracker
from cti.calls.words import CallId, Place

CONFERENCE_APPLICATION = "ConfBridge"
_IN_AGI = ("AGI", "Ringing")
"""Applications of a leg that waits for our commands: where the last was ``EXEC Ringing``, the list names that on."""
_CALLED_BY_DIAL = ("AppDial", "")
"""Applications of the phones that the fallback rings, as against its callers."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the list of channels says. ``strays`` are Uniqueids of legs of ours without a call. Where it is
    ``doubtful``, the next list decides."""

    events: Sequence[Output]
    strays: Sequence[str]
    doubtful: bool = False


class Reconciler:
    """Applies Asterisk's list of channels to the tracker. A leg missing from one list may have a
    Hangup on its way; only one missing from two lists in a row, or after a new log-in, is gone."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._missing: set[str] = set()
        self._stray: set[str] = set()

    def after_login(self, calls: Mapping[CallId, Call], channels: Sequence[Message], now: float) -> Comparison:
        """The first list after a log-in: whatever may have been missed is made good, and every
        live call that the engine must look after is adopted."""
        for call in calls.values():
            expected.know(self._tracker.legs, call)
        seen = {c.get("Uniqueid", ""): c for c in channels}
        events: list[Output] = list(self._gone({leg.uniqueid for leg in self._legs(calls)} - seen.keys(), now))
        for call in calls.values():
            caller = self._tracker.legs.caller(call.id)
            if caller is None:
                continue
            if caller.calling and not _picked_up(seen[caller.uniqueid]):
                events += self._tracker.leg_missing(caller, now)  # it rings as a stray, for nobody
            else:
                events += self._adopt(call, caller, seen, now)
        events += self._newcomers(seen, now)
        self._missing = set()
        self._stray = self._strays(seen)
        return Comparison(events, sorted(self._stray))

    def sweep(self, calls: Mapping[CallId, Call], channels: Sequence[Message], now: float) -> Comparison:
        """A list taken while all is well: only what is wrong in two lists in a row is mended."""
        seen = {c.get("Uniqueid", ""): c for c in channels}
        missing = {leg.uniqueid for leg in self._legs(calls)} - seen.keys()
        events = [*self._gone(missing & self._missing, now), *self._lost(seen, calls, now)]
        self._missing = missing
        stray = self._strays(seen)
        twice = stray & self._stray
        self._stray = stray
        doubtful = any(self._tracker.legs.get(leg) for leg in missing) or bool(stray - twice)
        return Comparison([*events, *self._newcomers(seen, now)], sorted(twice), doubtful)

    def _legs(self, calls: Mapping[CallId, Call]) -> list[Leg]:
        return [leg for call in calls for leg in self._tracker.legs.of(call)]

    def _gone(self, uniqueids: set[str], now: float) -> list[CallEvent]:
        """Agents' and supervisors' legs first, so that a talk is over before its call ends."""
        legs = [leg for u in sorted(uniqueids) if (leg := self._tracker.legs.get(u))]
        legs.sort(key=lambda leg: leg.role is Role.CALLER)
        out: list[CallEvent] = []
        for leg in legs:
            out += self._tracker.leg_missing(leg, now)
        return out

    def _adopt(self, call: Call, caller: Leg, seen: Mapping[str, Message], now: float) -> list[Output]:
        for leg in self._tracker.legs.of(call.id):
            leg.channel = seen[leg.uniqueid].get("Channel", "")
            leg.stands_by = joining.stands_alone(seen[leg.uniqueid], seen)
            leg.bridge = "" if leg.stands_by else seen[leg.uniqueid].get("BridgeId", "")
            leg.conference = seen[leg.uniqueid].get("Application") == CONFERENCE_APPLICATION
        caller.calling = ""
        # Who stands by is back in a moment, if nobody comes for him.
        caller.in_agi = caller.stands_by or seen[caller.uniqueid].get("Application") in _IN_AGI
        if caller.stands_by and call.offer is not None:
            joining.begin(caller, Connect(call=call.id, offer=call.offer.offer))
        adopted = Adopted(call=call.id, at=now, place=Place.TALK, channel=caller.channel)
        news: list[Output] = []
        if third.parties(self._tracker.legs, call.id):
            beside = third.consulted(self._tracker.legs, call.id)
            if beside is not None and not beside.bridge and not beside.in_agi:
                news += self._as_listed(beside, seen, now)
            news += third.moved(self._tracker.legs, call.id, now)
            if caller.bridge:
                return news if any(isinstance(event, Transferred) for event in news) else [*news, adopted]
        joined = self._tracker.joined(caller, now)
        if joined:
            if call.place is not Place.TALK or call.parked is not None:
                return [*joined, adopted]
            return [adopted]
        if seen[caller.uniqueid].get("Context") == FALLBACK_CONTEXT:
            for leg in self._tracker.legs.of(call.id):
                if leg is not caller:
                    self._tracker.legs.remove(leg)  # it was on its way from or to him, and is a stray now
            return [] if call.place is Place.FALLBACK else [FellBack(call=call.id, at=now)]
        if caller.in_agi and call.place is Place.TALK and (held := self._held(call, caller, seen, now)) is not None:
            return [*news, *held]
        if caller.in_agi and call.place is Place.TALK and call.after:
            caller.talk_ended_by = None
            return [Returned(call=call.id, at=now)]
        if caller.in_agi:
            place = call.place if call.place in (Place.MENU, Place.QUEUE) else Place.MENU
            return [Adopted(call=call.id, at=now, place=place, channel=caller.channel)]
        return []

    def _held(self, call: Call, caller: Leg, seen: Mapping[str, Message], now: float) -> list[CallEvent] | None:
        """What is told of a caller who is on hold, or was left there; None for one whose talk is over."""
        if call.parked is not None and caller.apart is None:
            return apart.left_behind(caller, now) if call.offer is None else []  # or it is told already
        agent = next(iter(self._tracker.legs.of(call.id, Role.AGENT)), None)
        if agent is None or agent.offer is None:
            return None
        agent.in_agi = seen[agent.uniqueid].get("Application") in _IN_AGI
        if not agent.in_agi and (call.parked is None or not agent.bridge):
            return None
        apart.begin(caller, agent.offer)
        adopted = Adopted(call=call.id, at=now, place=Place.TALK, channel=caller.channel)
        return [*apart.in_agi(self._tracker.legs, caller, now), adopted]

    def _lost(self, seen: Mapping[str, Message], calls: Mapping[CallId, Call], now: float) -> list[Output]:
        """What was not told of talks that we take apart or join again, and of parties who come to them."""
        out: list[Output] = []
        for call in calls:
            caller = self._tracker.legs.caller(call)
            beside = third.consulted(self._tracker.legs, call)
            if caller is None or (caller.apart is None and beside is None):
                continue
            agent = self._tracker.legs.get(caller.apart) if caller.apart is not None else None
            for leg in (caller, agent, beside):
                if leg is not None and leg.uniqueid in seen:
                    out += self._as_listed(leg, seen, now)
        return out

    def _as_listed(self, leg: Leg, seen: Mapping[str, Message], now: float) -> Sequence[Output]:
        """What it means that the leg is where the list has it."""
        there = seen[leg.uniqueid]
        application = there.get("Application")
        event = "AsyncAGIStart" if application in _IN_AGI else "BridgeEnter"
        kind = CONFERENCE if application == CONFERENCE_APPLICATION else ""
        told = {**there, "Event": event, "BridgeUniqueid": there.get("BridgeId", ""), "BridgeType": kind}
        if joining.stands_alone(there, seen):
            told["BridgeCreator"] = joining.WAITING
        return self._tracker.feed(told, now)

    def _newcomers(self, seen: Mapping[str, Message], now: float) -> list[CallEvent]:
        """Callers of whom we know nothing: waiting for us, or with the fallback since we were away."""
        out: list[CallEvent] = []
        for uniqueid, channel in seen.items():
            place = channel.get("Context"), channel.get("Application")
            if uniqueid in self._tracker.legs or not uniqueid or uniqueid.startswith(OWN_PREFIX):
                continue
            if place == (ENGINE_CONTEXT, "AGI"):
                out += self._tracker.appeared(channel, now)
            elif place[0] == FALLBACK_CONTEXT and place[1] not in _CALLED_BY_DIAL:
                arrived = self._tracker.appeared(channel, now)
                out += [*arrived, FellBack(call=arrived[0].call, at=now)]
        return out

    def _strays(self, seen: Mapping[str, Message]) -> set[str]:
        legs = self._tracker.legs
        return {u for u in seen if u.startswith(OWN_PREFIX) and u.removesuffix(FAR_HALF) not in legs}


def _picked_up(customer: Message) -> bool:
    """Whether the customer called back is with us, in a talk, or with the fallback."""
    there = customer.get("Application") in _IN_AGI or customer.get("Context") == FALLBACK_CONTEXT
    return there or bool(customer.get("BridgeId"))
