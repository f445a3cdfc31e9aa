"""Every event goes into the journal and comes back, without its secrets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import codec, events
from cti.calls.words import CallId

CONCRETE = [c for c in codec.KINDS.values() if c not in (events.Event, events.CallEvent)]


@given(event=st.sampled_from(CONCRETE).flatmap(st.from_type))
def test_an_event_survives_the_journal(event: events.Event) -> None:
    written = codec.encode(event)
    back = codec.decode(written)
    assert codec.encode(back) == written
    if not isinstance(event, events.Digit):
        assert back == event


def test_a_digit_is_never_written() -> None:
    digit = events.Digit(at=1.0, call=CallId("c"), digit="7")
    assert "7" not in str(codec.encode(digit))
    assert "7" not in repr(digit)


@pytest.mark.parametrize("data", [{}, {"kind": "Nonsense"}, {"kind": "Ended", "at": 1.0, "call": "c"}])
def test_what_is_no_event_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"event|without"):
        codec.decode(data)
