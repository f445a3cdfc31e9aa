"""The line to Asterisk: the AMI client, and the engine on it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from config import manager_user
from config.beep import BEEP_SOUND
from config.premises import (
    CannotStart,
    read_secret,
)
from config.settings import Site
from cti.actions.executor import Executor
from cti.actions.invite import CardUrl
from cti.ami.client import AmiClient
from cti.calls.events import CallEvent
from cti.calls.part import Part
from cti.calls.tracker import Message, Tracker
from cti.engine import Engine
from cti.tolls import Tolls
from routing.handler import RoutingPart

LOOK_S = 10.0

_log = structlog.get_logger()


class Link:
    """Joins the AMI client and the engine, each of which needs the other first."""

    def __init__(self, site: Site) -> None:
        secret = read_secret(site.ami_secret_file, "the secret of the manager user")
        try:
            at = site.ami(secret)
            self.ami = AmiClient(at, on_event=self._on_event, on_up=self._on_up, on_down=self._on_down)
        except ValueError as error:
            raise CannotStart(f"there can be no link to Asterisk: {error}") from None
        if at.in_the_clear:
            _log.warning("ami is not encrypted", host=at.host, do=manager_user.ENCRYPT)
        self.engine: Engine | None = None

    def _on_event(self, message: Message) -> None:
        if self.engine is not None:
            self.engine.on_message(message)

    async def _on_up(self) -> None:
        if self.engine is not None:
            await self.engine.on_up()

    def _on_down(self, why: str) -> None:
        if self.engine is not None:
            self.engine.on_down(why)


def build_engine(
    site: Site,
    link: Link,
    parts: Sequence[Part],
    routing: RoutingPart,
    history: Sequence[CallEvent],
    card_url: CardUrl,
    tolls: Tolls,
    full: Callable[[], bool] = lambda: False,
) -> Engine:
    """The engine with its tracker and executor, joined to the link."""
    tracker = Tracker(site.settings.asterisk.name, epoch=secrets.token_hex(4))
    lease_s = round(site.settings.lease)

    def emit(make: Callable[[float], CallEvent]) -> None:
        engine.emit(make)

    executor = Executor(
        link.ami,
        tracker,
        destinations=site.destinations,
        lease_s=lease_s,
        emit=emit,
        recordings=site.recordings,
        beep=site.sounds / BEEP_SOUND,
        outbound=site.outbound,
        callbacks=site.callbacks,
        dials=site.dials,
        tolls=tolls,
        clock=time.time,
        card_url=card_url,
        full=full,
    )
    engine = link.engine = Engine(
        ami=link.ami,
        tracker=tracker,
        executor=executor,
        parts=parts,
        settle=routing.settle,
        lease_s=lease_s,
        history=history,
    )
    return engine


async def caught_up(ami: AmiClient, engine: Engine) -> None:
    """Returns when what is on Asterisk is known: until then callers are sent to the fallback, and desks
    would be shown calls as an earlier run left them. Where there is no link, the health says so, and
    nobody waits for it; LOOK_S seconds at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            await ami.tried.wait()
            if ami.connected:
                await engine.caught_up.wait()
