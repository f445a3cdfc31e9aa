"""The verb agent: whose state is asked for, and that nobody speaks for another by mistake."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cti.calls.call import Call
from cti.calls.events import StateAsked
from cti.calls.legs import phone_of
from cti.calls.part import Output
from cti.calls.words import AgentState
from cti.site.files import SiteError
from ivr.node import Sink, Use
from ivr.verbs.agent import Agent
from tests.ivr.flows import CALL, Caller, told
from tests.ivr.test_leaving import ENDS, flow

BYE = "  there: {hangup: true}\n"
AT_ALICES = Call(id=CALL, channel="PJSIP/alice-0000001f", caller="1001", dialled="*45")


def asked(outputs: Sequence[Output]) -> list[tuple[str, str, AgentState, str]]:
    return [(o.phone, o.agent, o.state, o.reason) for o in outputs if isinstance(o, StateAsked)]


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        ("agent: ready", ("PJSIP/alice", "", AgentState.READY, "")),
        ("agent: not_ready", ("PJSIP/alice", "", AgentState.NOT_READY, "")),
        ("agent: not_ready, reason: lunch", ("PJSIP/alice", "", AgentState.NOT_READY, "lunch")),
        ("agent: offline, name: alice", ("PJSIP/alice", "alice", AgentState.OFFLINE, "")),
        ('agent: ready, name: "{caller}"', ("PJSIP/alice", "1001", AgentState.READY, "")),
    ],
)
def test_a_state_is_asked_for(node: str, wanted: tuple[str, str, AgentState, str]) -> None:
    caller = Caller(flow(f"first: {{{node}, next: there}}", BYE), call=AT_ALICES)
    assert asked(caller.outputs) == [wanted]
    assert told(caller.outputs)[-2:] == ["at there", "hangup"]


@pytest.mark.parametrize(
    ("more", "way"), [(", otherwise: elsewhere", ["at elsewhere", "hangup"]), ("", ["at first", "hangup"])]
)
def test_a_name_that_comes_to_nothing_is_not_whose_phone_this_is(more: str, way: list[str]) -> None:
    node = f'first: {{agent: ready, name: "{{caller}}", next: there{more}}}'
    caller = Caller(flow(node, ENDS if more else BYE), call=Call(id=CALL, channel=AT_ALICES.channel))
    assert asked(caller.outputs) == []
    assert told(caller.outputs)[-2:] == way


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("agent: ready, reason: lunch, next: there", "only not_ready has a reason"),
        ("agent: ready, name: alicia, next: there", "the site has no agent 'alicia'"),
        ("agent: talking, next: there", "'ready', 'not_ready' or 'offline'"),
    ],
)
def test_what_cannot_be_is_refused(node: str, message: str) -> None:
    with pytest.raises(SiteError, match=message):
        flow(f"first: {{{node}}}", BYE)


def test_the_name_gets_into_the_record() -> None:
    node = Agent.model_validate({"agent": "ready", "name": "{who}", "next": "there"})
    assert list(node.uses()) == [Use(("name",), "who", Sink.RECORD)]


@pytest.mark.parametrize(
    ("channel", "phone"),
    [
        ("PJSIP/alice-0000001f", "PJSIP/alice"),
        ("PJSIP/alice-at-home-0000001f", "PJSIP/alice-at-home"),
        ("Local/100@cordboard-0000001f;1", ""),
        ("Surrogate/PJSIP/alice-0000001f", ""),
        ("PJSIP/alice", ""),
        ("", ""),
    ],
)
def test_the_phone_of_a_channel(channel: str, phone: str) -> None:
    assert phone_of(channel) == phone
