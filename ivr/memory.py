"""What a call's earlier events tell a walk that begins in its midst."""

from __future__ import annotations

from collections.abc import Iterable

from cti.calls.call import Call
from cti.calls.events import Queued
from ivr.questions import Scalar
from ivr.tree import Flow


def entered(call: Call, flows: Iterable[Flow]) -> dict[str, Scalar]:
    """The fields of the data that the call's choices tell of: those that a node sets, and no secret."""
    nodes = [node for flow in flows for node in flow.nodes.values()]
    secret = {name for node in nodes for name in node.secrets()}
    fields = {name for node in nodes for name in node.sets()} - secret
    return {name: value for name, value in call.choices if name in fields}


def waited(call: Call) -> Queued | None:
    """How the call waits, or waited last, if no agent has come since."""
    if call.queued_at is None or (call.connected_at is not None and call.connected_at >= call.queued_at):
        return None
    return Queued(
        call=call.id,
        at=call.queued_at,
        queue=call.queue,
        skills=call.skills,
        priority=call.priority,
        screen=call.screen,
        level=call.level,
    )
