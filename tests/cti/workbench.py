"""An executor over a scripted Asterisk, with a call at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cti.actions.executor import Executor
from cti.actions.leaving import Destination
from cti.calls import events as ev
from cti.calls import expected
from cti.calls.events import CallEvent
from cti.calls.part import Output
from cti.calls.tracker import Tracker
from cti.outbound import Outbound
from cti.tolls import Limits, Tolls
from tests.cti.calls import talk
from tests.cti.calls.talk import CALL, OFFER
from tests.cti.engine_room import Posted


class Bench:
    """An executor with a call in the state that these AMI events make."""

    def __init__(
        self,
        messages: Sequence[Mapping[str, str]] = talk.ARRIVES,
        *,
        offered: bool = False,
        recordings: Path = Path("/nowhere"),
    ) -> None:
        self.ami = Posted()
        self.tracker = Tracker("test", "e1")
        self.emitted: list[CallEvent] = []
        self.full = False
        self.executor = Executor(
            self.ami,
            self.tracker,
            destinations={"front-desk": Destination("internal", "0")},
            lease_s=10,
            emit=self._emit,
            recordings=recordings,
            beep=Path("/sounds/beep"),
            outbound=Outbound("outbound", ("+4930*", "110")),
            callbacks=Outbound("outside", ("555*",)),
            dials=Outbound("dialled", ("444*",)),
            tolls=Tolls(Limits()),
            clock=lambda: 0.0,
            full=lambda: self.full,
        )
        if offered:
            expected.agent(self.tracker.legs, CALL, OFFER, "alice", None)
        self.hear(messages)

    def _emit(self, make: Callable[[float], CallEvent]) -> None:
        self.emitted.append(make(5.0))

    def hear(self, messages: Sequence[Mapping[str, str]]) -> list[Output]:
        return [e for m in messages for e in self.tracker.feed(m, 1.0)]

    def refuse(self, why: str = "no") -> None:
        """Asterisk refuses the last action."""
        refused = self.ami.refused[-1]
        assert refused is not None
        refused(why)

    def failures(self) -> list[tuple[str, str]]:
        return [(e.command, e.why) for e in self.emitted if isinstance(e, ev.Failed)]
