"""What happened to a call, in a sentence an event. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from cti.calls import events as ev
from cti.calls import talk_events as talk
from cti.calls.events import CallEvent, Event
from cti.calls.words import OfferId, Party, Place

LINE, FLOW, ROUTER, AGENT, DESK, RECORDING = "line", "flow", "router", "agent", "desk", "recording"
"""Who saw or decided it: Asterisk, the menus, the queues, an agent's phone, somebody's page, Asterisk's recorder."""

WHERE: Mapping[type[Event], str] = {
    kind: where
    for where, kinds in {
        FLOW: (
            ev.EnteredFlow, ev.EnteredMenu, ev.Chosen, ev.LanguageChosen, ev.Consented, ev.Surveyed, ev.CallbackWanted,
            ev.StateAsked, ev.MessageLeft, ev.CameBack, ev.Played,
        ),
        ROUTER: (ev.Queued, ev.Offered, ev.CalledBack, ev.CallbackOver, ev.Diverted),
        AGENT: (ev.Ringing, ev.Accepted, ev.Refused, talk.PhoneLost, talk.Consulting, talk.Joined, talk.ConsultOver),
        DESK: (
            ev.CalledOut, talk.TransferAsked, talk.ConsultAsked, talk.PauseAsked, talk.HelpAsked, talk.HelpDropped,
            talk.MonitorStarted, talk.MonitorEnded,
        ),
        RECORDING: (
            ev.TapeStarted, ev.Taped, talk.RecordingStarted, talk.RecordingStopped, talk.RecordingPaused,
            talk.RecordingResumed,
        ),
    }.items()
    for kind in kinds
}  # fmt: skip
"""Of each kind of event that is not Asterisk's own."""


class Teller:
    """Tells the events of one call, which it is given in their order."""

    def __init__(self) -> None:
        self._agents: dict[OfferId, str] = {}
        self._queued_at: float | None = None

    def told(self, event: CallEvent) -> str:
        """The event in words."""
        match event:
            case ev.Offered() | ev.Refused() | ev.Connected():
                self._agents[event.offer] = event.agent
            case talk.ConsultAsked():
                self._agents[event.offer] = event.agent or event.number
            case ev.Queued() | ev.CalledBack() | ev.CalledOut() if self._queued_at is None:
                self._queued_at = event.at
        return self._way(event) or self._waiting(event) or self._talk(event) or type(event).__name__

    def _who(self, offer: OfferId | None) -> str:
        return self._agents.get(offer, "the agent") if offer is not None else "the agent"

    def _way(self, event: CallEvent) -> str:
        """The way up to the queue, and the end."""
        match event:
            case ev.Arrived():
                named = f" ({event.caller_name})" if event.caller_name else ""
                return f"{event.caller or 'a caller without a number'}{named} calls {event.dialled}"
            case ev.Adopted():
                return f"found alive by an engine started anew: {event.place}"
            case ev.Answered():
                return "picked up"
            case ev.EnteredFlow():
                return f"flow {event.flow}, version {event.version[:12]}"
            case ev.EnteredMenu():
                return f"node {event.node} ({event.verb}) of {event.flow}"
            case ev.Digit():
                return "a key is pressed"
            case ev.Played():
                how = f"failed: {event.error}" if event.error else "is over" if event.whole else "is cut short"
                return f"prompt {event.play} {how}"
            case ev.Chosen():
                return f"chosen at {event.node}: {event.value}"
            case ev.LanguageChosen():
                return f"hears {event.language} from here on"
            case ev.Consented():
                return f"{'agrees' if event.given else 'does not agree'} to be recorded"
            case ev.TapeStarted():
                return f"the voice is taped{f' for the box {event.box}' if event.box else ''}: {event.recording}"
            case ev.Taped():
                return f"the tape failed: {event.error}" if event.error else f"taped {event.seconds:.1f} s"
            case ev.MessageLeft():
                return f"left a message of {event.seconds:.1f} s in the box {event.box}"
            case ev.StateAsked():
                reason = f" ({event.reason})" if event.reason else ""
                return f"asks by phone that {event.agent or 'who sits there'} be {event.state}{reason}"
            case ev.Surveyed():
                return f"answers {event.question}: {event.score}"
            case ev.Diverted():
                return f"given to the flow {event.flow}: {event.why}{_back(event.back)}"
            case ev.CameBack():
                return "given back by the flow"
            case ev.Transferred():
                return f"sent to {event.to}, outside the engine"
            case ev.Returned():
                return "the talk is over, the caller is still there"
            case ev.FellBack():
                return "the fallback of the dialplan has the call: the engine was away"
            case ev.Failed():
                return f"{event.command} could not be carried out: {event.why}"
            case ev.Ended():
                who = {Party.SYSTEM: "we hung up"}.get(event.by, f"the {event.by} hung up")
                return f"over: {who}, cause {event.cause}{', found out later' if event.estimated else ''}"
        return ""

    def _waiting(self, event: CallEvent) -> str:
        match event:
            case ev.CallbackWanted():
                return f"asks to be called back at {event.number}, about {event.queue}"
            case ev.CalledBack():
                return f"{event.number} is called back, try {event.attempt}; asked for in call {event.wanted}"
            case ev.CalledOut():
                return f"{event.agent} calls {event.number} for {event.queue}"
            case ev.CallbackOver():
                return f"the callback is over after {event.attempts} tries: {'' if event.reached else 'not '}reached"
            case ev.Queued():
                return ", ".join(_queued(event))
            case ev.Offered():
                return "; ".join(_offered(event))
            case ev.Ringing():
                return f"the phone of {self._who(event.offer)} rings"
            case ev.Accepted():
                return f"{self._who(event.offer)} picks up"
            case ev.Refused():
                return f"the offer to {event.agent} came to nothing: {event.reason}"
            case ev.Connected():
                waited, self._queued_at = self._queued_at, None
                after = "" if waited is None else f", {max(0.0, event.at - waited):.1f} s after the queue was entered"
                return f"the caller and {event.agent} hear each other{after}"
            case ev.Left(place=Place.TALK):
                why = "" if event.why == "talk over" else event.why
                return f"the talk is over: {why or f'the {event.by} left'}"
            case ev.Left():
                return f"left the {event.place}: {event.why or f'by the {event.by}'}"
        return ""

    def _talk(self, event: CallEvent) -> str:
        match event:
            case talk.Held():
                return "the caller is on hold" if event.offer else "a phone holds the other side"
            case talk.Resumed():
                return "the hold is over"
            case talk.PhoneLost():
                return f"the page that was the phone of {self._who(event.offer)} is gone; the caller is on hold"
            case talk.TransferAsked():
                return _transfer(event)
            case talk.ConsultAsked():
                how = "into the talk" if event.joins else "to consult"
                return f"{event.by} asks {event.agent or event.number} {how}"
            case talk.Consulting():
                return f"the agent and {self._who(event.offer)} consult, the caller is on hold"
            case talk.Joined():
                return f"{self._who(event.offer)}, the caller and the agent are in one conference"
            case talk.ConsultOver():
                return f"{self._who(event.offer)} is off the call"
            case talk.RecordingStarted():
                return f"Asterisk records: {event.recording}"
            case talk.RecordingStopped():
                return f"the recording is closed: {event.recording}"
            case talk.PauseAsked():
                return f"{event.by} wants the recording paused"
            case talk.RecordingPaused():
                return "the recording is paused"
            case talk.RecordingResumed():
                return "the recording goes on"
            case talk.HelpAsked():
                return f"{event.by} asks for a supervisor"
            case talk.HelpDropped():
                return f"no supervisor is needed any more, says {event.by}"
            case talk.MonitorStarted():
                return f"{event.supervisor} is on the call: {event.mode}"
            case talk.MonitorEnded():
                return f"{event.supervisor} is off the call{f': {event.why}' if event.why else ''}"
        return ""


