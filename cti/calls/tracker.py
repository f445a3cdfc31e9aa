"""AMI events in, call events out. Pure: the time is given, nothing is sent.

Legs are known by their Uniqueid: the caller's is Asterisk's, the others' are ours (ChannelId of
Originate). Events may come twice, late, in another order or not at all; what one event missed,
another one or the next comparison with Asterisk's own list (``reconcile.py``) makes good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cti.calls import agi, apart, causes, joining, monitors, names, recorded, third
from cti.calls.arrival import arrived, called_back
from cti.calls.events import (
    Accepted,
    Answered,
    CallEvent,
    Connected,
    Digit,
    Ended,
    FellBack,
    Left,
    Refused,
    Returned,
    Ringing,
)
from cti.calls.legs import ENGINE_CONTEXT, FALLBACK_CONTEXT, OWN_PREFIX, Leg, Legs, Role
from cti.calls.part import Output
from cti.calls.talk_events import Held, MonitorEnded, Resumed
from cti.calls.words import CallId, Party, Place, Refusal

Message = Mapping[str, str]

_REMEMBERED = 10_000
_RINGING = "5"
CONFERENCE = "base"
"""The BridgeType of a conference's bridge."""


class Tracker:
    """Follows the legs of calls. ``asterisk`` is the name of the Asterisk they are on; ``epoch``
    names this run of the engine, so that answers to an earlier run's commands are not taken for ours."""

    def __init__(self, asterisk: str, epoch: str) -> None:
        self.asterisk = asterisk
        self.epoch = epoch
        self.legs = Legs()
        self._gone: dict[str, None] = {}
        self._handlers: Mapping[str, Callable[[Message, float], Sequence[Output]]] = {
            "AsyncAGIStart": self._agi_start,
            "AsyncAGIExec": self._agi_exec,
            "AsyncAGIEnd": self._agi_end,
            "DTMFBegin": self._dtmf_begin,
            "DTMFEnd": self._dtmf,
            "Newchannel": self._newchannel,
            "Newstate": self._newstate,
            "Rename": self._rename,
            "OriginateResponse": self._originate_response,
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": self._bridge_leave,
            "Hold": self._hold,
            "Unhold": self._unhold,
            "MixMonitorStart": self._recording_start,
            "MixMonitorStop": self._recording_stop,
            "ChanSpyStart": self._spy_start,
            "HangupRequest": self._hangup_request,
            "Hangup": self._hangup,
            "UserEvent": self._user_event,
        }

    @property
    def events(self) -> Sequence[str]:
        """The names of the AMI events that are read; all others need not be sent to us."""
        return tuple(self._handlers)

    def feed(self, message: Message, now: float) -> Sequence[Output]:
        """The call events that one AMI event means, and commands for which it was waited; nothing for an event we
        have no use for."""
        handler = self._handlers.get(message.get("Event", ""))
        return handler(message, now) if handler else []

    def command_id(self, call: CallId, what: str) -> str:
        """The CommandID for an AGI command: what came of it is told under this id."""
        return f"{self.epoch}:{call}:{what}"

    # AsyncAGI

    def _agi_start(self, m: Message, now: float) -> Sequence[Output]:
        uniqueid = m.get("Uniqueid", "")
        leg = self.legs.get(uniqueid)
        if leg is None:
            ours = not uniqueid or uniqueid.startswith(OWN_PREFIX)  # one that was hung up a moment ago
            return self._arrived(m, now) if m.get("Context") == ENGINE_CONTEXT and not ours else []
        leg.channel = m.get("Channel", leg.channel)
        leg.in_agi = True
        return joining.back(leg, now) or self._with_us(leg, now)

    def _with_us(self, leg: Leg, now: float) -> list[CallEvent]:
        """The leg is in AsyncAGI."""
        if leg.calling:
            return self._picked_up(leg, now)
        if apart.concerns(self.legs, leg):
            return apart.in_agi(self.legs, leg, now)
        if leg.asked and leg.offer is not None and not leg.bridge and not leg.left_bridges:
            return [Accepted(call=leg.call, at=now, offer=leg.offer)]
        return self.returned(leg, now)

    def returned(self, leg: Leg, now: float) -> list[CallEvent]:
        """``Returned`` if the leg is a caller's whose talk is over and who is in AsyncAGI again."""
        if leg.role is not Role.CALLER or not leg.in_agi or leg.talk_ended_by is None:
            return []
        leg.talk_ended_by = None
        return [Returned(call=leg.call, at=now)]

    def _arrived(self, m: Message, now: float) -> list[CallEvent]:
        uniqueid = m["Uniqueid"]
        leg = Leg(names.call_id(self.asterisk, uniqueid), Role.CALLER, uniqueid, channel=m.get("Channel", ""))
        leg.in_agi = True
        if uniqueid in self._gone:
            return [arrived(leg, m, now), Ended(call=leg.call, at=now, by=Party.CALLER, estimated=True)]
        self.legs.add(leg)
        return [arrived(leg, m, now)]

    def _picked_up(self, leg: Leg, now: float) -> list[CallEvent]:
        """The customer who was called back is there."""
        number, leg.calling = leg.calling, ""
        return [called_back(leg, number, now), Answered(call=leg.call, at=now)]

    def appeared(self, channel: Message, now: float) -> list[CallEvent]:
        """A caller found in Asterisk's list of channels whose AsyncAGIStart we never saw."""
        return self._arrived(channel, now)

    def _agi_exec(self, m: Message, now: float) -> list[CallEvent]:
        epoch, _, rest = m.get("CommandID", m.get("CommandId", "")).partition(":")
        call, _, what = rest.partition(":")
        caller = self.legs.caller(CallId(call))
        if epoch != self.epoch or caller is None:
            return []
        return agi.outcome(caller.call, what, m.get("Result", ""), now, gone=caller.asked_to_hang_up)

    def _agi_end(self, m: Message, now: float) -> list[CallEvent]:
        if leg := self.legs.get(m.get("Uniqueid", "")):
            leg.in_agi = False
        return []

    def _dtmf_begin(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        if leg is not None and m.get("Direction") == "Received":
            leg.keypad.down(m.get("Digit", ""))
        return []

    def _dtmf(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        digit = m.get("Digit", "")
        if leg is None or m.get("Direction") != "Received" or len(digit) != 1:
            return []
        if not leg.keypad.pressed(digit, m.get("DurationMs", "")):
            return []
        if leg.role is Role.CALLER and (leg.in_agi or leg.bridge):
            return [Digit(call=leg.call, at=now, digit=digit)]
        return monitors.switched(leg, digit, now)

    # Channels come, ring and go

    def _newchannel(self, m: Message, now: float) -> list[CallEvent]:
        if leg := self.legs.get(m.get("Uniqueid", "")):
            leg.channel = m.get("Channel", leg.channel)
        return []

    def _newstate(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        if leg is None:
            return []
        leg.channel = m.get("Channel", leg.channel)
        if leg.asked and leg.offer is not None and m.get("ChannelState") == _RINGING:
            return [Ringing(call=leg.call, at=now, offer=leg.offer)]
        return []

    def _rename(self, m: Message, now: float) -> list[CallEvent]:
        if leg := self.legs.get(m.get("Uniqueid", "")):
            leg.channel = m.get("Newname", leg.channel)
        return []

    def _originate_response(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("ActionID", "")) or self.legs.get(m.get("Uniqueid", ""))
        if leg is None or m.get("Response") != "Failure":
            return []
        if leg.role is Role.MONITOR:
            return self._monitor_gone(leg, now, "the supervisor's phone did not answer")
        reason = causes.ORIGINATE_REFUSED.get(m.get("Reason", ""))
        if leg.role is Role.CALLER:
            return self._not_reached(leg, now, reason)
        if reason is None and leg.channel:
            return []  # the Hangup that follows tells the cause
        return self._refused(leg, now, reason or Refusal.UNREACHABLE)

    def _not_reached(self, leg: Leg, now: float, reason: Refusal | None) -> list[CallEvent]:
        leg.time_up = reason is Refusal.NO_ANSWER
        return [] if leg.channel else self._caller_gone(leg, now)  # the Hangup that follows tells the cause

    def _refused(self, leg: Leg, now: float, reason: Refusal) -> list[CallEvent]:
        self.legs.remove(leg)
        if leg.offer is None or leg.told:
            return []
        leg.told = True
        return [Refused(call=leg.call, at=now, offer=leg.offer, agent=leg.agent, reason=reason)]

    def _hangup_request(self, m: Message, now: float) -> list[CallEvent]:
        if leg := self.legs.get(m.get("Uniqueid", "")):
            leg.asked_to_hang_up = True
        return []

    def _hangup(self, m: Message, now: float) -> list[CallEvent]:
        uniqueid = m.get("Uniqueid", "")
        leg = self.legs.get(uniqueid)
        if leg is None:
            self._remember_gone(uniqueid)
            return []
        match leg.role:
            case Role.CALLER:
                return self._caller_gone(leg, now, m.get("Cause", "0"))
            case Role.AGENT:
                return self._agent_gone(leg, now, m.get("Cause", "0"))
            case Role.THIRD:
                return self._third_gone(leg, now, m.get("Cause", "0"))
            case Role.MONITOR:
                return self._monitor_gone(leg, now)

    def _remember_gone(self, uniqueid: str) -> None:
        self._gone[uniqueid] = None
        if len(self._gone) > _REMEMBERED:
            self._gone.pop(next(iter(self._gone)))

    def _caller_gone(self, leg: Leg, now: float, cause: str = "0", estimated: bool = False) -> list[CallEvent]:
        """The caller's leg is no more: the call has ended."""
        out = third.over(self.legs, leg.call, now)
        out += self._talk_over(leg, now) if leg.apart is None else apart.caller_gone(leg, now)
        by = leg.talk_ended_by or (Party.CALLER if leg.asked_to_hang_up else Party.SYSTEM)
        code = causes.number(cause)
        if leg.calling:
            by, code = Party.SYSTEM, causes.not_reached(code, time_up=leg.time_up)
        self.legs.remove(leg)
        self._remember_gone(leg.uniqueid)
        return [*out, Ended(call=leg.call, at=now, by=by, cause=code, estimated=estimated)]

    def _agent_gone(self, leg: Leg, now: float, cause: str = "0") -> list[CallEvent]:
        """The agent's leg is no more: the talk is over, or the offer came to nothing."""
        was_talking = bool(leg.left_bridges or leg.bridge)
        caller = self.legs.caller(leg.call)
        if third.parties(self.legs, leg.call):
            if (news := third.agent_gone(self.legs, leg, now)) is not None:
                return [*news, *self._back_already(leg, now)]
            return [*third.over(self.legs, leg.call, now), *self._agent_gone(leg, now, cause)]
        held = caller is not None and apart.concerns(self.legs, leg)
        out = apart.agent_gone(caller, now) if caller is not None and held else self._talk_over(leg, now)
        self._remember_gone(leg.uniqueid)
        out += recorded.stopped(leg, now)
        if was_talking or held:
            self.legs.remove(leg)
            return out
        return [*out, *self._refused(leg, now, causes.refusal(causes.number(cause)))]

    def _third_gone(self, leg: Leg, now: float, cause: str = "0") -> list[CallEvent]:
        """The leg of a third party is no more."""
        self._remember_gone(leg.uniqueid)
        news = third.gone(self.legs, leg, now, causes.refusal(causes.number(cause)))
        return [*news, *self._back_already(leg, now)]

    def _back_already(self, leg: Leg, now: float) -> list[CallEvent]:
        caller = self.legs.caller(leg.call)
        return self.returned(caller, now) if caller is not None else []

    def leg_missing(self, leg: Leg, now: float) -> list[CallEvent]:
        """The leg went without our seeing it go."""
        match leg.role:
            case Role.CALLER:
                return self._caller_gone(leg, now, estimated=True)
            case Role.AGENT:
                return self._agent_gone(leg, now)
            case Role.THIRD:
                return self._third_gone(leg, now)
            case Role.MONITOR:
                return self._monitor_gone(leg, now)

    def _monitor_gone(self, leg: Leg, now: float, why: str = "") -> list[CallEvent]:
        self.legs.remove(leg)
        return [MonitorEnded(call=leg.call, at=now, supervisor=leg.supervisor, why=why)]

    # Talking

    def _bridge_enter(self, m: Message, now: float) -> Sequence[Output]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        bridge = m.get("BridgeUniqueid", "")
        if leg is None or not bridge or bridge in leg.left_bridges or leg.bridge == bridge:
            return []
        if joining.is_waiting(m):
            return joining.there(leg, m.get("Channel", leg.channel))
        joining.elsewhere(leg)
        leg.channel = m.get("Channel", leg.channel)
        leg.bridge = bridge
        leg.conference = m.get("BridgeType") == CONFERENCE
        leg.in_agi = False
        if third.parties(self.legs, leg.call):
            return third.moved(self.legs, leg.call, now)
        return self.joined(leg, now) if leg.role is not Role.THIRD else []

    def joined(self, leg: Leg, now: float) -> list[CallEvent]:
        """``Connected`` if the leg's bridge now holds caller and agent, ``Resumed`` if they were apart."""
        caller = self.legs.caller(leg.call)
        agents = [leg] if leg.role is Role.AGENT else self.legs.of(leg.call, Role.AGENT)
        for agent in agents:
            if caller is not None and caller.bridge and agent.bridge == caller.bridge and agent.offer is not None:
                if caller.apart == agent.offer:
                    return apart.joined(caller, now)
                return [Connected(call=leg.call, at=now, offer=agent.offer, agent=agent.agent)]
        return []

    def _bridge_leave(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        if leg is None:
            return []
        if joining.is_waiting(m):
            joining.elsewhere(leg)
            return []
        bridge = m.get("BridgeUniqueid", "")
        joining.over(leg)
        leg.left_bridges.add(bridge)
        if leg.bridge != bridge:
            return []
        if third.parties(self.legs, leg.call):
            if (news := third.left(self.legs, leg, now)) is not None:
                return news
            return [*third.over(self.legs, leg.call, now), *self._talk_over(leg, now)]
        if leg.role is Role.THIRD:  # let go, and not gone yet
            leg.leave()
            return []
        if not apart.concerns(self.legs, leg):
            return self._talk_over(leg, now)
        leg.leave()
        return []

    def _talk_over(self, leg: Leg, now: float) -> list[CallEvent]:
        """The leg leaves its bridge: if caller and agent were joined there, their talk is over."""
        talked = self.joined(leg, now)
        leg.leave()
        if not talked:
            return []
        by = self._who_hung_up(leg)
        left = Left(call=leg.call, at=now, place=Place.TALK, why="talk over", by=by)
        caller = self.legs.caller(leg.call)
        if caller is None:
            return [left]
        caller.talk_ended_by = by
        return [left, *self.returned(caller, now)]

    def _who_hung_up(self, leg: Leg) -> Party:
        """Of the two who talked, the one whose phone asked to hang up; the leaver's first."""
        both = sorted(self.legs.of(leg.call), key=lambda other: other is not leg)
        parties = {Role.CALLER: Party.CALLER, Role.AGENT: Party.AGENT}
        return next((parties[o.role] for o in both if o.asked_to_hang_up and o.role in parties), Party.SYSTEM)

    def _hold(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        return [Held(call=leg.call, at=now)] if leg and leg.bridge else []

    def _unhold(self, m: Message, now: float) -> list[CallEvent]:
        leg = self.legs.get(m.get("Uniqueid", ""))
        return [Resumed(call=leg.call, at=now)] if leg and leg.bridge else []

    # Recording, listening in, fallback

    def _recording_start(self, m: Message, now: float) -> list[CallEvent]:
        return recorded.started(self.legs.get(m.get("Uniqueid", "")), now)

    def _recording_stop(self, m: Message, now: float) -> list[CallEvent]:
        return recorded.stopped(self.legs.get(m.get("Uniqueid", "")), now)

    def _spy_start(self, m: Message, now: float) -> list[CallEvent]:
        return monitors.began(self.legs.get(m.get("SpyerUniqueid", "")), now)

    def _user_event(self, m: Message, now: float) -> list[CallEvent]:
        if m.get("UserEvent") != "CordboardFallback":
            return []
        uniqueid = m.get("Uniqueid", "")
        leg = self.legs.get(uniqueid)
        if leg is None and uniqueid and not uniqueid.startswith(OWN_PREFIX):
            # The engine was away when this caller came: there is a record of the call all the same.
            came = self._arrived({**m, "Context": FALLBACK_CONTEXT}, now)
            return [*came, FellBack(call=came[0].call, at=now)]
        return [FellBack(call=leg.call, at=now)] if leg and leg.role is Role.CALLER else []
