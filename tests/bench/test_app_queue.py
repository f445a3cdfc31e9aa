from __future__ import annotations

import pytest

from bench.app_queue import Rings


def test_from_the_queue_to_the_first_phone_that_rings_for_the_caller() -> None:
    rings = Rings()
    for event in (
        {"Event": "QueueCallerJoin", "Uniqueid": "1", "Timestamp": "10.000"},
        {"Event": "Newstate", "ChannelState": "4", "Linkedid": "1", "Timestamp": "10.001"},
        {"Event": "Newstate", "ChannelState": "5", "Linkedid": "2", "Timestamp": "10.002"},
        {"Event": "Newstate", "ChannelState": "5", "Linkedid": "1", "Timestamp": "10.003"},
        {"Event": "Newstate", "ChannelState": "5", "Linkedid": "1", "Timestamp": "10.900"},
    ):
        rings.feed(event)
    assert rings.took_ms == pytest.approx([3.0])
