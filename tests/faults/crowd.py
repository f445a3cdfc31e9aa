"""The crowd: callers and agents' phones, made by SIPp, and what each caller lived through.

A caller is known by his number in every account; no number is used twice in a run.
"""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from bench.load import free_port
from bench.processes import program
from demo.asterisk import HOST
from demo.debian import Program

HERE = Path(__file__).parent
RATE = 8000
Samples = np.ndarray[tuple[int], np.dtype[np.uint8]]


class Kind(StrEnum):
    """What a caller is there for; the value are the keys that he presses, w among them half a second's wait, and
    C the digits of his own card."""

    MENU = ""
    TALK = "1"
    QUEUE = "2"
    RINGING = "3"
    TRANSFER = "4"
    LATE = "wwwwwwwwwwwwwwww1"
    """He makes up his mind after eight seconds."""
    AHEAD = "520481571"
    """He types all in one go, faster than it is asked for."""
    PAYING = "1wwwwwwwwwwwwwwwwwwwwwwwwC"
    """He talks, and twelve seconds later types his card's number."""
    SECRET = "6C"
    """He is asked for his card's number by the menu."""
    VIP = "8"
    """He waits, too, and goes before the others."""


EVERYWHERE = (Kind.MENU, Kind.TALK, Kind.QUEUE, Kind.RINGING, Kind.TRANSFER)


class End(StrEnum):
    """How a call ended for the phone."""

    LEFT = "left"
    """The caller hung up."""
    DROPPED = "dropped"
    """The other side did."""
    REFUSED = "refused"
    """It was never answered."""


def card_of(number: str) -> str:
    """The card that this caller has: 16 digits which are found nowhere by chance, and pass as a card's."""
    digits = f"4929{zlib.crc32(number.encode()):011d}"[:15]
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in digits[::2]) + sum(map(int, digits[1::2]))
    return f"{digits}{-doubled % 10}"


@dataclass(slots=True)
class Lived:
    """One caller's own account. Times are Unix seconds."""

    number: str
    kind: Kind
    answered_at: float | None = None
    ended_at: float | None = None
    end: End | None = None


class Crowd:
    """Callers on an Asterisk, and its agents' phones. ``answers`` and ``rings`` are the ports of the
    phones that pick up, and of those that ring on. ``quiet`` ones say nothing."""

    def __init__(self, sipp: Program, folder: Path, quiet: bool = False) -> None:
        self._quiet = quiet
        self.answers, self.rings = free_port(), free_port()
        self._sipp = sipp
        self._folder = folder
        self._runs = 0
        self._kinds: dict[str, Kind] = {}
        self._logs: list[Path] = []
        sound = np.arange(RATE)
        (folder / "sound.ulaw").write_bytes(_ulaw(8000 * np.sin(2 * np.pi * 440 * sound / RATE)).tobytes())

    @asynccontextmanager
    async def phones(self) -> AsyncIterator[None]:
        """All agents' phones."""
        async with (
            self._sipping("answers", ["-p", str(self.answers)]),
            self._sipping("rings", ["-p", str(self.rings)]),
        ):
            yield

    @asynccontextmanager
    async def call(
        self, sip: int, kinds: Mapping[Kind, int], stay_s: float, rate: float = 20.0, dialled: str = "100"
    ) -> AsyncIterator[None]:
        """So many callers of each kind dial, one after the other, and each stays for ``stay_s`` once he is through.
        At the end of the block the last of them has gone, or is given up after ten seconds more."""
        self._runs += 1
        whole = [kind for kind, count in kinds.items() for _ in range(count)]
        spread = [whole[number * 37 % len(whole)] for number in range(len(whole))] if len(whole) % 37 else whole
        callers = {f"5{self._runs:02}{number:05}": kind for number, kind in enumerate(spread)}
        self._kinds |= callers
        rows = self._folder / f"callers-{self._runs}.csv"
        keys = {number: kind.replace("C", card_of(number)) + "x" for number, kind in callers.items()}
        rows.write_text("SEQUENTIAL\n" + "".join(f"{number};{keys[number]};{dialled}\n" for number in callers))
        log = self._folder / f"callers-{self._runs}.log"
        self._logs.append(log)
        more = [f"{HOST}:{sip}", "-inf", str(rows), "-r", str(rate), "-m", str(len(callers)), "-l", str(len(callers))]
        more += ["-base_cseq", "2", "-trace_logs", "-log_file", str(log)]
        async with self._sipping("caller", more, stay_s) as calling:
            yield
            with suppress(TimeoutError):
                await asyncio.wait_for(calling.wait(), len(callers) / rate + stay_s + 45)

    def lived(self) -> dict[str, Lived]:
        """What each caller has lived through so far, by number."""
        found = {number: Lived(number, kind) for number, kind in self._kinds.items()}
        for log in self._logs:
            for at, number, what in _lines(log):
                one = found[number]
                if what == "answered":
                    one.answered_at = at
                else:
                    one.ended_at, one.end = at, End(what)
        return found

    @asynccontextmanager
    async def _sipping(
        self, scenario: str, more: Sequence[str], stay_s: float = 0.0
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        text = (HERE / f"{scenario}.xml").read_text()
        text = text.replace("@SOUND@", str(self._folder / "sound.ulaw")).replace("@STAY@", str(round(stay_s * 1000)))
        if self._quiet:
            text = re.sub(r"<exec rtp_stream=.*/>", "", text)
        mine = self._folder / f"{scenario}-{self._runs}.xml"
        mine.write_text(text)
        argv = [*self._sipp.argv, "-sf", str(mine), "-i", HOST, "-bind_local", "-nostdin", *more]
        async with program(argv, self._folder / f"{scenario}-{self._runs}.out") as process:
            yield process


def _lines(log: Path) -> Iterator[tuple[float, str, str]]:
    """(Unix seconds, number, what) of each line."""
    if not log.exists():
        return
    for line in log.read_text(errors="replace").splitlines():
        stamp, number, what = line.rsplit(" ", 2)
        day, _, fraction = stamp.strip().replace("\t", " ").partition(".")
        yield time.mktime(time.strptime(day, "%Y-%m-%d %H:%M:%S")) + float(f"0.{fraction[:6]}"), number, what


def _ulaw(samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Samples:
    """16-bit samples as G.711 µ-law (ITU-T G.711)."""
    sign = (samples < 0).astype(np.int32) << 7
    size = np.minimum(np.abs(samples).astype(np.int32), 32635) + 132
    exponent = np.maximum(np.log2(size).astype(np.int32) - 7, 0)
    mantissa = (size >> (exponent + 3)) & 0x0F
    coded: Samples = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return coded
