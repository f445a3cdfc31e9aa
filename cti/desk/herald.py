"""Tells one target outside of alerts, in their order, until it has taken them or they are old."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from cti.desk.alerts import Alert, Figure, Own

OLDEST_S = 1800.0
"""An alert that could not be told for so long is told no more: the board knows how things are."""
MOST = 100
"""So many wait at most; the oldest give way."""
PAUSE_S = 2.0
LONGEST_PAUSE_S = 120.0

Deliver = Callable[[Alert], Awaitable[bool]]
"""Tells of an alert; whether it was taken. Raises nothing."""

log = structlog.get_logger(__name__)


class Herald:
    """Tells the target called ``name``."""

    def __init__(
        self, name: str, deliver: Deliver, *, clock: Callable[[], float] = time.time, pause_s: float = PAUSE_S
    ) -> None:
        self.name = name
        self._deliver = deliver
        self._clock = clock
        self._pause_s = pause_s
        self._waiting: deque[tuple[float, Alert]] = deque(maxlen=MOST)
        self._news = asyncio.Event()

    def tell(self, alert: Alert) -> None:
        """There is an alert, raised or cleared. Never waits."""
        self._waiting.append((self._clock(), alert))
        self._news.set()

    async def run(self) -> None:
        """Tells until cancelled."""
        pause = self._pause_s
        while True:
            await self._news.wait()
            if not self._waiting:
                self._news.clear()
                continue
            at, alert = first = self._waiting[0]
            if self._clock() - at <= OLDEST_S and not await self._deliver(alert):
                log.warning("an alert is told again later", target=self.name, again_in_s=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                continue
            pause = self._pause_s
            if self._waiting and self._waiting[0] is first:
                self._waiting.popleft()


def body(alert: Alert) -> bytes:
    """As JSON, for a webhook."""
    return json.dumps({"alert": alert.row()}, separators=(",", ":")).encode()


def subject(alert: Alert) -> str:
    """In one line."""
    rule = alert.rule
    if rule.figure is Own.ROOM:
        lasts = f"lasts less than {rule.limit / 3600:g} h" if rule.limit > 1 else "is used up: no talk is recorded"
        line = f"The room for recordings {lasts}"
        return line if alert.cleared is None else f"Over: {line}"
    line = f"{rule.queue}: {rule.figure} {'above' if rule.above else 'below'} {_said(rule.figure, rule.limit)}"
    return line if alert.cleared is None else f"Over: {line}"


def text(alert: Alert) -> str:
    """A mail's text."""
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(alert.since))
    lines = [
        f"{subject(alert)}.",
        f"Since {since}; as the alert was raised it was {_said(alert.rule.figure, alert.value)}.",
    ]
    if alert.cleared is not None:
        lines.append(f"It was so for {_duration(alert.cleared - alert.since)}.")
    return "\n".join(lines) + "\n"


def _said(figure: Figure | Own, value: float) -> str:
    match figure:
        case Own.ROOM:
            return f"{value / 3600:.0f} h"
        case Figure.LONGEST_WAIT | Figure.WAIT_MEAN:
            return _duration(value)
        case Figure.SERVICE_LEVEL_ANSWERED | Figure.SERVICE_LEVEL_OFFERED:
            return f"{value:.0%}"
    return f"{value:g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
