"""A live call as a fold over its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cti.calls.events import (
    Accepted,
    Adopted,
    Answered,
    Arrived,
    CalledBack,
    CalledOut,
    CallEvent,
    CameBack,
    Chosen,
    Connected,
    Consented,
    Diverted,
    Ended,
    EnteredMenu,
    Failed,
    FellBack,
    LanguageChosen,
    Left,
    Offered,
    Queued,
    Refused,
    Returned,
    Ringing,
    Transferred,
)
from cti.calls.parties import Consult, OpenOffer
from cti.calls.talk_events import (
    ConsultAsked,
    Consulting,
    ConsultOver,
    Held,
    HelpAsked,
    HelpDropped,
    Joined,
    MonitorEnded,
    MonitorStarted,
    PauseAsked,
    PhoneLost,
    RecordingPaused,
    RecordingResumed,
    RecordingStopped,
    Resumed,
    TransferAsked,
)
from cti.calls.words import CallId, MonitorMode, OfferId, Place, RecordingPause


@dataclass(frozen=True, slots=True)
class Parking:
    """Who has parked the caller, and until when (Unix seconds)."""

    by: str
    until: float


@dataclass(frozen=True, slots=True)
class Detour:
    """The flow in which the caller is while his agent waits for him, and the node there. ``over``: it has
    given him back, and he is on hold until the two are joined again."""

    flow: str
    node: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call now. Times are Unix seconds."""

    id: CallId
    channel: str = ""
    uniqueid: str = ""
    caller: str = ""
    caller_name: str = ""
    dialled: str = ""
    arrived_at: float = 0.0
    place: Place = Place.MENU
    answered: bool = False
    language: str = ""
    flow: str = ""
    node: str = ""
    path: tuple[str, ...] = ()
    """The nodes gone through, in order."""
    choices: tuple[tuple[str, str], ...] = ()
    """(node, value) for each choice made; secrets are never among them."""
    queue: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    screen: Mapping[str, str] = field(default_factory=dict)
    """What the agent's screen shows of the call's data."""
    level: str = ""
    agent: str = ""
    """Who alone may take the call, if any."""
    after: str = ""
    """The node where the flow goes on after the talk; empty where it does not."""
    queued_at: float | None = None
    parking: Parking | None = None
    """The caller is parked: he waits for whoever wants him."""
    offer: OpenOffer | None = None
    """The offer that was accepted, or the first of those that are open."""
    also: tuple[OpenOffer, ...] = ()
    """Where several phones ring at the same time: the offers beside ``offer``."""
    connected_at: float | None = None
    held: bool = False
    parked: OfferId | None = None
    """We hold the caller, and keep the leg of the agent asked by this offer."""
    phone_lost_at: float | None = None
    """Since when the agent who talks has no phone, if that is so."""
    transfer: TransferAsked | None = None
    """Where the caller is to be sent as soon as the agent is off the call."""
    detour: Detour | None = None
    """On hold, the caller is in a flow, and comes back."""
    parties: tuple[Consult, ...] = ()
    """Whom the agent has asked about the caller; at most the last of them is not in the conference yet."""
    conference: OfferId | None = None
    """The caller is in a conference with the agent of this offer, and perhaps others."""
    transferred_to: str = ""
    monitors: Mapping[str, MonitorMode] = field(default_factory=dict)
    outbound: bool = False
    """We called, and the caller is who was called."""
    unrecorded: bool = False
    """The caller does not want talks to be recorded."""
    help_since: float | None = None
    """Since when the agent wants a supervisor on the talk."""

    @property
    def live(self) -> bool:
        return self.place is not Place.ENDED

    @property
    def leased(self) -> bool:
        """Whether the caller depends on the engine: in a menu or a queue, and not being joined to an agent,
        or on hold with us."""
        if self.place is Place.TALK:
            return self.parked is not None
        joining = self.offer is not None and self.offer.accepted
        return self.place in (Place.MENU, Place.QUEUE) and not joining

    @property
    def away(self) -> bool:
        """Whether the caller is in a flow from which he comes back to his agent."""
        return self.detour is not None and not self.detour.over

    @property
    def offers(self) -> tuple[OpenOffer, ...]:
        """All offers that are open."""
        return (self.offer, *self.also) if self.offer is not None else ()

    @property
    def consult(self) -> Consult | None:
        """The party who was asked last."""
        return self.parties[-1] if self.parties else None

    @property
    def confers(self) -> bool:
        """Whether caller and agent talk with others."""
        return any(party.joined for party in self.parties)

    def consults(self, offer: OfferId | None) -> bool:
        """Whether ``offer`` is that of a party beside the agent."""
        return any(party.open.offer == offer for party in self.parties)

    def offered(self, offer: OfferId) -> bool:
        """Whether ``offer`` is open now (late events of earlier offers are not)."""
        return any(open.offer == offer for open in self.offers)


