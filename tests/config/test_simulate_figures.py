"""What a day comes to: figures that can be checked by hand, bars, and pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

import pytest

from config.simulation import plots, show
from config.simulation.arrivals import QUARTER_S
from config.simulation.bars import bar
from config.simulation.chart import Chart
from config.simulation.figures import Figures, figures
from config.simulation.tally import Came, Day, Stretch, Wait
from cti.calls.words import AgentState, CallId
from recordings.words import Outcome
from routing.agents import Agent
from routing.queues import Queue, Target
from tests.config.simulated import plan, straight, want

AGENTS = {"alice": Agent("alice", "PJSIP/alice", {"tea": 5, "milk": 3}), "bob": Agent("bob", "PJSIP/bob", {"tea": 2})}
HOTLINE = straight(
    {"tea": Queue("tea", {"tea": 1}), "milk": Queue("milk", {"milk": 1}, target=Target(0.9, 60.0))}, AGENTS
)
PLAN = plan({"a": want((5.0, 5.0), dials="tea")})
START = PLAN.midnight


def wait(at: float, seconds: float, came: Came = Came.ANSWERED, queue: str = "tea") -> Wait:
    return Wait(CallId(f"{queue}{at}"), queue, START + at, seconds, came)


def stretch(state: AgentState, start: float, end: float) -> Stretch:
    return Stretch(state, START + start, START + end)


DAY = Day(
    START,
    START + 2 * QUARTER_S,
    [
        wait(10, 5),
        wait(20, 20),
        wait(30, 21),
        wait(40, 3, Came.ABANDONED),
        wait(50, 30, Came.ABANDONED),
        wait(60, 1, Came.MOVED),
        wait(70, 50, queue="milk"),
        wait(QUARTER_S + 1, 100, queue="milk"),
        wait(2 * QUARTER_S + 5, 900, Came.WAITING),
    ],
    {
        "alice": [
            stretch(AgentState.READY, -100, 450),
            stretch(AgentState.TALKING, 450, 1350),
            stretch(AgentState.NOT_READY, 1350, 1700),
            stretch(AgentState.WRAP_UP, 1700, 4000),
        ],
    },
    {Outcome.ANSWERED: 5, Outcome.ABANDONED_IN_QUEUE: 2},
)
FOUND = figures([DAY], PLAN, HOTLINE)


def test_both_service_levels() -> None:
    tea = FOUND.queues["tea"]
    assert (tea.offered, tea.answered, tea.abandoned, tea.moved, tea.waiting) == (7, 3, 2, 1, 1)
    assert tea.service_level == pytest.approx(2 / 7)
    assert tea.service_level_net == pytest.approx(2 / 6)
    assert tea.abandonment == pytest.approx(2 / 7)


def test_a_queue_has_its_own_time() -> None:
    assert FOUND.queues["milk"].service_level == 0.5
    assert FOUND.all.service_level == pytest.approx(3 / 9)


def test_waits_are_those_of_answered_calls() -> None:
    tea = FOUND.queues["tea"]
    assert tea.wait_mean == pytest.approx(46 / 3)
    assert (tea.wait_p50, tea.wait_p90, tea.wait_max) == (20, 21, 21)


def test_quarter_hours_count_by_when_the_wait_began() -> None:
    assert [quarter.all.offered for quarter in FOUND.quarters] == [7, 2]
    assert [quarter.queues["milk"].offered for quarter in FOUND.quarters] == [1, 1]


def test_agents_over_the_quarter_hours() -> None:
    first, second = FOUND.quarters
    assert (first.on_duty, first.busy) == (1.0, 0.5)
    assert second.on_duty == second.busy == pytest.approx(550 / 900)
    assert first.load == pytest.approx(6 * (900 + 2300) / 5 / 900)


def test_occupancy_by_agent_and_skill_without_breaks() -> None:
    busy = (450 + 450 + 100) / (450 + 450 + 450 + 100)
    assert FOUND.occupancy == pytest.approx(busy)
    assert FOUND.agents == {"alice": pytest.approx(busy)}
    assert FOUND.skills == {"milk": pytest.approx(busy), "tea": pytest.approx(busy)}


def test_several_days_are_one_of_average() -> None:
    quiet = replace(DAY, waits=[], agents={}, outcomes={})
    found = figures([DAY, quiet], PLAN, HOTLINE)
    assert (found.days, found.queues["tea"].offered, found.quarters[0].busy) == (2, 3.5, 0.25)
    assert found.queues["tea"].service_level == FOUND.queues["tea"].service_level
    assert found.outcomes == {"answered": 2.5, "abandoned in queue": 1.0}


def test_a_day_without_calls_has_no_shares() -> None:
    found = figures([replace(DAY, waits=[], agents={}, outcomes={})], PLAN, HOTLINE)
    assert (found.all.offered, found.all.service_level, found.all.wait_p90, found.occupancy) == (0, None, None, None)
    assert found.agents == {}


# Bars


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("service_level.tea>=0.25", ""),
        ("service_level.tea>=80%", "service_level.tea>=80%: it is 0.2857"),
        ("service_level>=0.3", ""),
        ("service_level_net.tea >= 0.333", ""),
        ("wait_p90.tea<=20s", "wait_p90.tea<=20s: it is 21"),
        ("abandonment<=0.25", ""),
        ("occupancy.alice<=90%", ""),
        ("occupancy<=0.5", "occupancy<=0.5: it is 0.6897"),
        ("skill_occupancy.tea<=0.7", ""),
        ("occupancy.bob<=0.9", "occupancy.bob<=0.9: there is no such figure, as there were no calls"),
    ],
)
def test_bars_hold_or_tell_why_not(text: str, why: str) -> None:
    told = bar(text, HOTLINE).misses(FOUND)
    assert told.startswith(why)
    assert bool(told) == bool(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("service_level", "is no bar"),
        ("service_level=0.8", "is no bar"),
        ("service_level>0.8", "is no bar"),
        ("luck>=1", "no figure is called 'luck'; there are offered"),
        ("service_level.coffee>=0.8", "no queue called 'coffee'"),
        ("occupancy.sue<=0.8", "no agent called 'sue'"),
        ("skill_occupancy.coffee<=0.8", "no skill called 'coffee'"),
    ],
)
def test_what_is_no_bar(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        bar(text, HOTLINE)


# JSON and pictures


def test_json_has_all_figures() -> None:
    told = json.loads(show.as_json(FOUND, PLAN, 3))
    assert (told["date"], told["seed"], told["days"]) == ("2026-11-23", 3, 1)
    assert told["queues"]["tea"]["service_level_net"] == pytest.approx(2 / 6)
    assert len(told["quarters"]) == 2
    assert told["outcomes"] == {"answered": 5, "abandoned in queue": 2}


def elements(svg: str, name: str) -> list[ET.Element]:
    return ET.fromstring(svg).findall(f".//{{http://www.w3.org/2000/svg}}{name}")


def words(svg: str) -> list[str]:
    return [element.text or "" for element in elements(svg, "text")]


def pictures(found: Figures = FOUND) -> dict[str, str]:
    return dict(plots.plots(found, PLAN, HOTLINE))


def test_there_are_four_pictures() -> None:
    made = pictures()
    assert set(made) == {"calls.svg", "service-level.svg", "agents.svg", "waits.svg"}
    assert words(made["calls.svg"])[0] == "Calls in a quarter-hour · Monday, 23 November 2026"
    assert {"answered", "abandoned", "went elsewhere"} <= set(words(made["calls.svg"]))
    assert {"milk", "tea", "all queues", "target 80 % in 20 s (tea)", "target 90 % in 60 s (milk)", "100 %"} <= set(
        words(made["service-level.svg"])
    )


def test_a_day_on_which_nothing_happened_can_be_drawn() -> None:
    found = figures([replace(DAY, waits=[], agents={}, outcomes={})], PLAN, HOTLINE)
    for svg in pictures(found).values():
        assert ET.fromstring(svg) is not None


def chart(values: Sequence[float | None]) -> str:
    made = Chart("A <b> & c", 480, len(values))
    made.line("x", "good", values)
    return made.svg()


def test_lines_break_where_there_is_nothing_and_single_values_are_dots() -> None:
    svg = chart([1.0, 2.0, None, 4.0, None, 5.0, 6.0])
    lines = [
        e for e in elements(svg, "path") if (e.get("class") or "").startswith("line") and "L" in (e.get("d") or "")
    ]
    assert len(lines) == 2
    assert len(elements(svg, "circle")) == 1
    assert words(svg)[0] == "A <b> & c"


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0.0, ["0"]),
        (3.0, ["0", "1", "2", "3"]),
        (0.9, ["0", "0.25", "0.5", "0.75", "1"]),
        (97.0, ["0", "25", "50", "75", "100"]),
        (4100.0, ["0", "2000", "4000", "6000"]),
    ],
)
def test_axes_have_round_numbers(most: float, ticks: list[str]) -> None:
    told = [word for word in words(chart([most, most / 2])) if ":" not in word]
    assert told[2 : 2 + len(ticks)] == ticks


def test_bars_stand_on_each_other() -> None:
    made = Chart("t", 0, 2)
    made.bars([("low", "good", [1.0, 0.0]), ("high", "bad", [1.0, 2.0])])
    drawn = [e for e in elements(made.svg(), "rect") if e.get("y") not in ("0.5", "44")]
    tops = {(e.get("class"), e.get("x")): float(e.get("height") or 0) for e in drawn}
    assert len(tops) == 3
    heights = sorted(tops.values())
    assert heights[0] * 2 == pytest.approx(heights[1], abs=0.2)
