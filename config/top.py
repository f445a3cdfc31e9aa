"""What `cordboard top` shows: the figures of /metrics, on one screen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cti.calls.words import AgentState, Place

Labels = tuple[tuple[str, str], ...]

SLOW_S = 0.25
"""An engine that lets one wait so long has too much to do: the screen says so in red."""


@dataclass(frozen=True, slots=True)
class Look:
    """All samples by name and labels. ``at`` is Unix seconds, ``ticks`` seconds of a steady clock."""

    url: str
    at: float
    ticks: float
    samples: Mapping[str, Mapping[Labels, float]]

    def one(self, name: str, **labels: str) -> float:
        """A sample, 0.0 where there is none."""
        return self.samples.get(name, {}).get(tuple(sorted(labels.items())), 0.0)

    def by(self, name: str, label: str) -> dict[str, float]:
        """The samples of a name that has this label alone."""
        return {dict(labels)[label]: value for labels, value in self.samples.get(name, {}).items()}

    def sum(self, name: str) -> float:
        return sum(self.samples.get(name, {}).values())


def read(text: str, url: str, at: float, ticks: float) -> Look:
    """The figures of /metrics. Raises ValueError where these are not Cordboard's."""
    samples: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    if "cordboard_calls" not in samples:
        raise ValueError("there is no cordboard_calls among the figures")
    return Look(url, at, ticks, samples)


def screen(now: Look, before: Look | None, width: int, height: int | None) -> Group:
    """The screen; rates are those since ``before``. ``height`` is in lines, None for as many as there are queues."""
    head = [_title(now, width), *_state(now, before), Text()]
    queues = _queues(now)
    room = len(queues) if height is None else max(1, height - len(head) - 1)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), width=width)
    table.add_column("Queue", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("waiting", "longest wait", "in time today"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = queues if len(queues) <= room else queues[: room - 1]
    for row in shown:
        table.add_row(*row)
    more = [Text(f"and {len(queues) - len(shown)} more queues")] if len(shown) < len(queues) else []
    return Group(*head, table, *more)


def _title(now: Look, width: int) -> Text:
    clock = f"{datetime.fromtimestamp(now.at):%H:%M:%S}"  # noqa: DTZ006 by the clock of who looks
    title = Text(f"Cordboard  {now.url}", style="bold", no_wrap=True)
    title.truncate(max(1, width - len(clock) - 1), overflow="ellipsis", pad=True)
    return Text.assemble(title, " ", clock)


def _state(now: Look, before: Look | None) -> list[Text]:
    calls, agents = now.by("cordboard_calls", "place"), now.by("cordboard_agents", "state")
    places = [place for place in Place if place is not Place.ENDED]
    states = [state for state in AgentState if state is not AgentState.OFFLINE]
    return [
        _line("Calls", f"{sum(calls.values()):.0f}", [f"{place} {calls.get(place, 0):.0f}" for place in places]),
        _line(
            "Agents",
            f"{sum(agents.values()) - agents.get(AgentState.OFFLINE, 0):.0f}",
            [f"{state} {agents.get(state, 0):.0f}" for state in states],
        ),
        _rates(now, before),
        _parts(now),
        _alerts(now),
    ]


def _line(what: str, sum: str, parts: Sequence[str]) -> Text:
    return Text.assemble((f"{what:<8}", "bold"), f"{sum:>5}  ", "  ".join(parts), no_wrap=True, overflow="ellipsis")


def _rates(now: Look, before: Look | None) -> Text:
    """Per second, of those two looks; nothing where the server was started between them."""
    arrived = ("Arrived", "CalledOut", "CalledBack")
    count = sum(now.one("cordboard_events_total", kind=kind) for kind in arrived)
    text = Text.assemble((f"{'Rate':<8}", "bold"), no_wrap=True, overflow="ellipsis")
    if (
        before is None
        or now.ticks <= before.ticks
        or now.sum("cordboard_events_total") < before.sum("cordboard_events_total")
    ):
        return text.append("    -")
    seconds = now.ticks - before.ticks
    calls = (count - sum(before.one("cordboard_events_total", kind=kind) for kind in arrived)) / seconds
    events = (now.sum("cordboard_events_total") - before.sum("cordboard_events_total")) / seconds
    text.append(f"{calls:5.1f}  calls/s  {events:.0f} events/s  engine lag ")
    looks = now.one("cordboard_engine_lag_seconds_count") - before.one("cordboard_engine_lag_seconds_count")
    if looks <= 0:
        return text.append(f"over {seconds:.0f} s", style="bold red")
    lag = (now.one("cordboard_engine_lag_seconds_sum") - before.one("cordboard_engine_lag_seconds_sum")) / looks
    return text.append(f"{lag * 1000:.1f} ms", style="bold red" if lag > SLOW_S else "")


def _parts(now: Look) -> Text:
    parts = {**now.by("cordboard_part_up", "part"), "Asterisk": now.one("cordboard_asterisk_up")}
    text = Text.assemble((f"{'Server':<8}", "bold"), no_wrap=True, overflow="ellipsis")
    for name in ("Asterisk", "live state", "database"):
        if name in parts:
            up = parts.pop(name)
            text.append(f"{name} ").append("up  " if up else "DOWN  ", style="" if up else "bold red")
    text.append(f"{now.one('cordboard_database_waiting_rows'):.0f} rows wait")
    if wrong := [name for name, up in parts.items() if not up]:
        text.append(f"  BAD: {', '.join(wrong)}", style="bold red")
    return text


def _alerts(now: Look) -> Text:
    raised = [dict(labels) for labels, value in now.samples.get("cordboard_alerts", {}).items() if value]
    names = [f"{one.get('queue', '')} {one.get('figure', '')}".strip() for one in raised]
    text = Text.assemble((f"{'Alerts':<8}", "bold"), no_wrap=True, overflow="ellipsis")
    return text.append(", ".join(names), style="bold red") if names else text.append("none")


def _queues(now: Look) -> list[tuple[str, str, str, str]]:
    """A row a queue; first those in which callers wait longest."""
    waiting = now.by("cordboard_queue_waiting", "queue")
    longest = now.by("cordboard_queue_longest_wait_seconds", "queue")
    level = now.by("cordboard_queue_service_level", "queue")
    order = sorted(waiting, key=lambda name: (-longest.get(name, 0.0), -waiting[name], name))
    return [
        (
            name,
            f"{waiting[name]:.0f}",
            _time(longest.get(name, 0.0)) if waiting[name] else "-",
            f"{level[name]:.0%}" if name in level else "-",
        )
        for name in order
    ]


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
