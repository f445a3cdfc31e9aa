"""The fold: scenarios as data, and whatever else may come."""

from __future__ import annotations

import random
from dataclasses import asdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import codec
from cti.calls.events import CallEvent, Ended, Event
from cti.calls.words import CallId
from recordings.record import Segment, SegmentKind, fold
from tests.recordings.scenarios import Scenario, load

SCENARIOS = load()
WITHIN = (SegmentKind.RING, SegmentKind.HOLD, SegmentKind.PAUSE, SegmentKind.CONSULT)
"""Kinds of segments that lie within others."""
KINDS = [k for k in codec.KINDS.values() if issubclass(k, CallEvent) and k is not CallEvent]


def _line(segment: Segment) -> str:
    end = "-" if segment.ended_at is None else f"{segment.ended_at:g}"
    words = [segment.kind.value, f"{segment.started_at:g}", end]
    for name in ("agent", "queue", "detail", "recording"):
        value = getattr(segment, name)
        if value:
            words.append(f"{name}={value.replace(' ', '_')}")
    return " ".join(words)


def _as_yaml(value: object) -> object:
    return [_as_yaml(v) for v in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_what_remains_of_a_call(scenario: Scenario) -> None:
    record, segments = fold(scenario.events)
    found = {name: _as_yaml(value) for name, value in asdict(record).items()}
    expected = {k: pytest.approx(v) if isinstance(v, float) else v for k, v in scenario.record.items()}
    assert {name: found[name] for name in expected} == expected
    assert [_line(s) for s in segments] == scenario.segments
    assert [s.number for s in segments] == list(range(1, len(segments) + 1))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_repeated_events_in_any_order_give_the_same_record(scenario: Scenario) -> None:
    # What happened at the same moment keeps its order: nothing else tells it.
    shuffled = list(scenario.events) * 2
    random.Random(1).shuffle(shuffled)
    shuffled.sort(key=lambda e: scenario.events.index(e) if _tied(e, scenario) else -1)
    assert fold(shuffled) == fold(scenario.events)


def _tied(event: CallEvent, scenario: Scenario) -> bool:
    return sum(other.at == event.at for other in scenario.events) > 1


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    made = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=12))
    finite = st.floats(0, 1e9)
    names = st.sampled_from(["a", "b"])
    return [
        draw(st.builds(k, at=finite, call=st.just(CallId("c")), **({"offer": names} if "offer" in _names(k) else {})))
        for k in made
    ]


def _names(kind: type[Event]) -> set[str]:
    return set(kind.__dataclass_fields__)


@given(events=histories())
def test_any_history_leaves_one_record(events: list[CallEvent]) -> None:
    record, segments = fold(events)
    assert (record.ended_at is not None) == any(isinstance(e, Ended) for e in events)
    assert record.wait_s >= 0
    assert record.talk_s >= 0
    if record.ended_at is not None:
        assert all(s.ended_at is not None and s.started_at <= s.ended_at <= record.ended_at for s in segments)
    places = [s for s in segments if s.kind not in WITHIN]
    for earlier, later in pairwise(places):
        assert earlier.ended_at is not None
        assert earlier.ended_at <= later.started_at


def test_a_call_without_events_has_no_record() -> None:
    with pytest.raises(ValueError, match="without events"):
        fold([])
