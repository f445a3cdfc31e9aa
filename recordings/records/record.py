"""What remains of a call: its record, its segments, its recordings. They are made by ``fold.py``."""

from __future__ import annotations

from dataclasses import dataclass

from cti.calls.words import CallId, Direction, Party
from recordings.records.menus import Message
from recordings.words import Outcome, RecordingState, SegmentKind

NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch of a call. Times are Unix seconds; ``number`` counts from 1 in each call.

    ``detail``: a MENU's last node, why a RING or a CONSULT came to nothing, where a TRANSFER went, how a
    HOLD or PAUSE was. A MENU within a TALK is a flow in its midst.
    A CONSULT's agent is who was asked, from the asking on; of a number outside it is the detail.
    """

    call: CallId
    number: int
    kind: SegmentKind
    started_at: float
    ended_at: float | None = None
    agent: str = ""
    queue: str = ""
    detail: str = ""
    recording: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call, looked back on. Times are Unix seconds, durations seconds. A callback is a call of
    its own, which waits from its beginning and has the customer for its caller.

    With several queues or agents ``queue`` and ``agent`` are the last, ``queued_at`` and
    ``connected_at`` the first, ``wait_s`` and ``talk_s`` (holds included) the sums.
    ``estimated``: the arrival, the answer or the end was not seen but found out later.
    ``flow`` and ``version`` are those of the first menu heard; ``callbacks`` are (number, queue), ``scores``
    (question, score), ``score`` their mean. ``consent`` to being recorded: given, refused, empty where nobody asked.
    """

    id: CallId
    caller: str = ""
    caller_name: str = ""
    dialled: str = ""
    arrived_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    path: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    queue: str = ""
    priority: int = 0
    queued_at: float | None = None
    wait_s: float = 0.0
    agent: str = ""
    connected_at: float | None = None
    talk_s: float = 0.0
    ended_by: Party | None = None
    cause: int = 0
    outcome: Outcome = Outcome.LIVE
    transferred_to: str = ""
    offers: int = 0
    estimated: bool = False
    flow: str = ""
    version: str = ""
    language: str = ""
    messages: tuple[Message, ...] = ()
    callbacks: tuple[tuple[str, str], ...] = ()
    scores: tuple[tuple[str, int], ...] = ()
    score: float | None = None
    direction: Direction = Direction.IN
    consent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The recording of one talk, or of what a caller said without an agent. ``stem`` as in
    ``Offered`` or ``TapeStarted``; ``file`` is the path in the recordings folder of what can be
    heard, None where there is nothing. Lengths are seconds. ``box`` is whose message it is."""

    stem: str
    call: CallId
    agent: str
    started_at: float
    state: RecordingState = RecordingState.EXPECTED
    length_s: float | None = None
    talk_s: float | None = None
    file: str | None = None
    box: str = ""
    taped: bool = False
    """The caller alone, in one file."""
    processed_at: float | None = None
    """When the pipeline had made ``file``, Unix seconds. Before, a talk is joined as it is heard."""
    caller_s: float | None = None
    """Seconds in which the caller spoke, as the pipeline found; the others likewise."""
    agent_s: float | None = None
    silence_s: float | None = None
    talk_over_s: float | None = None
    silent: str = ""
    """The sides without any sound: caller, agent, caller+agent, tape."""
