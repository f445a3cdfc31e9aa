"""The disk of the recordings is full while talks are recorded."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.faults import reading
from tests.faults.accounts import Allowed
from tests.faults.crowd import Kind
from tests.faults.scenarios.fault import Fault
from tests.faults.world import Broken, Setting, World

SIZE_MB = 600
FULL_S = 12
PAGE = 4096
NEW = 5
TALK_S = 20.0
_CLONE_NEWNS = 0x00020000


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Mapping[str, Any]]:
    """The recordings folder is a disk of its own, in memory, seen by us and what we start only (Linux, unshare(2)).
    Raises Broken: we may not mount one."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        why = os.strerror(ctypes.get_errno())
        raise Broken(f"no disk can be mounted ({why}): do this as root, or as `unshare -rm make faults`")
    recordings = folder / "site" / "var" / "recordings"
    recordings.mkdir(parents=True, exist_ok=True)
    await _run("mount", "--make-rprivate", "/")
    await _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(recordings))
    try:
        yield {}
    finally:
        await _run("umount", "-l", str(recordings))


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise Broken(f"{command[0]} failed: {said.decode().strip()}")


async def disk_full(world: World) -> str:
    """Something else takes all that is free, and gives it back; meanwhile more callers come and talk."""
    folder = world.stage.site.recordings
    hoard = folder / "hoard"
    with hoard.open("wb") as file:
        _take_all(file.fileno())
    async with world.crowd.call(world.stage.asterisk.ports.sip, {Kind.TALK: NEW}, stay_s=TALK_S):
        await asyncio.sleep(FULL_S)
        left = shutil.disk_usage(folder).free
        hoard.unlink()
    if left:
        raise Broken(f"the disk was not full: {left} bytes were free")
    return f"for {FULL_S} s the disk of the recordings was full; {NEW} more callers came and talked meanwhile"


def _take_all(file: int) -> None:
    """To the last page: others write meanwhile, so nobody can say beforehand how much there is."""
    size = 0
    for part in (2**20, PAGE):
        with suppress(OSError):
            while True:
                os.posix_fallocate(file, size, part)
                size += part


async def told_as_short(world: World) -> list[str]:
    """What lacks sound is said to be so, and counted for alarms."""
    _, sounds = await reading.ours(world.stage.site.database, world.stage.site.recordings)
    bad = sum(sound.state != "whole" for sound in sounds)
    counts = re.findall(
        r'^cordboard_recordings_total\{state="(\w+)"\} (\d+)', await world.text("/metrics"), re.MULTILINE
    )
    counted = sum(int(count) for state, count in counts if state != "whole")
    if not bad:
        return ["N4: no recording is said to lack anything"]
    return [] if counted == bad else [f"N4: {bad} recordings lack sound, and {counted} are counted for alarms"]


DISK = (
    Fault(
        19, "the disk is full while talks are recorded", "calls go on; each such recording is said to be short, and"
        " counted for alarms", disk_full, crowd={Kind.TALK: 2, Kind.MENU: 1, Kind.QUEUE: 1, Kind.TRANSFER: 1},
        allowed=Allowed(sound=True), look=told_as_short, stay_s=40.0, setting=Setting(stores=small_disk),
    ),
)  # fmt: skip
