"""An engine on a real Asterisk with no part but one that looks on: tests tell it what routing would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from config.files import pop
from config.line import Link
from config.premises import make_folders
from cti.actions.executor import Executor
from cti.calls.events import CallEvent
from cti.calls.part import Output
from cti.calls.tracker import Tracker
from cti.engine import Engine
from demo.stage import Stage
from tests.real.hotline import PATIENCE_S, Watch

LEASE_S = 3


class Bare:
    """Such engines, one after the other, on one Asterisk; ``watch`` saw what all of them did."""

    def __init__(self, at: Stage) -> None:
        self.stage = at
        self.watch = Watch()
        self._engine: Engine | None = None
        make_folders(at.site)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs an engine, which knows of the calls that earlier ones left. It has looked at Asterisk's
        list of channels when this begins, and is gone, as if killed, when it ends."""
        site, looked = self.stage.site, asyncio.Event()
        history = [event for event in self.watch.events if isinstance(event, CallEvent)]
        link, tracker = Link(site), Tracker(site.settings.asterisk.name, epoch=f"e{len(history)}")

        def emit(make: Callable[[float], CallEvent]) -> None:
            engine.emit(make)

        async def settle(live: Collection[str], now: float) -> Sequence[Output]:
            looked.set()
            return ()

        executor = Executor(
            link.ami,
            tracker,
            destinations=site.destinations,
            lease_s=LEASE_S,
            emit=emit,
            recordings=site.recordings,
            beep=site.sounds / "beep",
            outbound=site.outbound,
            callbacks=site.callbacks,
            dials=site.dials,
            tolls=site.settings.limits.tolls(),
            clock=time.time,
            card_url=pop.card_url(site.settings.web.card_url, pop.known(lambda call: [{"id": 7}], None)),
        )
        engine = self._engine = link.engine = Engine(
            ami=link.ami,
            tracker=tracker,
            executor=executor,
            parts=[self.watch],
            settle=settle,
            lease_s=LEASE_S,
            history=history,
        )
        tasks = [asyncio.create_task(engine.run()), asyncio.create_task(link.ami.run())]
        try:
            await asyncio.wait_for(looked.wait(), PATIENCE_S)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def does(self, make: Callable[[float], Sequence[Output]]) -> None:
        """The engine carries out what a part might have answered; ``make`` is given the time."""

        async def work(now: float) -> Sequence[Output]:
            return make(now)

        assert self._engine is not None
        await self._engine.ask(work)