def _queued(event: ev.Queued) -> list[str]:
    if event.park_s:
        return [f"parked by {event.prefer} for {event.park_s:g} s"]
    out = [f"waits in {event.queue}", f"priority {event.priority}"]
    out += [f"level {event.level}"] if event.level else []
    out += [f"wants {skill} {level}" for skill, level in event.skills.items()]
    out += [f"for {event.agent} alone"] if event.agent else []
    out += [f"{event.prefer} first for {event.prefer_s:g} s"] if event.prefer else []
    out += [f"keeps its place of {event.at - event.since:.1f} s"] if event.since is not None else []
    out += [f"the screen shows {', '.join(f'{k} {v}' for k, v in event.screen.items())}"] if event.screen else []
    return out


def _offered(event: ev.Offered) -> list[str]:
    by = f" by {event.strategy}" if event.strategy else ""
    out = [f"{event.agent} is asked, chosen{by} of {event.candidates}"]
    out += [f"needs relaxed {event.step} times"] if event.step else []
    out += [f"passed over {who}: {why}" for who, why in event.passed.items()]
    out += ["not recorded"] if event.recording is None else []
    return out


def _transfer(event: talk.TransferAsked) -> str:
    if event.park_s:
        return f"{event.by} parks the caller for {event.park_s:g} s"
    if event.again:
        return f"the phone of {event.agent} rings again for the same talk"
    if event.flow:
        return f"{event.by} sends the caller into the flow {event.flow}{_back(event.back)}"
    to = f"the queue {event.queue}" if event.queue else event.agent or event.number
    return f"{event.by} sends the caller to {to}{', with the skills wanted' if event.keep_skills else ''}"


def _back(back: bool) -> str:
    return "; the agent waits for the caller" if back else ""
