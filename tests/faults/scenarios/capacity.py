"""The server is emptied and started anew, as for an upgrade; and more callers come than it serves."""

from __future__ import annotations

import asyncio
import sys

from tests.faults.accounts import Allowed
from tests.faults.crowd import Kind
from tests.faults.reading import ours, waits
from tests.faults.scenarios.fault import Fault
from tests.faults.world import Broken, Setting, World

NEW = 10
WITHIN_S = 6
MOST = 20
LATE_S = 3.0
"""From the choice in the menu to the talk; a phone rings for up to a second of it."""


async def emptied(world: World) -> str:
    """`cordboard drain`, with callers who come meanwhile; then the next version is started."""
    drain = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "config", "drain", "--site", str(world.stage.site.folder)),
        *("--within", f"{WITHIN_S}s"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert drain.stdout is not None
    await drain.stdout.readline()
    async with world.crowd.call(world.stage.asterisk.ports.sip, {Kind.MENU: NEW}, stay_s=WITHIN_S + 8):
        told = (await drain.stdout.read()).decode().splitlines()
        if await drain.wait():
            raise Broken("cordboard drain failed")
        await world.end()
        await world.start_again()
    return f"drained within {WITHIN_S} s ({told[-1]}), stopped, and started again; {NEW} callers came meanwhile"


async def newcomers(world: World) -> list[str]:
    """Who came during the drain had the fallback."""
    rows, _ = await ours(world.stage.site.database, world.stage.site.recordings)
    came = [row for row in rows if row.number.startswith("502")]
    wrong = [f"{row.number}, who came during the drain, was {row.outcome}" for row in came if row.outcome != "fallback"]
    return (
        wrong if len(came) == NEW else [f"{NEW} callers came during the drain, {len(came)} of them are known", *wrong]
    )


async def too_many(world: World) -> str:
    """Nothing is done: that so many call is enough."""

    async def full() -> bool:
        lived = world.crowd.lived().values()
        here = sum(one.end is None for one in lived)
        return here == MOST and all(one.answered_at is not None for one in lived)

    await world.until(f"{MOST} callers are served, all others have gone", full)
    return f"{len(world.crowd.lived())} calls offered where {MOST} are served at a time"


async def served(world: World) -> list[str]:
    """Whoever came in talked, and soon; all others heard a message."""
    rows, _ = await ours(world.stage.site.database, world.stage.site.recordings)
    left = [f"{row.number} was let in and {row.outcome}" for row in rows if not row.talks and row.outcome != "fallback"]
    if (talked := sum(bool(row.talks) for row in rows)) < MOST:
        left.append(f"only {talked} talked, where {MOST} may")
    late = [(wait.connected_at or 0.0) - wait.queued_at for wait in await waits(world.stage.site.database)]
    if (longest := max(late, default=0.0)) > LATE_S:
        left.append(f"one who was let in waited for {longest:.1f} s")
    phones = world.crowd.lived()
    for row in rows:
        one = phones[row.number]
        if row.outcome == "fallback" and (one.ended_at or 0.0) - (one.answered_at or 0.0) < 2:
            left.append(f"{row.number} was turned away without a message")
    return left


CAPACITY = (
    Fault(
        28, "emptied, stopped and started again", "nobody who is there or comes is lost; who comes gets the fallback",
        emptied, look=newcomers, stay_s=45.0,
    ),
    Fault(
        29, "three times as many callers as may be", "who comes in is served in time, the rest hears a message",
        too_many, look=served, crowd={Kind.TALK: 1}, times=3, while_coming=True, allowed=Allowed(message=True),
        setting=Setting(site={"most_calls": MOST}),
    ),
)  # fmt: skip
