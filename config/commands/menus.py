"""Commands about menus: walk, graph, schema, diff, reload."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from config import reload as reloading
from config import settings
from config.commands.shared import HERE, FlowName, SiteFolder, flow_of, give_up, load, say, tell
from config.premises import make_prompts
from config.report import report
from config.running import NotRunning
from config.usage import branches
from cti.site.durations import seconds
from cti.site.files import SiteError, plain, read
from ivr import graph as pictures
from ivr import scenario, terminal
from ivr.check.certificate import Certificate
from ivr.differences import differences
from ivr.rehearsal import Guessed, Rehearsal, Voice
from ivr.schema import flow_schema
from ivr.tree import Flows
from recordings.store import Store


def walk(
    flow: FlowName,
    site: SiteFolder = HERE,
    caller: Annotated[str, typer.Option("--caller", help="The caller's number.")] = "5550123",
    at: Annotated[str, typer.Option("--at", help="When the call begins, such as 2026-11-23T10:00:00+01:00.")] = "",
    answers: Annotated[
        Path | None, typer.Option("--answers", help="YAML: answers to lookups and the like, by node or kind.")
    ] = None,
    script: Annotated[Path | None, typer.Option("--script", help="Run this scenario instead of the keyboard.")] = None,
    speak: Annotated[bool, typer.Option("--speak", help="Play what is said.")] = False,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Wait as long as a caller would; keys count during prompts.")
    ] = False,
) -> None:
    """Goes through a flow in the terminal, with the keyboard's keys."""
    found = load(site)
    try:
        if script is not None:
            _run(scenario.load(script), found.flows)
            return
        start = scenario.moment(at) if at else time.time()
        prepared: Mapping[str, Any] = plain(read(answers).data) if answers is not None else {}
        if not isinstance(prepared, Mapping):
            give_up(f"{answers}: must be keys with values")
        voice: Voice = terminal.Aloud(make_prompts(found), found.flows) if speak else Guessed()
        play = terminal.player() if speak else None
        if speak and play is None:
            say("Nothing here plays sounds: install aplay (alsa-utils) or paplay. The sounds are made all the same.")
        with terminal.keyboard() as keys:
            chosen = flow_of(found.flows, flow)
            asking = terminal.Asking(keys, say, prepared)
            call = Rehearsal(chosen, found.flows, voice, asking, caller=caller, at=start)
            terminal.walk(call, found.flows, keys, say, real_time=real_time, play=play)
        say(f"After {call.now - call.began:.1f} s: {scenario.standing(call)}.")
    except SiteError as error:
        tell(error.problems)
        raise typer.Exit(1) from None
    except ValueError as error:
        give_up(str(error))
    except EOFError:
        give_up("the flow asks something, and there is nobody to answer; see --answers")


def _run(script: scenario.Scenario, flows: Flows) -> None:
    try:
        call = scenario.run(script, flows)
    except scenario.Failed as failed:
        for line in failed.story:
            say(line)
        give_up(str(failed))
    for line in scenario.told(call):
        say(line)
    say(f"{script.file}: all {len(script.steps)} steps as expected; {scenario.standing(call)}.")


def graph(
    flow: FlowName,
    site: SiteFolder = HERE,
    to: Annotated[Path | None, typer.Option("--to", help="Write it there instead of showing it.")] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As Mermaid instead of SVG.")] = False,
    usage: Annotated[
        str, typer.Option("--usage", help="With the calls of the last such time on each way, such as 168h.")
    ] = "",
) -> None:
    """Draws a flow."""
    found = load(site)
    chosen = flow_of(found.flows, flow)
    counted: Counter[tuple[str, str]] | None = None
    if usage:
        try:
            since = time.time() - seconds(usage)
        except ValueError as error:
            give_up(f"--usage {error}")
        counted = asyncio.run(_counted(found, since))
    text = pictures.mermaid(chosen, counted) if mermaid else pictures.svg(chosen, counted)
    _put(text, to)


async def _counted(site: settings.Site, since: float) -> Counter[tuple[str, str]]:
    store = await Store.open(site.database)
    try:
        return await branches(store, since)
    finally:
        await store.close()


def schema(
    to: Annotated[Path | None, typer.Option("--to", help="Write it there instead of showing it.")] = None,
) -> None:
    """Writes the JSON Schema of flow files, for editors."""
    _put(json.dumps(flow_schema(), indent=2, ensure_ascii=False) + "\n", to)


def _put(text: str, to: Path | None) -> None:
    if to is None:
        sys.stdout.write(text)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        give_up(f"{to} cannot be written: {error.strerror}")
    say(f"Written to {to}.")


def diff(
    before: Annotated[Path, typer.Argument(help="A site's folder, or a flow's file.", exists=True)],
    after: Annotated[Path, typer.Argument(help="The other one.", exists=True)],
) -> None:
    """Tells in words what differs for callers between two sites or flows."""
    if before.is_dir() != after.is_dir():
        give_up("both must be folders of sites, or both files of flows")
    found = differences(_flows(before), _flows(after, before.stem))
    if before.is_dir():
        found += _times_to_human(load(before), load(after))
    for line in found:
        say(line)
    if not found:
        say("Nothing differs for callers.")


def _times_to_human(before: settings.Site, after: settings.Site) -> list[str]:
    """Flows in which a caller may now need another time to reach a human, by their certificates."""
    was, now = report(before).certificates, report(after).certificates
    return [
        f"{name}: at the longest a caller needs {_time(now[name])} to a human (was: {_time(was[name])})"
        for name in was
        if name in now and _time(was[name]) != _time(now[name])
    ]


def _time(certificate: Certificate) -> str:
    if certificate.human is None:
        return "for ever"
    minutes, rest = divmod(round(certificate.human.took.seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _flows(path: Path, name: str = "") -> Flows:
    """The flows of a site, or the one of a file; the latter under ``name``, so that two can be compared."""
    if path.is_dir():
        return load(path).flows
    try:
        flow = settings.load_flow(path)
    except SiteError as error:
        tell(error.problems)
        give_up(f"{path} is no good flow")
    return {name or path.stem: flow}


def reload(site: SiteFolder = HERE) -> None:
    """Has the running server load changed menus, for new calls.

    It refuses them all if anything is wrong.
    """
    found = load(site)
    try:
        done = reloading.ask(found.state)
    except SiteError as error:
        tell(error.problems)
        give_up("The server refused the site; nothing was changed.")
    except NotRunning as error:
        give_up(str(error))
    for change in done.changes:
        say(change)
    say("Loaded for new calls." if done.changes else "Loaded. Nothing differs for callers.")
    for part in done.restart:
        say(f"Only a restart applies what has changed in {part}.")
