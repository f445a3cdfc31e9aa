"""How many agents a queue needs, by the theory of waiting lines. Pure.

Calls come at random at an even rate (Poisson), handling times and patience are exponential, whoever waits
longest is served first. Without patience that is Erlang C (M/M/n), with it Erlang A (M/M/n+M): Garnett,
Mandelbaum and Reiman, "Designing a call center with impatient customers", M&SOM 4 (2002); Mandelbaum and
Zeltyn, "Service engineering in action: the Palm/Erlang-A queue" (2007).

All is computed from two sums of positive terms, so nothing is lost by subtraction nor overflows: the inverse
of Erlang B by its recursion, and the states in which calls wait. The wait beyond T is again such a sum, at
the rate of those who would still be there: arrivals x e^(-T/patience).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, product
from math import ceil, exp, expm1, inf, log, log1p

from routing.queues import Target

QUARTER_S = 900.0
QUARTERS = 96
"""Quarter-hours of a day."""

_FAR = 1e200
_NO_LOAD = 1e-12
"""In erlangs: less than a call in a thousand years."""


@dataclass(frozen=True, slots=True)
class Need:
    """What so many agents make of a load. Shares are 0 to 1.

    ``service_level`` is the share of all calls offered that is answered in time: who abandons counts as
    not answered, however early. ``mean_wait_s`` is that of all calls offered, too; infinite where the
    queue only grows.
    """

    agents: int
    service_level: float
    mean_wait_s: float
    abandoned: float
    occupancy: float


@dataclass(frozen=True, slots=True)
class Load:
    """One day of one queue: calls offered in each quarter-hour from midnight, the mean seconds that a
    call takes an agent (talk and wrap-up), and those that callers wait before they hang up, in the mean
    (None: they wait for ever)."""

    calls: tuple[float, ...]
    aht_s: float
    patience_s: float | None = None
    target: Target = field(default_factory=Target)


@lru_cache(maxsize=4096)
def expected(
    calls: float,
    aht_s: float,
    agents: int,
    within_s: float,
    patience_s: float | None = None,
    interval_s: float = QUARTER_S,
) -> Need:
    """What callers and agents are to expect. Raises ValueError for what cannot be."""
    if not (0 <= calls < inf and 0 < aht_s < inf and agents >= 0 and 0 <= within_s < inf and interval_s > 0):
        raise ValueError("calls, handling time, agents and times must be numbers that are not negative")
    if patience_s is not None and not 0 < patience_s < inf:
        raise ValueError("the patience must be a number above 0")
    load = calls * aht_s / interval_s
    if load < _NO_LOAD:
        return Need(agents, 1.0, 0.0, 0.0, 0.0)
    leaving = 0.0 if patience_s is None else aht_s / patience_s
    if leaving == 0 and agents <= load:
        return Need(agents, 0.0, inf, 0.0, 1.0)
    late_after = within_s / aht_s
    waiting, mean_queue = _waiting(load, agents, leaving)
    everything = _log_sum(log(_inverse_erlang_b(load, agents)), waiting)
    queue = exp(waiting - everything) * mean_queue
    abandoned = min(1.0, queue * leaving / load)
    staying = late_after if leaving == 0 else -expm1(-leaving * late_after) / leaving
    still, _ = _waiting(load * exp(-leaving * late_after), agents, leaving)
    # Answered, but after the time. In logarithms: each factor may be beyond what a float holds.
    late = load * staying - agents * late_after + still - everything + log(agents) - log(load) if agents else -inf
    return Need(
        agents,
        service_level=min(1.0, max(0.0, 1 - abandoned - exp(min(0.0, late)))),
        mean_wait_s=queue / load * aht_s,
        abandoned=abandoned,
        occupancy=min(1.0, load * (1 - abandoned) / agents) if agents else 0.0,
    )


def _inverse_erlang_b(load: float, agents: int) -> float:
    inverse = 1.0
    for n in range(1, agents + 1):
        inverse = 1 + inverse * n / load
    return inverse


def _waiting(load: float, agents: int, leaving: float) -> tuple[float, float]:
    """The states with callers waiting: the logarithm of their weight against that of "all agents busy
    and nobody waits", and the mean number waiting in them. Rates are per handling time."""
    if leaving == 0:
        return log(load) - log(agents - load), agents / (agents - load)
    term, weight, moment, scaled = 1.0, 0.0, 0.0, 0.0
    for waiting in count(1):
        ratio = load / (agents + waiting * leaving)
        term *= ratio
        weight += term
        moment += waiting * term
        if ratio < 1 and term * ratio <= weight * 1e-17 * (1 - ratio):
            break
        if weight > _FAR:
            term, weight, moment, scaled = term / _FAR, weight / _FAR, moment / _FAR, scaled + log(_FAR)
    return (log(weight) + scaled, moment / weight) if weight else (-inf, 0.0)


