"""Pausing a recording, as AMI actions. What Asterisk says to them is the only confirmation that counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cti.actions.sending import Emit, Sender
from cti.calls.call import Call
from cti.calls.commands import (
    Command,
    Consult,
    Offer,
    PauseRecording,
    ResumeRecording,
    StopRecording,
    failed,
)
from cti.calls.legs import Leg
from cti.calls.talk_events import RecordingPaused, RecordingResumed, RecordingStopped

Refused = Callable[[str], None]


def as_wanted(command: Command, call: Call | None) -> Command:
    """The command without a recording, where the caller does not want one."""
    if call is not None and call.unrecorded and isinstance(command, Offer | Consult):
        return replace(command, recording=None)
    return command


def record(
    command: PauseRecording | ResumeRecording | StopRecording, agent: Leg | None, ami: Sender, emit: Emit
) -> None:
    """Asks for what becomes of the recording on the agent's leg, and says what came of it."""
    call, offer = command.call, command.offer

    def refused(why: str) -> None:
        emit(lambda now: failed(command, why, now))

    if agent is None or not agent.channel or agent.recording is None:
        refused("this talk is not recorded")  # muting a channel without a MixMonitor locked up older Asterisks
        return
    if isinstance(command, StopRecording):
        _stop(agent, agent.recording, ami, emit, refused)
        return
    pause = isinstance(command, PauseRecording)

    def done() -> None:
        kind = RecordingPaused if pause else RecordingResumed
        emit(lambda now: kind(call=call, at=now, offer=offer))

    fields = {"Channel": agent.channel, "Direction": "both", "State": "1" if pause else "0"}
    ami.post("MixMonitorMute", fields, on_done=done, on_refused=refused)


def _stop(agent: Leg, recording: str, ami: Sender, emit: Emit, refused: Refused) -> None:
    tells = agent.recording_open  # else it was found by an engine that did not see it begin

    def done() -> None:
        if agent.recording_open or not tells:
            agent.recording_open = False
            emit(lambda now: RecordingStopped(call=agent.call, at=now, recording=recording))

    ami.post("StopMixMonitor", {"Channel": agent.channel}, on_done=done, on_refused=refused)
