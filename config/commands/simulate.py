"""The command simulate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from config.commands.shared import console, errors, give_up, load, say, tell
from config.simulation import show
from config.simulation.arrivals import ArrivalsFile
from config.simulation.arrivals import load as load_arrivals
from config.simulation.bars import bar as read_bar
from config.simulation.figures import figures
from config.simulation.plots import plots as pictures
from config.simulation.run import Hotline
from config.simulation.run import simulate as run
from config.simulation.tally import Day
from cti.site.files import SiteError


def simulate(
    site: Annotated[Path, typer.Argument(help="The site's folder.", exists=True, file_okay=False)],
    arrivals: Annotated[Path, typer.Option("--arrivals", help="YAML: who calls when, and wants what.")],
    seed: Annotated[int | None, typer.Option("--seed", help="Another day of the same kind; else the file's.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="So many such days, each by its own chance.")] = 1,
    json: Annotated[Path | None, typer.Option("--json", help="Write all figures there, as JSON.")] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Write pictures (SVG) into this folder.")] = None,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", help="Fail unless this holds, such as service_level.faults>=0.8; may be repeated."),
    ] = None,
) -> None:
    """Lives through a day in virtual time: service level, waits, who gives up, who is busy."""
    found = load(site)
    hotline = Hotline.of(found)
    try:
        wanted = [read_bar(text, hotline) for text in bar or ()]
        plan = load_arrivals(arrivals, found)
    except SiteError as error:
        tell(error.problems)
        give_up(f"{arrivals} cannot be used")
    except ValueError as error:
        give_up(str(error))
    seed = plan.seed if seed is None else seed
    came = figures(_watched(hotline, plan, range(seed, seed + days)), plan, hotline)
    seeds = f"seed {seed}" if days == 1 else f"an average of {days} such days, seeds {seed} to {seed + days - 1}"
    say(f"{plan.date:%A, %d %B %Y}, {seeds}")
    for line in show.outcomes(came):
        say(line)
    for table in show.tables(came, plan):
        console.print()
        console.print(table)
    say(
        "\nin time: answered within the service level's time, of all offered; net: of all offered but those who\n"
        "gave up within it. Waits are of answered calls, until the agent is heard."
    )
    try:
        if json is not None:
            json.write_text(show.as_json(came, plan, seed), encoding="utf-8")
            say(f"Figures: {json}")
        if plots is not None:
            plots.mkdir(parents=True, exist_ok=True)
            for name, svg in pictures(came, plan, hotline).items():
                (plots / name).write_text(svg, encoding="utf-8")
            say(f"Pictures: {plots}")
    except OSError as error:
        give_up(f"{error.filename} cannot be written: {error.strerror}")
    came_of = [(each.text, each.misses(came)) for each in wanted]
    for text in (text for text, why in came_of if not why):
        say(f"holds: {text}")
    if missed := [why for _, why in came_of if why]:
        give_up("\n".join(missed))


def _watched(hotline: Hotline, plan: ArrivalsFile, seeds: Sequence[int]) -> list[Day]:
    columns = (TextColumn("Simulating"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("days", total=len(seeds))

        def tell(before: int, share: float) -> None:
            progress.update(task, completed=before + share)

        return [run(hotline, plan, seed, partial(tell, before)) for before, seed in enumerate(seeds)]
