"""Tells a call as it happens, a line a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.call import Call
from cti.calls.events import Event
from cti.calls.part import Output
from cti.calls.words import AgentState


def line(event: Event, call: Call | None) -> str | None:
    """What to tell of an event; None for what is not worth a line."""
    match event:
        case ev.Arrived():
            return f"{event.caller or 'somebody'} calls {event.dialled}"
        case ev.Answered():
            return "the hotline picks up"
        case ev.EnteredMenu():
            return f"menu: {event.node} ({event.verb})"
        case ev.Chosen():
            return f"chosen at {event.node}: {event.value}"
        case ev.LanguageChosen():
            return f"hears {event.language} from here on"
        case ev.MessageLeft():
            return f"left a message of {event.seconds:.0f} s in the box {event.box}"
        case ev.CallbackWanted():
            return f"asks to be called back, about {event.queue}"
        case ev.Surveyed():
            return f"answers {event.question}: {event.score}"
        case ev.Queued():
            return f"waits in the queue {event.queue}, priority {event.priority}, hears music"
        case ev.Offered():
            return f"{event.agent} is asked: longest idle of the best skilled; the card pops on the desk"
        case ev.Ringing():
            return "the agent's phone rings"
        case ev.Accepted():
            return "the agent picks up"
        case ev.Connected():
            waited = f" after {event.at - call.queued_at:.1f} s in the queue" if call and call.queued_at else ""
            return f"caller and {event.agent} talk{waited}"
        case ev.Refused():
            return f"{event.agent}: {event.reason}; the call keeps its place"
        case talk_events.RecordingStarted():
            return "the talk is recorded, each direction by itself"
        case ev.Left():
            return f"the talk is over; the {event.by} hung up"
        case talk_events.MonitorStarted():
            return f"{event.supervisor} is on the line: {event.mode}"
        case ev.Ended():
            return f"the call has ended; the record is written ({event.by} hung up)"
        case ev.AgentChanged(state=AgentState.WRAP_UP):
            return f"{event.agent} wraps up"
    return None


class Story:
    """A part that looks on and tells. ``tell`` gets the time (Unix seconds) and a line."""

    def __init__(self, tell: Callable[[float, str], None]) -> None:
        self._tell = tell

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        if text := line(event, call):
            self._tell(event.at, text)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        return ()

    def next_time(self) -> float | None:
        return None
