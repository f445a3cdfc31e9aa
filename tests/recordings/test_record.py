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
from recordings.records.fold import fold
from recordings.records.record import Segment
from recordings.words import SegmentKind
from tests.recordings.scenarios import Scenario, events, load

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


@st.composite
def walks(draw: st.DrawFn) -> list[CallEvent]:
    """A call of which every event is there: through menus, queues, parking, talks with all that happens in
    them, destinations outside, or the fallback."""
    lines, at = ["0 Arrived", "0 EnteredMenu node=main"], 0.0

    def then(line: str, *, soon: bool = False) -> None:
        nonlocal at
        at += 0 if soon else draw(st.integers(0, 50)) / 10
        lines.append(f"{at} {line}")

    for step in range(draw(st.integers(0, 5))):
        where = draw(st.sampled_from(["menu", "wait", "talk", "park", "transfer", "fallback", "flow"]))
        if where == "menu":
            then("EnteredMenu node=more")
        elif where == "transfer":
            then("Transferred to=desk")
        elif where == "fallback":
            then("FellBack")
        elif where == "park":
            then("Queued queue=sales agent=bob prefer=bob park_s=60")
        else:
            then(f"Queued queue={draw(st.sampled_from(['sales', 'help']))}")
            for ring in range(draw(st.integers(0, 2))):
                then(f"Offered offer=r{step}-{ring} agent=cat")
                then(f"Refused offer=r{step}-{ring} agent=cat reason=no_answer")
            if where in ("talk", "flow"):
                then(f"Offered offer=o{step} agent=bob")
                then(f"Connected offer=o{step} agent=bob")
                for within in draw(st.lists(st.sampled_from(WITHIN_TALK), max_size=3)):
                    for line in within:
                        then(line.format(offer=f"o{step}", third=f"t{step}"))
                then("Left place=talk by=agent")
                then("Returned" if draw(st.booleans()) else "Queued queue=help", soon=True)
    then("Ended by=caller")
    return events("\n".join(lines))


WITHIN_TALK = (
    ("Held", "Resumed"),
    ("Held offer={offer}", "Held", "Resumed"),
    ("RecordingPaused offer={offer}", "RecordingResumed offer={offer}"),
    ("Held offer={offer}", "ConsultAsked by=bob offer={third} agent=cat", "ConsultOver offer={third}", "Resumed"),
    ("Held offer={offer}", "Diverted flow=pin why=transfer back=true", "CameBack", "Resumed"),
)


@given(happened=walks())
def test_the_segments_add_up_to_the_call(happened: list[CallEvent]) -> None:
    """Places follow each other without a gap from the arrival to the end; the rest lies within its place."""
    record, segments = fold(happened)
    places = [s for s in segments if s.kind not in WITHIN]
    assert record.ended_at is not None
    borders = [(s.started_at, s.ended_at) for s in places]
    assert [end for _, end in borders] == [*(start for start, _ in borders[1:]), record.ended_at]
    assert borders[0][0] == record.arrived_at

    def length(kind: SegmentKind) -> float:
        return sum(s.ended_at - s.started_at for s in segments if s.kind is kind and s.ended_at is not None)

    assert record.talk_s == pytest.approx(length(SegmentKind.TALK))
    assert record.wait_s == pytest.approx(length(SegmentKind.WAIT))
    assert sum(map(length, {s.kind for s in places})) == pytest.approx(record.ended_at - record.arrived_at)
    around = {SegmentKind.RING: (SegmentKind.WAIT, SegmentKind.PARK)}
    for inner in segments:
        if inner.kind in WITHIN:
            kinds = around.get(inner.kind, (SegmentKind.TALK,))
            assert any(
                s.started_at <= inner.started_at and (inner.ended_at or 0.0) <= (s.ended_at or 0.0)
                for s in places
                if s.kind in kinds
            )


def test_a_call_without_events_has_no_record() -> None:
    with pytest.raises(ValueError, match="without events"):
        fold([])
