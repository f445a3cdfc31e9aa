"""The command about staff: how many agents a day needs, and how many on each shift."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from config.commands.shared import HERE, console, errors, give_up, load, say, tell
from config.files import forecast as forecasts
from config.files.forecast import Forecast
from config.planning.refining import Refined, kinds_of, refined, shared
from config.planning.staffing import Day, Needs, as_json, typical_day, work_out
from config.settings import Site
from config.simulation.arrivals import ArrivalsFile
from config.simulation.arrivals import load as load_arrivals
from config.simulation.loads import loads, straight
from config.simulation.run import Hotline
from cti.site.durations import seconds
from cti.site.files import SiteError
from cti.site.hours import DAYS
from recordings.records.history import History, history, reading
from routing.queues import Target
from routing.shifts import Crew, clock
from routing.staffing import QUARTERS

BAR = 48
"""Characters of the longest bar."""


def staff(
    site: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="The site's folder.", exists=True, file_okay=False)
    ] = HERE,
    forecast: Annotated[Path | None, typer.Option("--forecast", help="YAML: calls to expect, and shifts.")] = None,
    from_records: Annotated[
        int | None, typer.Option("--from-records", help="Expect what the last so many days had.", min=1, max=3660)
    ] = None,
    weekday: Annotated[str, typer.Option("--weekday", help="Only such days of the records: mon to sun.")] = "",
    target: Annotated[str, typer.Option("--target", help="Share of calls to answer in time, such as 80%.")] = "",
    within: Annotated[str, typer.Option("--within", help="The time to answer in, such as 20s.")] = "",
    occupancy: Annotated[
        str, typer.Option("--occupancy", help="Share of their time that agents may be busy, such as 85%.")
    ] = "",
    shrinkage: Annotated[
        str, typer.Option("--shrinkage", help="Share of paid time lost to illness, training and the like.")
    ] = "",
    refine: Annotated[
        bool, typer.Option("--refine", help="Simulate the day: agents of several queues are fewer in all.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures there, as JSON.")] = None,
) -> None:
    """Tells how many agents each quarter-hour of a day needs, and how many each shift."""
    found = load(site)
    if forecast is None and from_records is None:
        give_up("say what calls to expect: --forecast FILE, --from-records DAYS, or both")
    if weekday and (from_records is None or weekday not in DAYS):
        give_up(f"--weekday is one of {', '.join(DAYS)}, and goes with --from-records")
    try:
        arrivals = None if forecast is None else forecasts.arrivals_of(forecast)
        if arrivals is not None and from_records is not None:
            give_up(f"the calls are those of {arrivals}: leave out --from-records, or arrivals in {forecast}")
        past = History() if from_records is None else asyncio.run(_past(found, from_records, weekday))
        expected, calls = typical_day(past, found.queues), None
        if arrivals is not None:
            expected, calls = loads(Hotline.of(found), load_arrivals(arrivals, found))
        wanted = _changed(forecasts.load(forecast, found.queues, expected), target, within, occupancy, shrinkage)
        day = work_out(wanted, partial(_refined, Hotline.of(found), calls, wanted) if refine else None)
    except SiteError as error:
        tell(error.problems)
        raise typer.Exit(1) from None
    except (SQLAlchemyError, OSError) as error:
        give_up(f"the records cannot be read: {getattr(error, 'orig', None) or error}")
    except ValueError as error:
        give_up(str(error))
    if from_records is not None:
        days = sum(past.days.values())
        say(f"From the records: the mean of {days} day{'' if days == 1 else 's'} with calls.\n")
    _show_queues(day)
    if day.refined is not None:
        _show_refined(day, day.refined)
    elif shared(kinds_of(found.agents, {name: found.queues[name] for name in day.needs})):
        say("Agents of the site serve several of these queues: --refine tells how many fewer will do.\n")
    _show_hours(day)
    _show_bars(day)
    _show_shifts(day)
    if json_file is not None:
        try:
            json_file.write_text(json.dumps(as_json(day), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            give_up(f"{json_file} cannot be written: {error.strerror}")
        say(f"Written to {json_file}.")


def _refined(hotline: Hotline, calls: ArrivalsFile | None, wanted: Forecast, needs: Needs) -> Refined:
    """By the simulator, with its progress on the screen."""
    if calls is None:
        hotline, calls = straight(hotline, wanted.loads)
    with errors.status("Simulating") as status:

        def tell_progress(tried: int, staffing: Mapping[str, int]) -> None:
            sizes = ", ".join(f"{count} like {kind}" for kind, count in staffing.items())
            status.update(f"Simulating: {tried}. try, {sizes}")

        return refined(
            hotline,
            calls,
            {name: [need.agents for need in of_queue] for name, of_queue in needs.items()},
            {name: queue.target for name, queue in wanted.loads.items()},
            wanted.least,
            wanted.most_busy,
            tell_progress,
        )


async def _past(site: Site, days: int, weekday: str) -> History:
    """The last whole days, until this midnight, by this machine's clock."""
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ005 local
    start, end = (midnight - timedelta(days=days)).timestamp(), midnight.timestamp()
    async with reading(site.database) as connection:
        return await history(connection, start, end, weekday=DAYS.index(weekday) if weekday else None)


def _changed(wanted: Forecast, target: str, within: str, occupancy: str, shrinkage: str) -> Forecast:
    """With what the command line says, which goes before all files. Raises ValueError."""

    def given(option: str, text: str, read: Callable[[object], float], otherwise: float) -> float:
        try:
            return read(text) if text else otherwise
        except ValueError as error:
            raise ValueError(f"{option} {error}") from None

    def aimed(of_queue: Target) -> Target:
        return Target(
            given("--target", target, forecasts.share, of_queue.share),
            given("--within", within, seconds, of_queue.within_s),
        )

    return replace(
        wanted,
        loads={name: replace(queue, target=aimed(queue.target)) for name, queue in wanted.loads.items()},
        most_busy=given("--occupancy", occupancy, forecasts.share, wanted.most_busy),
        shrinkage=given("--shrinkage", shrinkage, forecasts.share, wanted.shrinkage),
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if table.columns else "left", no_wrap=True)
    return table