def apply(call: Call | None, event: CallEvent) -> Call:
    """The call after the event. One told twice changes nothing the second time, but for
    ``EnteredMenu`` and ``Chosen``, which can truly happen again; none changes a call after ``Ended``."""
    if call is None:
        call = Call(id=event.call, arrived_at=event.at)
    if not call.live:
        return call
    match event:
        case Arrived():
            return replace(
                call,
                channel=event.channel,
                uniqueid=event.uniqueid,
                caller=event.caller,
                caller_name=event.caller_name,
                dialled=event.dialled,
                arrived_at=event.at,
            )
        case Adopted():
            found = replace(call, channel=event.channel, place=event.place)
            return found if event.place is Place.TALK else replace(_moved_on(found), parking=call.parking)
        case Answered():
            return replace(call, answered=True)
        case EnteredMenu():
            return _in_menu(call, event)
        case Chosen():
            return replace(call, choices=(*call.choices, (event.node, event.value)))
        case Consented():
            return _consented(call, event)
        case LanguageChosen():
            return replace(call, language=event.language)
        case Queued():
            return replace(
                _moved_on(call),
                place=Place.QUEUE,
                queue=event.queue,
                skills=event.skills,
                priority=event.priority,
                screen=event.screen,
                level=event.level,
                agent=event.agent,
                after=event.after,
                queued_at=event.at if event.since is None else event.since,
                parking=Parking(event.prefer, event.at + event.park_s) if event.park_s else None,
            )
        case CalledBack():
            return replace(
                call,
                place=Place.QUEUE,
                caller=event.number,
                queue=event.queue,
                skills=event.skills,
                priority=event.priority,
                screen=event.screen,
                level=event.level,
                queued_at=event.since,
                outbound=True,
            )
        case CalledOut():
            return replace(
                call,
                place=Place.QUEUE,
                caller=event.number,
                queue=event.queue,
                agent=event.agent,
                queued_at=event.at,
                outbound=True,
            )
        case Diverted(back=True):
            held = call.place is Place.TALK and call.parked is not None
            return replace(call, detour=Detour(event.flow), transfer=None) if held else call
        case CameBack():
            return replace(call, detour=_back(call.detour), screen={**call.screen, **event.screen})
        case Diverted():
            return replace(_moved_on(call), place=Place.MENU, flow=event.flow, node="", offer=None, also=())
        case Offered() if not call.offered(event.offer):
            return _with_offers(call, (*call.offers, _open(call, event)))
        case Refused() if call.offered(event.offer):
            return _with_offers(call, tuple(open for open in call.offers if open.offer != event.offer))
        case ConsultAsked() if _may_ask(call, event.offer):
            return replace(call, parties=(*call.parties, _asked(call, event)))
        case Ringing() | Accepted() | Consulting() | Joined() | Refused() | ConsultOver() | Connected() if (
            call.consults(event.offer)
        ):
            return _beside(call, event, event.offer)
        case Connected() if call.offered(event.offer):
            connected = _changed(
                call, event.offer, lambda open: replace(open, ringing=False, accepted=True, connected=True)
            )
            return replace(_moved_on(connected), place=Place.TALK, connected_at=event.at, conference=None)
        case Ringing() if call.offered(event.offer):
            return _changed(call, event.offer, lambda open: replace(open, ringing=not open.accepted))
        case Accepted() if call.offered(event.offer):
            return _changed(call, event.offer, lambda open: replace(open, ringing=False, accepted=True))
        case Held(offer=None) if call.parked is None:
            return replace(call, held=True)
        case Held() if event.offer is not None and call.place is Place.TALK and call.offered(event.offer):
            return replace(call, held=True, parked=event.offer, conference=None)
        case Resumed():
            return _moved_on(call)
        case PauseAsked() if call.offered(event.offer):
            return _changed(call, event.offer, lambda open: replace(open, pause=open.pause or RecordingPause.ASKED))
        case RecordingPaused() if call.offered(event.offer):
            return _changed(call, event.offer, lambda open: replace(open, pause=RecordingPause.PAUSED))
        case RecordingResumed() if call.offered(event.offer):
            return _changed(call, event.offer, lambda open: replace(open, pause=None, on_demand=False))
        case RecordingStopped():
            pausing = (open for open in call.offers if open.pause is RecordingPause.ASKED)
            asked = next((open.offer for open in pausing if open.recording == event.recording), None)
            stopped = RecordingPause.STOPPED
            return call if asked is None else _changed(call, asked, lambda open: replace(open, pause=stopped))
        case PhoneLost() if call.place is Place.TALK and call.offered(event.offer):
            return replace(call, phone_lost_at=event.at)
        case TransferAsked() if call.place is Place.TALK:
            return replace(call, transfer=event)
        case Failed(command="Hold" | "Transfer"):
            return replace(call, transfer=None)
        case Transferred():
            return _sent_on(call, event.to)
        case MonitorStarted():
            return replace(call, monitors={**call.monitors, event.supervisor: event.mode}, help_since=None)
        case HelpAsked() if call.help_since is None and any(open.connected for open in call.offers):
            return replace(call, help_since=event.at)
        case HelpDropped():
            return replace(call, help_since=None)
        case MonitorEnded():
            return replace(call, monitors={s: m for s, m in call.monitors.items() if s != event.supervisor})
        case Left(place=Place.TALK):
            return _talk_over(call)
        case Returned():
            return replace(_moved_on(call), place=Place.MENU, offer=None, also=())
        case FellBack():
            return replace(call, place=Place.FALLBACK, offer=None, also=(), detour=None)
        case Ended():
            return replace(call, place=Place.ENDED, offer=None, also=(), monitors={})
    return call


