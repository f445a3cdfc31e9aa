"""The limits of a site at work."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from config.files.limits import LimitSettings
from config.limits import SiteLimits, WithinLimits
from cti.calls.call import Call
from cti.calls.commands import FallBack, Hangup
from cti.calls.words import CallId
from cti.outbound import Outbound


def test_who_has_too_many_calls_is_not_answered_and_counted() -> None:
    registry = CollectorRegistry()
    limits = SiteLimits.of(LimitSettings(caller_at_once=1, number=1), registry)
    open_door = limits.behind(lambda call: ())
    assert [open_door(Call(id=CallId(id), caller="030")) for id in "ab"] == [(), [Hangup(call=CallId("b"))]]
    full = [FallBack(call=CallId("c"), at_once=True)]
    assert limits.behind(lambda call: full)(Call(id=CallId("c"), caller="031")) == full
    allowed = Outbound("outside", ("030*",))
    within = WithinLimits(allowed, limits.tolls, lambda: 5.0)
    assert ["0301" in within, "0401" in within] == [True, False]
    limits.tolls.begin(allowed, "0301", "", CallId("d"), 5.0)
    assert "0301" not in within
    figures = generate_latest(registry).decode()
    assert "cordboard_callers_refused_total 1.0" in figures
    assert 'cordboard_dialled_refused_total{limit="number"} 0.0' in figures
