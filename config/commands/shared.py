"""What all commands share: how they speak, give up, and take a site's folder."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from config import settings, sites
from cti.site.files import Problem, SiteError
from ivr.tree import Flow, Flows

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

SiteFolder = Annotated[Path, typer.Option("--site", help="The site's folder.", exists=True, file_okay=False)]
FlowName = Annotated[str, typer.Argument(help="The flow's name, which is its file's without suffix.")]
HERE = Path()


def load(folder: Path) -> settings.Site:
    """The site in a folder; ends the command with everything that is wrong with it."""
    try:
        return settings.load(folder)
    except SiteError as error:
        tell(error.problems)
        give_up(f"{counted(error.problems)} in {folder.resolve()}")


def load_all(folders: Sequence[Path]) -> Mapping[Path, settings.Site]:
    """The sites in some folders; ends the command with everything that is wrong with any of them, or
    with them together."""
    folders = list({folder.resolve(): folder for folder in folders}.values())
    if len(folders) == 1:
        return {folders[0]: load(folders[0])}
    found: dict[Path, settings.Site] = {}
    wrong: list[Problem] = []
    for folder in folders:
        try:
            found[folder] = settings.load(folder)
        except SiteError as error:
            wrong += (replace(problem, file=str(folder / problem.file)) for problem in error.problems)
    wrong += sites.clashes(found)
    if wrong:
        tell(wrong)
        give_up(f"{counted(wrong)} in {', '.join(str(folder.resolve()) for folder in folders)}")
    return found


def counted(problems: Sequence[Problem]) -> str:
    return f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"


def flow_of(flows: Flows, name: str) -> Flow:
    """A flow by its name; ends the command where there is none."""
    if name not in flows:
        give_up(f"there is no flow called {name!r}; the site has {', '.join(flows)}")
    return flows[name]


def tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        errors.print(str(problem), markup=False, style="red", soft_wrap=True)


def say(text: str) -> None:
    """As it is: a path is not broken at the end of a line, and [brackets] are not taken for colours."""
    console.print(text, markup=False, soft_wrap=True)


def give_up(why: str) -> NoReturn:
    errors.print(why, markup=False, style="bold red", soft_wrap=True)
    raise typer.Exit(1)


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs ``work`` until it ends, or until SIGINT or SIGTERM cancels it."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
