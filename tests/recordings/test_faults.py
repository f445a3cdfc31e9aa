"""Faulty recordings are counted, and told to supervisors for a day."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
from prometheus_client import CollectorRegistry

from cti.calls.words import CallId
from recordings.ledger.faults import DAY_S, MOST, Faults
from recordings.records.record import Recording
from recordings.store import Store
from recordings.words import RecordingState
from tests.cti.desk.test_asyncapi import DESCRIBED

ONE = Recording(stem="o1", call=CallId("c1"), agent="bob", started_at=1000.0, length_s=3.5, talk_s=60.0)
FOUND = [replace(ONE, stem=f"o{n}", state=state) for n, state in enumerate(RecordingState)]
TAPES = [replace(one, stem=f"t{n}", agent="", taped=True) for n, one in enumerate(FOUND)]


async def test_what_is_not_whole_is_told(store: Store) -> None:
    registry, now = CollectorRegistry(), 1000.0
    faults = Faults(registry, lambda: now)
    told = [row["state"] for one in FOUND if (row := faults.found(one))]
    assert told == ["short", "silent", "unreadable", "missing"]
    of_tapes = [row["state"] for one in TAPES if (row := faults.found(one))]
    assert of_tapes == ["short", "unreadable"]
    counts = {state: registry.get_sample_value("cordboard_recordings_total", {"state": state}) for state in told}
    assert counts == dict.fromkeys(told, 2.0)
    assert registry.get_sample_value("cordboard_recordings_total", {"state": "whole"}) == 2.0
    schema = {"$ref": "#/components/schemas/recording", "components": DESCRIBED["components"]}
    for row in faults.rows():
        jsonschema.Draft202012Validator(schema).validate(row)

    await store.write([], [*FOUND, *TAPES])
    again = Faults(CollectorRegistry(), lambda: now)
    await again.restore(store)
    assert sorted(row["stem"] for row in again.rows()) == sorted(row["stem"] for row in faults.rows())
    now += DAY_S + 1
    assert again.rows() == faults.rows() == []
    for _ in range(MOST + 5):
        faults.found(replace(FOUND[2], started_at=now))
    assert len(faults.rows()) == MOST
