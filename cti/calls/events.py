"""What happens to a call, in our own words.

Read ``words.py``, this file, ``talk_events.py`` and ``commands.py`` first: they are the dictionary
of the whole system.
An event is a fact that has happened. Some are seen on the telephone side (``Arrived``,
``Digit``, ``Connected``), some are decisions of our own (``Queued``, ``Offered``). All of
them go into one ordered journal, and everything that is remembered is a fold over it.

Times (``at``) are Unix seconds, UTC. Ids are ours, never cut out of one of Asterisk's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cti.calls.words import SECRET, AgentState, CallId, OfferId, Party, Place, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened at ``at`` (Unix seconds)."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChanged(Event):
    """An agent is in a new state, or was found in this state when the engine started."""

    agent: str
    state: AgentState
    reason: str = ""
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionGiven(Event):
    """An agent said what came of a talk on ``call``, which may have ended long ago. ``disposition`` is
    the path in the queue's tree, its names joined by `` > ``; empty where there are only ``notes``. Of
    several by one agent for one call the last counts."""

    call: CallId
    agent: str
    queue: str
    disposition: str
    notes: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDue(Event):
    """The time of a follow-up has come, and its agent is told. What it is about is not written here."""

    agent: str
    followup: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Something happened to one call."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(CallEvent):
    """A caller reached us. ``channel`` and ``uniqueid`` are Asterisk's names of the caller's leg."""

    channel: str
    uniqueid: str
    caller: str
    caller_name: str
    dialled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted(CallEvent):
    """A call that an earlier engine left behind was found alive at ``place``.

    Parts take up their work where the call stands: the menu starts its node again, the
    queue keeps its place and its waiting time.
    """

    place: Place
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(CallEvent):
    """We picked up: the caller hears us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredFlow(CallEvent):
    """A flow takes the call. ``version`` is the hash of the flow's content, so that a record says
    which menu this caller heard."""

    flow: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredMenu(CallEvent):
    """The call reached a node of its flow. ``verb`` is the node's YAML verb (say, menu, ...)."""

    flow: str
    node: str
    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digit(CallEvent):
    """The caller pressed a key, in a flow or in a talk. Which one is for the flow only; it is never written down."""

    digit: str = field(repr=False, metadata=SECRET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played(CallEvent):
    """The prompt numbered ``play`` is over: ``whole``, or cut short by a key, or it failed."""

    play: int
    whole: bool
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(CallEvent):
    """The caller's choice at a menu, or the (not secret) value entered at a collect node."""

    node: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen(CallEvent):
    """From now on the caller hears this language (a key of the flow's ``languages``)."""

    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented(CallEvent):
    """The caller was told that talks are recorded. Where it is not ``given``, no talk of the call is, from now on."""

    given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeStarted(CallEvent):
    """The caller's voice is about to be recorded under the stem ``recording``: from now on the file
    is looked for, however the call ends. ``box`` is whose message it is to be, empty for no one's."""

    recording: str
    box: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taped(CallEvent):
    """The caller's voice was recorded without an agent: the tape numbered ``play`` is over.
    ``seconds`` is its length, 0 where nothing was said or it failed; ``gone``: the caller had hung up."""

    play: int
    seconds: float
    error: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLeft(CallEvent):
    """The caller left a message. ``box`` is whose (a name the site chose), ``recording`` its stem."""

    box: str
    recording: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackWanted(CallEvent):
    """The caller asks to be called back at ``number``, about what the queue is for.

    The callback keeps the place the caller had: ``since`` is when he began to wait, None where he
    did not wait. The other fields are as in ``Queued``."""

    number: str
    queue: str
    since: float | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    screen: Mapping[str, str] = field(default_factory=dict)
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledBack(CallEvent):
    """We call a customer back: a call of our own begins, in the queue, and the agent's phone rings
    first. ``wanted`` is the call in which the customer asked for it, ``attempt`` counts from 1.
    The other fields are as in ``CallbackWanted``."""

    number: str
    queue: str
    wanted: CallId
    attempt: int
    since: float
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    screen: Mapping[str, str] = field(default_factory=dict)
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledOut(CallEvent):
    """``agent`` calls a number: a call of our own begins in ``queue``, and his own phone rings first."""

    number: str
    agent: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOver(CallEvent):
    """The callback that was wanted in this call is over: the customer was reached, or it was given
    up after its tries."""

    reached: bool
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAsked(CallEvent):
    """Somebody asks by phone for an agent's state: whoever sits at ``phone`` (a dial string such as
    ``PJSIP/1001``), or ``agent``, who has shown who he is and from now on sits there."""

    phone: str
    agent: str
    state: AgentState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed(CallEvent):
    """The caller's answer to one question of a survey: ``score`` is the key pressed."""

    question: str
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued(CallEvent):
    """The call waits for an agent. ``skills`` maps a skill to the least level (1 to 10) wanted
    in addition to the queue's own; a higher ``priority`` is served first. ``screen`` is what the
    agent's screen gets to see of the call's data, ``level`` the customer's. ``agent`` is the one
    who alone may take the call, if any; ``prefer`` the one whom it waits for during the first
    ``prefer_s`` seconds. ``after`` is the node where the flow goes on when the talk is over and
    the caller still there. ``since`` is when the waiting began, where the call keeps the place it
    had (Unix seconds); None for now. With ``park_s`` it is parked by ``prefer``: for so many seconds
    nobody is asked for it, and whoever wants it takes it."""

    queue: str
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    screen: Mapping[str, str] = field(default_factory=dict)
    level: str = ""
    agent: str = ""
    prefer: str = ""
    prefer_s: float = 0.0
    after: str = ""
    since: float | None = None
    park_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverted(CallEvent):
    """The call is given to a flow, which takes it at its start. ``why`` is the queue's overflow rule, or
    that an agent sent the caller there. With ``back`` the agent's leg is kept, and he waits for the caller."""

    flow: str
    why: str
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack(CallEvent):
    """The flow gives the caller back: to the agent who waits for him, else to the place that he had in
    his queue. ``screen`` is what the agent's screen gets to see besides."""

    screen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered(CallEvent):
    """An agent's phone is asked to ring. ``recording`` is the stem (a path relative to the
    recordings folder, no suffix) under which the talk will be recorded; None for unrecorded.
    ``on_demand``: it begins paused, and what nobody resumes is no recording.

    The rest is why this call and this agent: ``step`` counts the relaxations of the queue's needs
    by then, ``candidates`` the agents who could have taken it, ``strategy`` chose among them, and
    ``passed`` maps calls and agents that would have been before them to the rule that passed them over.
    """

    offer: OfferId
    agent: str
    recording: str | None = None
    on_demand: bool = False
    step: int = 0
    candidates: int = 0
    strategy: str = ""
    passed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing(CallEvent):
    """The agent's phone rings."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(CallEvent):
    """The agent picked up; the two legs are not joined yet."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(CallEvent):
    """The offer came to nothing; the call keeps its place in the queue."""

    offer: OfferId
    agent: str
    reason: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(CallEvent):
    """Caller and agent hear each other."""

    offer: OfferId
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred(CallEvent):
    """The call was sent to a named destination outside the engine."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(CallEvent):
    """The talk is over, the caller is still there, and the flow may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(CallEvent):
    """The call left ``place`` other than by its end: a talk is over, a queue gave it up."""

    place: Place
    why: str
    by: Party = Party.SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack(CallEvent):
    """The dialplan's fallback took the call, and keeps it: the engine was away too long, or turned the caller away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(CallEvent):
    """A command could not be carried out. ``command`` is its class name; ``offer`` the offer it
    was about, if any."""

    command: str
    why: str
    offer: OfferId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(CallEvent):
    """The caller's leg is gone. Nothing happens to the call after this.

    ``cause`` is the Q.850 cause Asterisk gave, 0 where unknown. ``estimated`` says that the
    end was missed and found out later, so that ``at`` is when we noticed.
    """

    by: Party
    cause: int = 0
    estimated: bool = False
