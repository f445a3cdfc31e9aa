"""Commands out: each of our wishes as AMI actions.

Actions go down one ordered connection, so those for one call are carried out in the order
given. Nobody waits for an answer here: a refusal comes back as the event ``Failed``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cti.actions.conference import Step, together
from cti.actions.invite import CardUrl, headers, nowhere
from cti.actions.joining import Talks, variable
from cti.actions.leaving import Destination, leads
from cti.actions.recording import as_wanted, record
from cti.actions.ringing import ring, ringback, stream
from cti.actions.sending import Emit, Fields, Sender
from cti.calls import apart, expected, third
from cti.calls.call import Call
from cti.calls.commands import (
    Answer,
    CallOut,
    Command,
    Connect,
    Consult,
    FallBack,
    HandOver,
    Hangup,
    Hold,
    Join,
    Meet,
    Monitor,
    Offer,
    PauseRecording,
    Play,
    Resume,
    ResumeRecording,
    Ringback,
    StartMusic,
    StopMonitor,
    StopRecording,
    Tape,
    Transfer,
    Withdraw,
    failed,
)
from cti.calls.events import Ended
from cti.calls.legs import ENGINE_CONTEXT, Leg, Role, callback_uniqueid, monitor_uniqueid
from cti.calls.monitors import MODE_DIGITS
from cti.calls.tracker import Tracker
from cti.calls.words import CallId, MonitorMode, Party, Place
from cti.outbound import Outbound
from cti.quoting import caller_id, channel, phone, quote
from cti.tolls import Tolls

_SPY = "qdES"
"""ChanSpy: quiet, modes switched by keys, end with the talk spied on, stop when there is none."""
_SPY_START = {MonitorMode.LISTEN: "", MonitorMode.WHISPER: "w", MonitorMode.BARGE: "B"}
_SPY_RING_S = 30


class Executor:
    """Carries out commands over AMI. ``emit`` takes the events that come of it, ``lease_s`` is how
    long a caller may be without the engine before the dialplan's fallback takes over.
    ``recordings`` is the folder of recordings, ``beep`` the sound (without suffix) after which a
    caller is recorded. ``outbound`` says which numbers callers may be sent to, ``callbacks`` which
    may be called back, ``dials`` which agents may call, ``tolls`` how often, by the ``clock`` (seconds).
    ``card_url`` is told to the agent's phone with the call. ``full``: no room for recordings, talks go without."""

    def __init__(
        self,
        ami: Sender,
        tracker: Tracker,
        *,
        destinations: Mapping[str, Destination],
        lease_s: int,
        emit: Emit,
        recordings: Path,
        beep: Path,
        outbound: Outbound,
        callbacks: Outbound,
        dials: Outbound,
        tolls: Tolls,
        clock: Callable[[], float],
        card_url: CardUrl = nowhere,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._recordings = recordings
        self._full = full
        self._beep = beep
        self._outbound = outbound
        self._callbacks = callbacks
        self._dials = dials
        self._tolls = tolls
        self._clock = clock
        self._card_url = card_url
        self._ami = ami
        self._tracker = tracker
        self._destinations = destinations
        self._lease_s = lease_s
        self._emit = emit
        self._moving: set[CallId] = set()
        self._talks = Talks(ami, tracker, emit)

    def carry_out(self, command: Command, call: Call | None) -> None:
        """Sends the actions for one command. ``call`` is the call as it stands."""
        if isinstance(command, Offer | Consult) and self._full():
            command = replace(command, recording=None)
        try:
            self._send(as_wanted(command, call), call)
        except ValueError as error:  # it has something in it that no action can carry
            self._failed(command, str(error))
        except OSError as error:
            self._failed(command, f"the folder for it cannot be made: {error.strerror}")

    def _send(self, command: Command, call: Call | None) -> None:
        caller = self._tracker.legs.caller(command.call)
        match command:
            case Withdraw():
                if leg := self._tracker.legs.get(command.offer):
                    leg.told = True
                if caller and call and caller.apart == command.offer and call.place is not Place.TALK:
                    apart.over(caller)  # he is elsewhere already: that the agent goes leaves nobody on hold
                self._hang_up(command.offer)
            case StopMonitor():
                self._hang_up(monitor_uniqueid(command.call, command.supervisor))
            case Hangup():
                if caller is not None:
                    apart.over(caller)  # that the agent goes first leaves nobody on hold
                for leg in self._tracker.legs.of(command.call):
                    self._hang_up(leg.uniqueid)
                if caller is None and to_be_called(call):  # no leg's end will tell of the call's
                    self._emit(lambda now: Ended(call=command.call, at=now, by=Party.SYSTEM))
            case Offer() if to_be_called(call):
                self._offer(command, call)
            case CallOut():
                self._call_out(command, call)
            case _ if caller is None:
                self._failed(command, "the caller is gone")
            case Answer():
                self._agi(command, caller, "ANSWER", "answer")
            case Play():
                caller.music = ""  # a sound ends it for good
                self._agi(command, caller, stream(command.sound, barge_in=command.barge_in), f"play-{command.play}")
            case Tape():
                self._tape(command, caller)
            case StartMusic():
                caller.music = command.music
                self._agi(command, caller, f"SET MUSIC ON {quote(command.music)}", "music")
            case Offer():
                self._offer(command, call)
            case Connect() | Hold() | Resume() | Meet() | HandOver():
                self._talks.carry_out(command, caller, call)
            case Consult():
                self._consult(command, call)
            case Ringback():
                self._ringback(self._tracker.legs.get(command.offer), over=command.over)
            case Join():
                self._steps(command, together(command, self._tracker.legs, caller))
            case Transfer() | FallBack():
                self._send_away(command, caller, call)
            case Monitor():
                self._monitor(command, call)
            case PauseRecording() | ResumeRecording() | StopRecording():
                record(command, self._tracker.legs.get(command.offer), self._ami, self._emit)

    def renew(self, calls: Collection[CallId]) -> None:
        """Renews the leases of these calls, all that depend on the engine, but not of those that
        are on their way elsewhere: nobody would take such a lease away again."""
        self._moving.intersection_update(calls)
        for call in calls:
            caller = self._tracker.legs.caller(call)
            if caller is not None and caller.joining is None and call not in self._moving:
                self._lease(caller, self._lease_s)

    def hang_up_stray(self, uniqueid: str) -> None:
        """Ends a leg of ours that belongs to no call any more."""
        self._hang_up(uniqueid)

    def _agi(self, command: Command, caller: Leg, text: str, what: str) -> None:
        fields = {
            "Channel": caller.address,
            "Command": text,
            "CommandID": self._tracker.command_id(command.call, what),
        }
        self._post(command, "AGI", fields)

    def _tape(self, command: Tape, caller: Leg) -> None:
        if self._full():
            raise ValueError("there is no room for recordings")
        folder = self._recordings.resolve()
        path = (folder / command.recording).resolve()
        if not path.is_relative_to(folder):
            raise ValueError("the recording's name leads out of the recordings folder")
        path.parent.mkdir(parents=True, exist_ok=True)  # RECORD FILE makes no folders
        if command.beep:  # RECORD FILE has one too, but gives up where Asterisk has no such sound
            self._agi(command, caller, stream(str(self._beep)), "beep")
        longest_ms, silence_s = round(command.longest_s * 1000), max(1, round(command.silence_s))
        text = f"RECORD FILE {quote(str(path))} wav {quote(command.stop_keys)} {longest_ms} s={silence_s}"
        self._agi(command, caller, text, f"tape-{command.play}")

    def _offer(self, command: Offer, call: Call | None) -> None:
        if command.offer in self._tracker.legs:
            return  # asked for already
        told = headers(command, call, self._card_url)
        fields = ring(command.offer, command.phone, command.ring_s, call, command.recording, told)
        self._originate(command, fields)
        expected.agent(self._tracker.legs, command.call, command.offer, command.agent, command.recording)

    def _call_out(self, command: CallOut, call: Call | None) -> None:
        uniqueid = callback_uniqueid(command.call)
        if uniqueid in self._tracker.legs:
            return  # asked for already
        if not to_be_called(call):
            self._failed(command, "the call is over")
            return
        channel = self._dialled(self._dials if command.own else self._callbacks, command.number, call)
        fields = {
            "Channel": channel,
            "ChannelId": uniqueid,
            "Context": ENGINE_CONTEXT,
            "Exten": "s",
            "Priority": "1",
            "Timeout": str(round(command.ring_s * 1000)),
            "Async": "true",
        }
        self._originate(command, fields)
        expected.customer(self._tracker.legs, command.call, command.number)
        for agent in self._tracker.legs.of(command.call, Role.AGENT):
            self._ringback(agent)

    def _consult(self, command: Consult, call: Call | None) -> None:
        if command.offer in self._tracker.legs or call is None:
            return  # asked for already
        phone = self._dialled(self._outbound, command.number, call) if command.number else command.phone
        told = headers(command, call, self._card_url)
        fields = ring(command.offer, phone, command.ring_s, call, command.recording, told)
        self._originate(command, fields)
        third.expect(
            self._tracker.legs, call.id, command.offer,
            agent=command.agent, number=command.number, recording=command.recording,
        )  # fmt: skip

    def _steps(self, command: Join, steps: Sequence[Step]) -> None:
        """Sends one action after the other, each when the one before it was carried out."""
        if not steps:
            return
        step, rest = steps[0], steps[1:]
        if not third.there(self._tracker.legs, command.offer):
            self._moving.discard(command.call)  # somebody has gone meanwhile, which is told
            return
        if step.moves:
            self._moving.add(command.call)

        def refused(why: str) -> None:
            self._moving.discard(command.call)
            self._failed(command, why)

        self._ami.post(step.name, step.fields, on_done=lambda: self._steps(command, rest), on_refused=refused)

    def _send_away(self, command: Transfer | FallBack, caller: Leg, call: Call | None) -> None:
        to, gone = leads(command, self._destinations, self._outbound)
        if isinstance(command, Transfer) and command.number:
            self._dialled(self._outbound, command.number, call)
        self._lease(caller, 0)
        self._moving.add(command.call)

        def refused(why: str) -> None:
            self._moving.discard(command.call)
            self._failed(command, why)

        fields = {"Channel": caller.channel, "Context": to.context, "Exten": to.exten, "Priority": to.priority}
        self._ami.post("Redirect", fields, on_done=lambda: self._emit(gone), on_refused=refused)

    def _dialled(self, allowed: Outbound, number: str, call: Call | None) -> str:
        """The channel by which a number is called, which is counted. Raises ValueError where it may not be."""
        if number not in allowed:
            raise ValueError("this number may not be called")
        if call is not None:
            self._tolls.begin(allowed, number, call.offer.agent if call.offer else "", call.id, self._clock())
        # Both halves stay (n): ours is known by its Uniqueid, and would be gone with the talk's beginning.
        return f"Local/{number}@{allowed.context}/n"

    def _monitor(self, command: Monitor, call: Call | None) -> None:
        agent = next((leg for leg in self._tracker.legs.of(command.call, Role.AGENT) if leg.bridge), None)
        if agent is None:
            self._failed(command, "nobody talks on this call")
            return
        uniqueid = monitor_uniqueid(command.call, command.supervisor)
        known = self._tracker.legs.get(uniqueid)
        if known is None:
            fields = {
                "Channel": phone(command.phone),
                "ChannelId": uniqueid,
                "Application": "ChanSpy",
                "Data": f"{channel(agent.channel)},{_SPY}{_SPY_START[command.mode]}",
                "Timeout": str(_SPY_RING_S * 1000),
                "CallerID": caller_id(f"Monitor {agent.agent}", ""),
                "Async": "true",
            }
            self._originate(command, fields)
            expected.monitor(self._tracker.legs, command.call, command.supervisor).mode = command.mode
        elif call is not None and command.supervisor in call.monitors:
            fields = {"Channel": known.channel, "Digit": MODE_DIGITS[command.mode], "Receive": "true"}
            self._post(command, "PlayDTMF", fields)
        elif known.mode is not command.mode:  # ChanSpy, which takes the keys, does not run yet
            self._failed(command, "the supervisor's phone is still ringing")

    def _ringback(self, agent: Leg | None, *, over: bool = False) -> None:
        if agent is not None:
            self._ami.post("AGI", ringback(agent, self._beep, over=over), on_refused=lambda why: None)

    def _lease(self, caller: Leg, seconds: int) -> None:
        # Not the action AbsoluteTimeout: that one can't take a limit away again.
        fields = variable(caller, "TIMEOUT(absolute)", str(seconds))
        self._ami.post("Setvar", fields, on_refused=lambda why: None)

    def _hang_up(self, uniqueid: str) -> None:
        # A leg that is gone already is as good as hung up.
        self._ami.post("Hangup", {"Channel": uniqueid}, on_refused=lambda why: None)

    def _originate(self, command: Command, fields: Mapping[str, str | Sequence[str]]) -> None:
        """Asks for a leg, which the caller of this adds to the tracker; if it is refused, it goes again."""
        uniqueid = str(fields["ChannelId"])

        def refused(why: str) -> None:
            if leg := self._tracker.legs.get(uniqueid):
                self._tracker.legs.remove(leg)
            self._failed(command, why)

        self._ami.post("Originate", fields, on_refused=refused, action_id=uniqueid)

    def _post(self, command: Command, name: str, fields: Fields) -> None:
        self._ami.post(name, fields, on_refused=lambda why: self._failed(command, why))

    def _failed(self, command: Command, why: str) -> None:
        self._emit(lambda now: failed(command, why, now))


def to_be_called(call: Call | None) -> bool:
    """Whether the call is a callback whose customer has not been reached."""
    return call is not None and call.live and not call.channel
