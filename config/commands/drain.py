"""The command drain."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from config import drain as draining
from config.commands.shared import HERE, SiteFolder, give_up, load, say
from config.drain import Drain, DrainBody, Refused
from config.running import NotRunning
from cti.site.durations import seconds

LOOK_S = 1.0


def drain(
    site: SiteFolder = HERE,
    within: Annotated[str, typer.Option(help="How long calls may go on, such as 10m.")] = "10m",
    to: Annotated[
        str, typer.Option(help="Send callers who come to this transfer of site.yaml; the fallback has them else.")
    ] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Serve callers who come again.")] = False,
) -> None:
    """Empties the running server before it is stopped: no new calls.

    Ends when no call is left, or when the time is over and callers who waited have been handed over. Talks go on
    without the server.
    """
    state = load(site).state
    try:
        if undo:
            draining.ask(state, "DELETE")
            say("Callers who come are served again.")
            return
        now = draining.ask(state, "POST", DrainBody(within_s=seconds(within), to=to))
        told = ""
        while now.calls and now.left_s:
            if (line := _told(now)) != told:
                say(told := line)
            time.sleep(min(LOOK_S, now.left_s))
            now = draining.ask(state, "GET")
            if not now.draining:
                give_up("somebody has undone it: callers who come are served again")
        say("No call is left." if not now.calls else f"The time is over. {_told(now)}")
    except ValueError as error:
        give_up(f"--within {error}")
    except (NotRunning, Refused) as error:
        give_up(str(error))


def _told(now: Drain) -> str:
    return f"Calls left: {now.calls} (menu {now.menu}, queue {now.queue}, talking {now.talk})"
