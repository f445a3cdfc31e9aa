"""The demo's robots: an agent who answers and speaks, and callers who dial, choose and speak."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import soxr

from demo.debian import Program
from demo.phones import Phone
from demo.tones import RATE, Samples

HOTLINE = "100"
STEPS = ((2.5, "1"), (3.0, "1"), (2.5, "2"), (1.5, "204815#"))
"""How a caller goes through the example site's menus: so many seconds of listening, then keys.
English, a fault, the power is out, and the number of the account."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the robots say, spoken."""

    agent: Samples
    caller: Samples


async def words(programs: Mapping[str, Program]) -> Words:
    """Has their words spoken by espeak-ng."""
    with TemporaryDirectory() as folder:
        agent, caller = [
            await _speech(programs["espeak-ng"], voice, text, Path(folder) / f"{voice}.wav")
            for voice, text in (
                ("en+f3", "Riverside Power, this is Alice. Your power is out?"),
                ("en+m2", "Yes, in the whole street, since nine. Thank you, goodbye."),
            )
        ]
    return Words(agent, caller)


async def _speech(speaker: Program, voice: str, text: str, to: Path) -> Samples:
    process = await asyncio.create_subprocess_exec(*speaker.argv, "-v", voice, "-w", str(to), text)
    if await process.wait() != 0:
        raise RuntimeError(f"{speaker.path} could not speak")
    samples, rate = soundfile.read(to, dtype="float64")
    return np.asarray(soxr.resample(samples, rate, RATE))


async def serve(phone: Phone, says: Samples) -> None:
    """An agent's work: takes each call that rings, and speaks. Ends only when cancelled."""
    while True:
        call = await phone.called(within=None)
        with contextlib.suppress(ConnectionError, TimeoutError):
            await call.answered()
            await call.say(says)


async def call(phone: Phone, spoken: Words) -> None:
    """One call: dials, goes through the menus, lets the agent speak first, speaks, hangs up.

    Raises ConnectionError or TimeoutError if the hotline does not take the call.
    """
    mine = await phone.dial(HOTLINE)
    await mine.answered()
    for listens_s, keys in STEPS:
        await mine.listen(listens_s)
        await mine.press(keys)
    await mine.listen(len(spoken.agent) / RATE + 1.0)
    await mine.say(spoken.caller)
    await mine.listen(0.5)
    await mine.hang_up()
