"""Who works when: the site's roster.yaml, or the roster inside an arrivals file.

    shifts:
      early:
        hours: {mon-fri: "06:00-14:00"}
        breaks: {mon-fri: "10:00-10:30"}
        agents: [alice, carol]
      night: {hours: {mon-sun: "22:00-06:00"}, groups: [night]}

A shift over midnight belongs to the day on which it begins. Times are by the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from cti.site.files import Document, Key, Problem, SiteModel
from cti.site.hours import DAY, DAYS, Span, WeekHours
from routing.agents import Agent

FILE = "roster.yaml"


class Shift(SiteModel):
    """When a shift is, its breaks, and who works it: agents by name, and all members of groups."""

    hours: WeekHours
    breaks: WeekHours = ()
    agents: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _somebody_works_it(self) -> Self:
        if not (self.agents or self.groups):
            raise ValueError("nobody works it: it needs agents, or groups")
        return self

    @model_validator(mode="after")
    def _breaks_within(self) -> Self:
        for day, name in enumerate(DAYS):
            for pause in self.pauses(day):
                if not any(_in(_from(pause, span), span) for span in self.hours[day]):
                    raise ValueError(f"a break on {name} lies outside of the shift's hours")
        return self

    def who(self, agents: Mapping[str, Agent]) -> list[str]:
        """The names of those who work it."""
        members = (name for name, agent in agents.items() if agent.groups & set(self.groups))
        return list(dict.fromkeys((*self.agents, *members)))

    def pauses(self, day: int) -> tuple[Span, ...]:
        """The breaks of a day of the week, Monday 0."""
        return self.breaks[day] if self.breaks else ()


class Roster(SiteModel):
    """All shifts by name. An agent may work several."""

    shifts: Annotated[Mapping[str, Shift], Field(min_length=1)]

    def problems(self, document: Document, agents: Mapping[str, Agent], under: Key = ()) -> Iterator[Problem]:
        """Agents and groups in the roster that the site does not have."""
        groups = {group for agent in agents.values() for group in agent.groups}
        for name, shift in self.shifts.items():
            for i, agent in enumerate(shift.agents):
                if agent not in agents:
                    key = (*under, "shifts", name, "agents", i)
                    yield document.problem(key, f"no agent is called {agent!r}")
            for i, group in enumerate(shift.groups):
                if group not in groups:
                    key = (*under, "shifts", name, "groups", i)
                    yield document.problem(key, f"no agent is in a group called {group!r}")


@dataclass(frozen=True, slots=True)
class Duty:
    """One agent's time at work; Unix seconds. ``breaks`` are (from, until), in order."""

    agent: str
    start: float
    end: float
    breaks: tuple[tuple[float, float], ...] = ()


def duties(roster: Roster, day: date, zone: str, agents: Mapping[str, Agent]) -> list[Duty]:
    """Who works when on a day: the shifts that begin on it, and on the day before beyond midnight."""
    midnight, next_midnight = (_unix(day + timedelta(days=n), 0, zone) for n in (0, 1))
    found: list[Duty] = []
    for shift in roster.shifts.values():
        for begins in (day - timedelta(days=1), day):
            for span in shift.hours[begins.weekday()]:
                start, end = (_unix(begins, minute, zone) for minute in span)
                if end <= midnight or start >= next_midnight:
                    continue
                pauses = (_from(pause, span) for pause in shift.pauses(begins.weekday()))
                breaks = sorted(
                    (_unix(begins, a, zone), _unix(begins, b, zone)) for a, b in pauses if _in((a, b), span)
                )
                found += [Duty(agent, start, end, tuple(breaks)) for agent in shift.who(agents)]
    return found


def _from(pause: Span, span: Span) -> Span:
    """The break as minutes of the shift's day: what is earlier than the shift is after midnight."""
    return pause if pause[0] >= span[0] else (pause[0] + DAY, pause[1] + DAY)


def _in(pause: Span, span: Span) -> bool:
    return span[0] <= pause[0] and pause[1] <= span[1]


def _unix(day: date, minute: int, zone: str) -> float:
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minute)
    return wall.timestamp()