def _in_menu(call: Call, event: EnteredMenu) -> Call:
    walked = replace(call, path=(*call.path, event.node))
    if call.detour is not None:
        return replace(walked, detour=replace(call.detour, flow=event.flow, node=event.node))
    return replace(_moved_on(walked), place=Place.MENU, flow=event.flow, node=event.node)


def _talk_over(call: Call) -> Call:
    """The call without its agent. A caller whom a flow has goes on there: it is now the call's own."""
    left = replace(call, offer=None, also=(), held=False, parties=(), help_since=None)
    if call.detour is None or not call.away:
        return left
    return replace(left, place=Place.MENU, flow=call.detour.flow, node=call.detour.node, detour=None)


def _sent_on(call: Call, to: str) -> Call:
    """The call that is outside now; others may be with the caller there."""
    there = tuple(party for party in call.parties if party.joined)
    sent = replace(call, place=Place.TRANSFER, transferred_to=to, offer=None, also=(), parties=there)
    return replace(sent, detour=None, held=False)


def _may_ask(call: Call, offer: OfferId) -> bool:
    """Whether a further party can be asked by this offer."""
    return call.place is Place.TALK and all(one.joined and one.open.offer != offer for one in call.parties)


def _beside(call: Call, event: CallEvent, offer: OfferId) -> Call:
    """The call after an event of a party beside the agent."""
    party = next(party for party in call.parties if party.open.offer == offer)
    after = party.after(event)
    parties = [after if other is party else other for other in call.parties]
    call = replace(call, parties=tuple(other for other in parties if other is not None))
    match event:
        case Joined():
            return replace(call, conference=call.offer.offer if call.offer else None)
        case Connected():
            handed = replace(_moved_on(call), offer=party.met.open, also=(), connected_at=event.at)
            return replace(handed, conference=offer if party.joined else None)
    return call


def _back(detour: Detour | None) -> Detour | None:
    return detour and replace(detour, over=True)


def _open(call: Call, event: Offered) -> OpenOffer:
    if call.unrecorded or event.recording is None:
        return OpenOffer(event.offer, event.agent)
    asked = RecordingPause.ASKED if event.on_demand else None
    return OpenOffer(event.offer, event.agent, event.recording, pause=asked, on_demand=event.on_demand)


def _asked(call: Call, event: ConsultAsked) -> Consult:
    return Consult.of(replace(event, recording=None) if call.unrecorded else event)


def _consented(call: Call, event: Consented) -> Call:
    if event.given:
        return replace(call, unrecorded=False)
    parties = tuple(replace(party, open=replace(party.open, recording=None)) for party in call.parties)
    told = replace(call, unrecorded=True, parties=parties)
    return _with_offers(told, tuple(replace(open, recording=None) for open in call.offers))


def _moved_on(call: Call) -> Call:
    """The call with no hold, not parked, in no flow from which it comes back, and nothing left of these."""
    return replace(call, held=False, parked=None, phone_lost_at=None, transfer=None, parking=None, detour=None)


def _with_offers(call: Call, offers: tuple[OpenOffer, ...]) -> Call:
    return replace(call, offer=offers[0] if offers else None, also=offers[1:])


def _changed(call: Call, offer: OfferId, change: Callable[[OpenOffer], OpenOffer]) -> Call:
    """The call with one open offer changed; the one that was accepted comes first."""
    offers = [change(open) if open.offer == offer else open for open in call.offers]
    return _with_offers(call, tuple(sorted(offers, key=lambda open: not open.accepted)))