def _show_queues(day: Day) -> None:
    columns = ("queue", "calls", "AHT", "patience", "target", "in time", "wait", "abandon", "busy")
    table = _table("With just the agents needed", *columns)
    for name, queue in day.forecast.loads.items():
        mean = day.whole_day(name)
        table.add_row(
            name,
            f"{sum(queue.calls):,.0f}",
            f"{queue.aht_s:.0f} s",
            "for ever" if queue.patience_s is None else f"{queue.patience_s:,.0f} s",
            f"{queue.target.share * 100:g}% in {queue.target.within_s:g} s",
            f"{mean.service_level:.1%}",
            f"{mean.mean_wait_s:.1f} s",
            f"{mean.abandoned:.1%}",
            f"{mean.occupancy:.0%}",
        )
    console.print(table, "")


def _show_refined(day: Day, refined: Refined) -> None:
    table = _table("Refined by the simulator", "agents", "who serve", "on the site", "at most", "agent-hours")
    table.columns[1].justify, table.columns[1].no_wrap = "left", False
    for name, kind in refined.kinds.items():
        sizes = refined.sizes[name]
        serve = ", ".join(queue + (f" after {after:g} s" if after else "") for queue, after in kind.queues.items())
        table.add_row(f"like {name}", serve, str(kind.agents), str(max(sizes)), f"{sum(sizes) / 4:g}")
    refined_hours, summed_hours = sum(refined.needed) / 4, sum(day.summed) / 4
    table.add_row("all of them", "", "", str(max(refined.needed)), f"{refined_hours:g}", style="bold")
    table.add_row("by Erlang", "each queue its own", "", str(max(day.summed)), f"{summed_hours:g}")
    console.print(table)
    if refined_hours <= summed_hours:
        say(f"Agents who serve several queues save {1 - refined_hours / max(summed_hours, 1):.0%} of the hours.")
    else:
        say(f"That is {refined_hours / summed_hours - 1:.0%} more hours: what Erlang leaves out weighs more.")
    when = f"On {refined.days} other day{'' if refined.days == 1 else 's'}"
    where = "" if refined.whole else " (its busiest hours)"
    say(f"{when}{where} they are busy for {refined.busy:.0%}, and answer")
    for name, level in refined.levels.items():
        target = day.forecast.loads[name].target
        edge = f" ({target.share:.0%} wanted: this plan is at the edge)" if level < target.share else ""
        say(f"  {level:.1%} of {name} within {target.within_s:g} s{edge}")
    console.print()


def _show_hours(day: Day) -> None:
    """A row an hour: what each queue needs in its busiest quarter-hour, and all of them in each."""
    quarters = [f":{minute:02}" for minute in (0, 15, 30, 45)]
    title = "Agents needed" if day.plan is None else "Agents needed/at work"
    table = _table(title, "hour", "calls", *day.forecast.loads, *quarters)
    for first in range(0, QUARTERS, 4):
        hour = range(first, first + 4)
        of_queues = [str(max(needs[quarter].agents for quarter in hour)) for needs in day.needs.values()]
        calls = sum(queue.calls[quarter] for queue in day.forecast.loads.values() for quarter in hour)
        cells = [f"{day.needed[q]}/{day.plan.cover[q]}" if day.plan else str(day.needed[q]) for q in hour]
        table.add_row(clock(first), f"{calls:,.0f}", *of_queues, *cells)
    console.print(table, "")


def _show_bars(day: Day) -> None:
    """A row an hour: the mean agents needed, and those at work beyond them."""
    at_work = day.plan.cover if day.plan else day.needed
    most = max(*at_work, 1)
    say("█ needed" + ("  ░ more at work" if day.plan else ""))
    for first in range(0, QUARTERS, 4):
        needed, there = (sum(agents[first : first + 4]) / 4 for agents in (day.needed, at_work))
        full, whole = round(needed / most * BAR), round(there / most * BAR)
        said = f"{needed:.4g}" + (f" of {there:.4g}" if day.plan else "")
        console.print(f"{clock(first)}  [green]{'█' * full}[/][yellow]{'░' * (whole - full)}[/] {said}")
    console.print()


def _show_shifts(day: Day) -> None:
    if day.plan is None:
        say("The forecast has no shifts, so none are planned.")
        return
    kinds = ["like"] if day.refined else []
    table = _table("Shifts", "shift", "hours", "agents", "on the roster", *kinds, "breaks begin")
    table.columns[-1].justify, table.columns[-1].no_wrap = "left", False
    for crew, on_roster in zip(day.plan.crews, day.on_roster, strict=True):
        hours = f"{clock(crew.shift.start)}-{clock(crew.shift.start + crew.shift.length)}"
        like = ", ".join(f"{kind} ({count})" for kind, count in day.kinds_on(crew).items())
        cells = (hours, str(crew.agents), str(on_roster), *([like] if kinds else []), _breaks(crew))
        table.add_row(crew.shift.name, *cells)
    console.print(table)
    fewest = "no plan on these shifts has fewer" if day.plan.proven else "a plan with fewer may exist"
    say(f"{sum(day.on_roster):,} on the roster, {day.paid_hours:,.4g} paid hours a day; {fewest}.")


def _breaks(crew: Crew) -> str:
    return ", ".join(clock(at) + (f" ({count})" if count > 1 else "") for at, count in crew.breaks) or "none"
