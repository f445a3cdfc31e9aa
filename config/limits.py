"""The limits of a site at work: what stands for a list of numbers in the menus, and figures for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from config.files.limits import LimitSettings
from cti.actions.limits import LimitsPart
from cti.calls.call import Call
from cti.calls.commands import Hangup
from cti.calls.part import Output
from cti.floods import Floods
from cti.outbound import Outbound
from cti.tolls import Tolls


@dataclass(frozen=True, slots=True)
class WithinLimits:
    """The numbers of a list that may be called now."""

    allowed: Outbound
    tolls: Tolls
    clock: Callable[[], float]

    def __contains__(self, number: object) -> bool:
        return number in self.allowed and not self.tolls.refusal(self.allowed, str(number), "", self.clock())


@dataclass(frozen=True, slots=True)
class SiteLimits(Collector):
    """What counts calls to numbers, and callers; what was refused of them is read at each scrape."""

    tolls: Tolls
    floods: Floods

    @classmethod
    def of(cls, settings: LimitSettings, registry: CollectorRegistry) -> SiteLimits:
        made = cls(settings.tolls(), settings.floods())
        registry.register(made)
        return made

    @property
    def part(self) -> LimitsPart:
        """What follows calls for both."""
        return LimitsPart(self.tolls, self.floods)

    def behind(self, door: Callable[[Call], Sequence[Output]]) -> Callable[[Call], Sequence[Output]]:
        """A door that, besides, does not answer who has too many calls."""

        def turned_away(call: Call) -> Sequence[Output]:
            if out := door(call):
                return out
            return () if self.floods.admits(call.id, call.caller, time.time()) else [Hangup(call=call.id)]

        return turned_away

    def collect(self) -> Iterator[CounterMetricFamily]:
        dialled = CounterMetricFamily("cordboard_dialled_refused", "Numbers not called, by limit", labels=["limit"])
        for limit in ("agent", "site", "destination", "number", "cost"):
            dialled.add_metric([limit], self.tolls.refused[limit])
        yield dialled
        yield CounterMetricFamily(
            "cordboard_callers_refused", "Calls not answered since their number has too many", self.floods.refused
        )