def _log_sum(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    high, low = max(a, b), min(a, b)
    return high if high == inf else high + log1p(exp(low - high))


def needed(
    calls: float,
    aht_s: float,
    target: Target,
    *,
    patience_s: float | None = None,
    most_busy: float = 1.0,
    least: int = 0,
    interval_s: float = QUARTER_S,
) -> Need:
    """The fewest agents, at least ``least``, that meet the target and are busy for at most
    ``most_busy`` (above 0, to 1) of their time. ``calls`` come in ``interval_s`` seconds. Raises
    ValueError for what cannot be.
    """
    if not 0 < most_busy <= 1:
        raise ValueError("agents are busy for a share above 0 and at most 1 of their time")
    if not 0 < target.share < 1:
        raise ValueError("the share of calls to answer in time must be above 0% and below 100%")

    def with_(agents: int) -> Need:
        return expected(calls, aht_s, agents, target.within_s, patience_s, interval_s)

    def enough(need: Need) -> bool:
        return need.service_level >= target.share and need.occupancy <= most_busy

    if enough(first := with_(least)):
        return first
    low, high = least, max(least + 1, ceil(calls * aht_s / interval_s))
    while not enough(with_(high)):
        low, high = high, high + max(1, high // 4)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(with_(middle)) else (middle, high)
    return with_(high)


def day(load: Load, most_busy: float = 1.0) -> tuple[Need, ...]:
    """What each quarter-hour needs, each by itself: as if its rate had always been so."""
    by_calls = {
        calls: needed(calls, load.aht_s, load.target, patience_s=load.patience_s, most_busy=most_busy)
        for calls in set(load.calls)
    }
    return tuple(by_calls[calls] for calls in load.calls)


def rostered(agents: int, shrinkage: float) -> int:
    """How many to put on the roster so that ``agents`` are at work, when the share ``shrinkage`` (0 to
    below 1) of paid time is lost: illness, training, meetings."""
    if not 0 <= shrinkage < 1:
        raise ValueError("the shrinkage is a share of at least 0 and below 1")
    return ceil(agents / (1 - shrinkage) - 1e-9)


Staffing = Mapping[str, int]
"""Agents by group: those with the same skills."""

Simulate = Callable[[Staffing], Mapping[str, float]]
"""The service level (0 to 1) that each queue gets with these agents; the same each time it is asked."""


def refine(staffing: Staffing, simulate: Simulate, targets: Mapping[str, float]) -> dict[str, int]:
    """The staffing, changed step by step until each queue's simulated service level meets its target.

    Agents are added where they help most, then taken away as long as all targets hold; at last a few
    more in each group are tried, in exchange for still more in others. So no group can give up an agent,
    and no such exchange saves one; a plan with fewer agents may still exist. Raises ValueError where
    more agents do not help.
    """
    groups = sorted(staffing)
    known: dict[tuple[int, ...], float] = {}

    def missing(sizes: Sequence[int]) -> float:
        """By how much the queues miss their targets together; 0 where all are met."""
        key = tuple(sizes)
        if key not in known:
            levels = simulate(dict(zip(groups, key, strict=True)))
            known[key] = sum(max(0.0, share - levels.get(queue, 0.0)) for queue, share in targets.items())
        return known[key]

    sizes = _lowered(_raised([staffing[group] for group in groups], missing), missing)
    while (fewer := _exchanged(sizes, missing)) is not None:
        sizes = _lowered(fewer, missing)
    return dict(zip(groups, sizes, strict=True))


def _changed(sizes: Sequence[int], group: int, by: int) -> list[int]:
    return [max(0, size + by) if i == group else size for i, size in enumerate(sizes)]


def _raised(sizes: list[int], missing: Callable[[Sequence[int]], float]) -> list[int]:
    step, most = 1, 2 * sum(sizes) + 64
    while missing(sizes) > 0:
        best = min((_changed(sizes, group, step) for group in range(len(sizes))), key=missing, default=sizes)
        if missing(best) < missing(sizes):
            sizes, step = best, 1
        elif step > most:
            raise ValueError("more agents do not help: some queue has no group that could meet its target")
        else:
            step *= 2
    return sizes


def _lowered(sizes: list[int], missing: Callable[[Sequence[int]], float], kept: int | None = None) -> list[int]:
    """Takes agents away from all groups but ``kept``, the largest first, in ever smaller steps down to one."""
    step = max(1, max(sizes, default=0) // 2)
    while True:
        fewer = [
            _changed(sizes, group, -step)
            for group in sorted(range(len(sizes)), key=lambda group: -sizes[group])
            if group != kept and sizes[group] >= step
        ]
        good = next((changed for changed in fewer if missing(changed) == 0), None)
        if good is not None:
            sizes = good
        elif step == 1:
            return sizes
        else:
            step //= 2


_EXCHANGED = (1, 2, 4)


def _exchanged(sizes: list[int], missing: Callable[[Sequence[int]], float]) -> list[int] | None:
    for more, group in product(_EXCHANGED, range(len(sizes))):
        changed = _lowered(_changed(sizes, group, more), missing, kept=group)
        if sum(changed) < sum(sizes):
            return changed
    return None
