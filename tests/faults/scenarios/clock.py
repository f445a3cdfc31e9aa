"""The machine's clock is set wrong, and right again, while calls go on."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from demo.debian import FOLDER
from tests.faults.scenarios.fault import Fault
from tests.faults.world import Broken, Setting, World

HOUR_S = 3600
CLOSE_S = 5.0


def offset(world: World) -> Path:
    """The file by which libfaketime sets Cordboard's clock."""
    return world.stage.site.folder.parent / "clock"


def library() -> Path:
    """libfaketime: the system's, or the package that this system would install, unpacked. Raises Broken: not to be
    had."""
    own = FOLDER / "libfaketime"
    for place in (Path("/usr/lib"), own / "usr" / "lib"):
        for found in place.glob("*/faketime/libfaketime.so.1"):
            return found
    own.mkdir(parents=True, exist_ok=True)
    for command in (["apt-get", "-q", "download", "libfaketime"], ["sh", "-c", "dpkg-deb -x libfaketime_*.deb ."]):
        if subprocess.run(command, cwd=own, capture_output=True, check=False).returncode:
            raise Broken("libfaketime is not here, and could not be fetched: sudo apt-get install libfaketime")
    return library()


def faked(world: World) -> Mapping[str, str]:
    """Cordboard's wall clock, and that of what it starts, is as the file says; its monotonic one is the machine's."""
    offset(world).write_text("+0\n")
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(offset(world)),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


async def jumps(world: World) -> str:
    """An hour ahead, then an hour behind, then right; a supervisor looks on all the time."""
    for seconds in (HOUR_S, -HOUR_S, 0):
        offset(world).write_text(f"{seconds:+d}\n")

        async def jumped(ahead_s: int = seconds) -> bool:
            return abs(await world.clock() - time.time() - ahead_s) < CLOSE_S

        await world.until(f"Cordboard's clock is {seconds} s ahead, and a supervisor is still logged in", jumped, 10)
        await asyncio.sleep(world.chance.uniform(2, 4))
    return "the clock an hour ahead, then an hour behind, then right"


CLOCK = (
    Fault(
        27, "the wall clock jumps by an hour, both ways", "times and lengths are the true ones; nobody is logged out",
        jumps, setting=Setting(environment=faked), stay_s=40.0,
    ),
)  # fmt: skip
