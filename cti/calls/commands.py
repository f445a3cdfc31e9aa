"""What we ask of the telephone side, in our own words.

A command is a wish: whether it came true is told by later events (``Played``, ``Accepted``,
``Connected``, ``Failed``). Commands for one call are carried out in the order given.
"""

from __future__ import annotations

from dataclasses import dataclass

from cti.calls.events import Failed
from cti.calls.words import CallId, MonitorMode, OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something to be done for one call."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Command):
    """Pick up. Followed by ``Answered``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Command):
    """Play a sound to the caller. Followed by ``Played`` with the same ``play`` number.

    ``sound`` is an absolute path without suffix. With ``barge_in`` any key ends it.
    """

    play: int
    sound: str
    barge_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape(Command):
    """Record the caller's voice into a WAV file. Followed by ``Taped`` with the same ``play`` number.

    ``recording`` is a stem (a path relative to the recordings folder). It ends at a key of
    ``stop_keys``, after ``silence_s`` of silence, or after ``longest_s``. ``beep`` plays one first.
    """

    play: int
    recording: str
    longest_s: float
    silence_s: float
    stop_keys: str
    beep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMusic(Command):
    """Play music on hold of a class of Asterisk's musiconhold.conf until the call moves on."""

    music: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Command):
    """Ring an agent's phone (an Asterisk dial string such as ``PJSIP/1001``).

    ``ring_s`` seconds at most. ``recording`` as in the event ``Offered``. Asking again for
    the same offer is harmless. ``auto_answer`` asks the phone to pick up by itself. Followed by
    ``Ringing``, then ``Accepted`` or ``Refused``.
    """

    offer: OfferId
    agent: str
    phone: str
    ring_s: float
    recording: str | None = None
    auto_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOut(Command):
    """Ring the customer of a callback, ``ring_s`` seconds at most; or, with ``own``, whomever an agent
    calls. Followed by ``Arrived`` when he picks up, by ``Ended`` with the cause when he is not reached."""

    number: str
    ring_s: float
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    """Stop ringing the agent, or let go of an agent who has picked up too late."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect(Command):
    """Join the caller and the agent who accepted. Followed by ``Connected``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command):
    """Take the caller and the agent of this offer apart: both legs stay with us. Followed by ``Held``
    with the offer. The caller hears nothing until ``StartMusic``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Command):
    """Join the caller and the agent whom ``Hold`` took apart. Followed by ``Resumed``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRecording(Command):
    """Write silence in place of what is said in the talk of this offer. Followed by ``RecordingPaused``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRecording(Command):
    """Record the talk of this offer again. Followed by ``RecordingResumed``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording(Command):
    """End the recording of this offer's talk. Followed by ``RecordingStopped``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult(Command):
    """Ring a third party for the agent of the call: a ``phone``, or a ``number`` if the site lets callers
    be sent there. Otherwise as ``Offer``. Followed by ``Ringing``, then ``Accepted`` or ``Refused``."""

    offer: OfferId
    agent: str = ""
    phone: str = ""
    number: str = ""
    ring_s: float
    recording: str | None = None
    auto_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringback(Command):
    """Let the agent of this offer, whose caller is on hold, hear that a phone rings; or, with ``over``, a beep in
    place of it."""

    offer: OfferId
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet(Command):
    """Join the agent, whose caller is on hold, and the third party of this offer. Followed by ``Consulting``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Command):
    """Join the caller and the third party of this offer, and let go of the agent. Followed by
    ``Connected``, or by ``Transferred`` where the third is a number."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    """Put the caller on hold, the agent and the third party of this offer into one conference; or the party
    into the one in which caller and agent are. Followed by ``Joined``."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Command):
    """Send the caller to an extension of a dialplan context, by the name a site gave it; or, with
    ``number``, to that number, if the site lets callers be sent there."""

    to: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallBack(Command):
    """Give the caller to the dialplan's fallback, which keeps him: a message, then its phones ring; with ``at_once``
    its last message only. Followed by ``FellBack``."""

    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup(Command):
    """End the call, all legs of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor(Command):
    """Ring a supervisor's phone and put it on the call, or change the mode of one already there."""

    supervisor: str
    phone: str
    mode: MonitorMode


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMonitor(Command):
    """Take a supervisor off the call."""

    supervisor: str


Joins = Connect | Resume | Meet | HandOver
"""What puts two legs into one bridge."""

_OF_OFFERS = Offer | Connect | Withdraw | Consult | Meet | PauseRecording | ResumeRecording | StopRecording


def failed(command: Command, why: str, now: float) -> Failed:
    """The event that says that ``command`` came to nothing."""
    offer = command.offer if isinstance(command, _OF_OFFERS) else None
    return Failed(call=command.call, at=now, command=type(command).__name__, why=why, offer=offer)
