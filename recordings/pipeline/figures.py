"""Who speaks when, and how loud: of windows of sound, pure.

Levels are dBFS: decibels below the loudest that 16 bits can say. What each figure means is in
docs/how-to/listen-and-review.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WINDOW_S = 0.02
FULL_SCALE = 32768.0

FAINTEST_DB = -50.0
"""What is fainter is no speech."""
MARGIN_DB = 20.0
"""What is so much fainter than the direction's own speech is no speech of it either."""
PAUSE_S = 0.3
"""A pause up to this long is part of speaking."""
CLICK_S = 0.1
"""What is shorter is a click."""
SILENCE_S = 2.0
TALK_OVER_S = 0.5

TARGET_DB = -20.0
"""How loud the speech of each direction is made."""
MOST_GAIN_DB = 24.0
PEAK_DB = -1.0
"""No sample is made louder than this."""

MOST_POINTS = 1000

Levels = npt.NDArray[np.float64]
"""RMS of each window and direction, 0 to 32768. Shape (windows, directions)."""
Peaks = npt.NDArray[np.int32]
"""The greatest sample of each window and direction, without its sign. Shape (windows, directions)."""
Mask = npt.NDArray[np.bool_]
"""Of each window, whether something is so. Shape (windows,)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds in which each direction speaks, in which nobody does, and in which both do."""

    caller_s: float
    agent_s: float
    silence_s: float
    talk_over_s: float


@dataclass(frozen=True, slots=True)
class Waveform:
    """A point each ``step_s`` seconds and direction: its greatest sample, 0 to 255. ``agent`` is empty
    where a caller was recorded alone."""

    step_s: float
    caller: bytes
    agent: bytes


def windows(sound: npt.NDArray[np.int16], size: int) -> tuple[Levels, Peaks]:
    """Levels and peaks of ``sound``, shape (samples, directions), in windows of ``size`` samples. The last
    window may be short."""
    whole = len(sound) - len(sound) % size
    parts = [sound[:whole].reshape(-1, size, sound.shape[1])] if whole else []
    if whole < len(sound):
        parts.append(sound[None, whole:])
    squares = [np.einsum("wsd,wsd->wd", f, f) / f.shape[1] for f in (part.astype(np.float32) for part in parts)]
    peaks = [np.maximum(part.max(axis=1).astype(np.int32), -part.min(axis=1).astype(np.int32)) for part in parts]
    none = np.zeros((0, sound.shape[1]))
    levels = np.sqrt(np.concatenate([none, *squares]).astype(np.float64))
    return levels, np.concatenate([none.astype(np.int32), *peaks])


def speech(levels: Levels) -> Mask:
    """In which windows one direction speaks; ``levels`` of that direction, shape (windows,)."""
    decibels = 20 * np.log10(np.maximum(levels, 1e-3) / FULL_SCALE)
    loud = decibels[decibels > FAINTEST_DB]
    if not len(loud):
        return np.zeros(len(levels), bool)
    least = max(FAINTEST_DB, float(np.percentile(loud, 95)) - MARGIN_DB)
    speaks = lasting(decibels > least, CLICK_S)
    return ~_inner(~speaks, PAUSE_S)


def lasting(mask: Mask, least_s: float) -> Mask:
    """Where it is so for ``least_s`` seconds or longer at a stretch."""
    starts, ends = _stretches(mask)
    keep = ends - starts >= round(least_s / WINDOW_S)
    return _mask(starts[keep], ends[keep], len(mask))


def _inner(quiet: Mask, most_s: float) -> Mask:
    """The quiet stretches that are no short pause between two words."""
    starts, ends = _stretches(quiet)
    keep = (ends - starts > round(most_s / WINDOW_S)) | (starts == 0) | (ends == len(quiet))
    return _mask(starts[keep], ends[keep], len(quiet))


def _stretches(mask: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where each stretch begins, and the window after its last."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _mask(starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp], length: int) -> Mask:
    steps = np.zeros(length + 1, np.int32)
    steps[starts] += 1
    steps[ends] -= 1
    return np.cumsum(steps[:-1]) > 0


def figures(levels: Levels, length_s: float) -> Figures:
    """Who spoke how long; without an agent's direction he said nothing."""
    caller, *rest = (speech(levels[:, direction]) for direction in range(levels.shape[1]))
    agent = rest[0] if rest else np.zeros(len(caller), bool)

    def seconds(mask: Mask) -> float:
        return min(round(int(mask.sum()) * WINDOW_S, 2), length_s)  # the last window may be short

    return Figures(
        caller_s=seconds(caller),
        agent_s=seconds(agent),
        silence_s=seconds(lasting(~(caller | agent), SILENCE_S)),
        talk_over_s=seconds(lasting(caller & agent, TALK_OVER_S)),
    )


def gains(levels: Levels, peaks: Peaks) -> tuple[float, ...]:
    """By what each direction is multiplied so that its speech is at TARGET_DB and no sample above PEAK_DB.
    A direction without speech stays as it is."""
    found = []
    for direction in range(levels.shape[1]):
        spoken = levels[speech(levels[:, direction]), direction]
        if not len(spoken):
            found.append(1.0)
            continue
        wanted = TARGET_DB - 20 * np.log10(np.sqrt(np.mean(spoken**2)) / FULL_SCALE)
        room = PEAK_DB - 20 * np.log10(int(peaks[:, direction].max()) / FULL_SCALE)
        found.append(float(10 ** (min(max(wanted, -MOST_GAIN_DB), MOST_GAIN_DB, room) / 20)))
    return tuple(found)


def waveform(peaks: Peaks, applied: tuple[float, ...]) -> Waveform:
    """The waveform of the finished sound, in MOST_POINTS points or fewer. ``applied`` are the gains."""
    each = max(1, -(-len(peaks) // MOST_POINTS))
    points = np.maximum.reduceat(peaks, np.arange(0, len(peaks), each), axis=0) if len(peaks) else peaks
    scaled = np.minimum(np.ceil(points * np.array(applied) * (255 / FULL_SCALE)), 255).astype(np.uint8)
    caller, *rest = (scaled[:, direction].tobytes() for direction in range(scaled.shape[1]))
    return Waveform(each * WINDOW_S, caller, rest[0] if rest else b"")
