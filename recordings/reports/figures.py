"""Each figure of the reports: its formula, what it is told of, and an example. Pure.

``docs/reference/figures.md`` is made from this list, and the examples are tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cti.figures import handling_time, occupancy, service_level_answered, service_level_offered, share
from recordings.reports.sums import Sums, percentile


class By(StrEnum):
    """What a report has its rows of."""

    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"
    NODE = "node"
    NUMBER = "number"


class Unit(StrEnum):
    """How a figure is written."""

    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"
    """0 to 1."""
    SCORE = "score"


QUEUE, AGENTS, NUMBER, NODE = (By.QUEUE,), (By.AGENT, By.TEAM), (By.NUMBER,), (By.NODE,)
CALLS, TALKS, MENUS = (*QUEUE, *NUMBER), (*QUEUE, *AGENTS), (*NUMBER, *NODE)


@dataclass(frozen=True, slots=True)
class Figure:
    """``formula`` is in words, for people; ``sums`` give ``result`` in the example."""

    name: str
    unit: Unit
    of: tuple[By, ...]
    value: Callable[[Sums], float | None]
    formula: str
    sums: Mapping[str, int]
    result: float | None


def _count(name: str, of: tuple[By, ...], formula: str) -> Figure:
    return Figure(name, Unit.COUNT, of, lambda sums: sums[name], formula, {name: 3}, 3)


def _seconds(name: str, of: tuple[By, ...], formula: str) -> Figure:
    key = name.removesuffix("_s") + "_ms"
    return Figure(name, Unit.SECONDS, of, lambda sums: sums[key] / 1000, formula, {key: 90_500}, 90.5)


def _share(name: str, part: str, of_all: str, of: tuple[By, ...], formula: str, unit: Unit = Unit.SHARE) -> Figure:
    def value(sums: Sums) -> float | None:
        return share(sums[part], sums[of_all])

    return Figure(name, unit, of, value, formula, {part: 18, of_all: 20}, 0.9)


def _mean(name: str, part: str, of_all: str, of: tuple[By, ...], formula: str) -> Figure:
    def value(sums: Sums) -> float | None:
        return share(sums[part] / 1000, sums[of_all])

    return Figure(name, Unit.SECONDS, of, value, formula, {part: 360_000, of_all: 3}, 120.0)


def _percentile(percent: int) -> Figure:
    words = (
        f"the wait that {percent} % of those answered did not exceed, from a histogram whose steps grow by a quarter: "
        "at most 12 % beside the wait meant, or half a second below one second"
    )
    example = {"w00": 89, "w15": 6, "w18": 5}
    result = {50: 0.5, 90: 25.421, 95: 25.421}[percent]
    return Figure(
        f"wait_p{percent}_s", Unit.SECONDS, QUEUE, lambda sums: percentile(sums, percent), words, example, result
    )


def _aht(sums: Sums) -> float | None:
    return handling_time((sums["talk_ms"] + sums["hold_ms"]) / 1000, sums["wrap_up_ms"] / 1000, sums["talks"])


def _taken(sums: Sums) -> float | None:
    lost = sums["missed"] + sums["refused"]
    return share(sums["rings"] - lost, sums["rings"])


def _efficiency(sums: Sums) -> float | None:
    handled = share(sums["talk_ms"] + sums["hold_ms"] + sums["wrap_up_ms"], sums["rostered_ms"])
    taken = _taken(sums)
    return None if handled is None or taken is None else handled * taken


FIGURES: Sequence[Figure] = (
    _count("calls", NUMBER, "calls that arrived"),
    _count("visits", NODE, "how often callers came to the node"),
    _count(
        "offered",
        CALLS,
        "answered + abandoned + moved. Of a queue its waits, of a number its calls that came to a queue or an agent; "
        "callbacks are not among them",
    ),
    _count("answered", CALLS, "offered, and an agent talked with the caller"),
    _count("abandoned", CALLS, "offered, and the caller hung up, not within `short_abandon` seconds"),
    _count("short", CALLS, "the caller hung up within `short_abandon` seconds: neither offered nor abandoned"),
    _count("moved", CALLS, "offered, and left the queue in another way: overflow, a menu, another queue"),
    _share("connection_rate", "answered", "offered", CALLS, "answered / offered"),
    _share("abandon_rate", "abandoned", "offered", CALLS, "abandoned / offered"),
    Figure(
        "service_level_offered",
        Unit.SHARE,
        QUEUE,
        lambda sums: service_level_offered(*(sums[n] for n in ("in_time", "answered", "abandoned", "moved"))),
        "answered within the queue's target / (answered + abandoned + moved)",
        {"in_time": 16, "answered": 18, "abandoned": 1, "moved": 1},
        0.8,
    ),
    Figure(
        "service_level_answered",
        Unit.SHARE,
        QUEUE,
        lambda sums: service_level_answered(sums["in_time"], sums["answered"]),
        "answered within the queue's target / answered",
        {"in_time": 9, "answered": 18},
        0.5,
    ),
    _share(
        "within_10_minutes", "within_limit", "offered", QUEUE, "waits of 600 s at most, whatever came of them / offered"
    ),
    _mean("wait_mean_s", "waited_ms", "answered", QUEUE, "sum of the waits of those answered / answered"),
    *map(_percentile, (50, 90, 95)),
    _count("talks", TALKS, "talks that began, of calls in and out"),
    Figure(
        "aht_s",
        Unit.SECONDS,
        TALKS,
        _aht,
        "(talk + hold + wrap-up) / talks",
        {"talk_ms": 500_000, "hold_ms": 40_000, "wrap_up_ms": 60_000, "talks": 2},
        300.0,
    ),
    _mean("talk_mean_s", "talk_ms", "talks", TALKS, "talk without holds / talks"),
    _mean("hold_mean_s", "hold_ms", "talks", TALKS, "time on hold / talks"),
    _mean("wrap_up_mean_s", "wrap_up_ms", "talks", TALKS, "time in wrap-up / talks"),
    _count("transfers", TALKS, "talks after which the caller was sent on: to a queue, an agent or a number"),
    _share("transfer_rate", "transfers", "talks", TALKS, "transfers / talks"),
    _count("callbacks", QUEUE, "callbacks that callers asked for"),
    _count("out", QUEUE, "calls that we made, callbacks among them"),
    _count("reached", QUEUE, "calls that we made, and an agent talked with the customer"),
    Figure(
        "first_contact_resolution",
        Unit.SHARE,
        TALKS,
        lambda sums: share(sums["contacts"] - sums["repeated"], sums["contacts"]),
        "1 - repeated / contacts. A contact is a call in, from a number that is known, with a talk; it counts where "
        "the first talk was. It is repeated if the same number has another within 7 days for the same reason: the "
        "first disposition given, or where there is none the queue",
        {"contacts": 20, "repeated": 5},
        0.75,
    ),
    _share("survey_push_rate", "pushed", "talks", TALKS, "calls sent to a survey after their last talk / talks"),
    _share("survey_rate", "surveyed", "pushed", TALKS, "calls on which a survey was answered / calls sent to one"),
    _share("survey_score", "score_sum", "scores", TALKS, "sum of the scores / answers to questions", Unit.SCORE),
    _share(
        "satisfaction_rate",
        "satisfied",
        "scores",
        TALKS,
        "answers of `reports.satisfied` or more / answers to questions",
    ),
    _share(
        "error_rate",
        "fatal",
        "graded",
        TALKS,
        "graded talks with a fatal answer / graded talks; only grades that the agent may see, and none of calibrations",
    ),
    _count("rings", AGENTS, "times that a phone rang for a call"),
    _count("missed", AGENTS, "rings in vain, or of a phone that could not be reached"),
    _count("refused", AGENTS, "rings that the agent refused"),
    Figure(
        "share_taken",
        Unit.SHARE,
        AGENTS,
        _taken,
        "(rings - missed - refused) / rings",
        {"rings": 20, "missed": 3, "refused": 1},
        0.8,
    ),
    _seconds("signed_in_s", AGENTS, "time in any state but offline"),
    _seconds("rostered_s", AGENTS, "time on the roster, breaks included"),
    Figure(
        "occupancy",
        Unit.SHARE,
        AGENTS,
        lambda sums: occupancy(sums["busy_ms"], sums["available_ms"]),
        "time in talk or wrap-up / time in those, ready, or ringing",
        {"busy_ms": 75_000, "available_ms": 100_000},
        0.75,
    ),
    _share(
        "adherence",
        "adhered_ms",
        "rostered_ms",
        AGENTS,
        "(time on shift, outside of breaks, handling calls or available + time in breaks, doing neither) "
        "/ rostered time",
    ),
    Figure(
        "efficiency",
        Unit.SHARE,
        AGENTS,
        _efficiency,
        "AHT x talks / rostered time x share taken",
        {"talk_ms": 400, "hold_ms": 40, "wrap_up_ms": 60, "rostered_ms": 1000, "rings": 10, "missed": 1},
        0.45,
    ),
    _count("contained", MENUS, "calls that ended in the menus with all told: we hung up. Of a node: there"),
    _count("gave_up", MENUS, "calls whose caller hung up in the menus. Of a node: there"),
    _share("containment", "contained", "calls", NUMBER, "contained / calls"),
    _share("give_up_rate", "gave_up", "calls", NUMBER, "gave up / calls"),
    _share("ended_here", "contained", "visits", NODE, "contained / visits"),
    _share("gave_up_here", "gave_up", "visits", NODE, "gave up / visits"),
)


def of(by: By) -> list[Figure]:
    """The figures of a report, in order."""
    return [figure for figure in FIGURES if by in figure.of]
