"""A caller who does not want to be recorded is not, whichever way an agent comes to the call."""

from __future__ import annotations

import pytest

from cti.actions.pause import RecordingPausePart
from cti.actions.recording import as_wanted
from cti.calls import commands as cmd
from cti.calls.call import apply
from cti.calls.events import Consented
from cti.calls.names import drawn
from cti.calls.words import CallId, OfferId
from tests.recordings.scenarios import events

C1, O1, O2 = CallId("c1"), OfferId("o1"), OfferId("o2")
OFFER = cmd.Offer(call=C1, offer=O1, agent="bob", phone="PJSIP/1", ring_s=5.0, recording="o1")
CONSULT = cmd.Consult(call=C1, offer=O2, agent="eve", phone="PJSIP/2", ring_s=5.0, recording="o2")
TALK = "0 Arrived\n3 Offered offer=o1 agent=bob recording=o1\n6 Connected offer=o1 agent=bob\n"


@pytest.mark.parametrize("given", [True, False])
async def test_what_the_caller_wants_counts(given: bool) -> None:
    call = None
    for event in events(f"{TALK}9 Consented given={str(given).lower()}"):
        call = apply(call, event)
    assert call is not None
    assert call.unrecorded is not given
    assert [open.recorded for open in call.offers] == ["on" if given else None]
    for command in (OFFER, CONSULT):
        assert ("recording=None" in repr(as_wanted(command, call))) is not given
    said = Consented(at=9.0, call=C1, given=given)
    ended = await RecordingPausePart().on_event(said, call, 9.0)
    assert list(ended) == ([] if given else [cmd.StopRecording(call=C1, offer=O1)])
    assert as_wanted(OFFER, None) == OFFER


def test_a_share_is_drawn_by_the_calls_id() -> None:
    calls = [CallId(f"call-{n}") for n in range(4000)]
    assert not any(drawn(call, 0.0) for call in calls)
    assert all(drawn(call, 1.0) for call in calls)
    some, more = ({call for call in calls if drawn(call, share)} for share in (0.2, 0.5))
    assert some < more
    assert abs(len(some) / len(calls) - 0.2) < 0.02
