"""The desks' share in the loop: what happens goes to the feed, the figures and the alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cti.calls.call import Call
from cti.calls.events import Event
from cti.calls.part import Output
from cti.desk.alerts import Alert, Alerts
from cti.desk.feed import Feed
from cti.desk.metrics import Metrics
from cti.desk.view import EVERYTHING, Change
from cti.desk.wall import WALL, alert_row


class DeskPart:
    """The desks' share in the loop: it watches, and asks for nothing. ``alerted`` is told of alerts."""

    def __init__(
        self,
        feed: Feed,
        metrics: Metrics,
        alerts: Alerts | None = None,
        alerted: Callable[[Alert], None] = lambda alert: None,
    ) -> None:
        self._feed = feed
        self._metrics = metrics
        self._alerts = Alerts() if alerts is None else alerts
        self._alerted = alerted

    async def on_event(self, event: Event, call: Call | None, now: float) -> Sequence[Output]:
        self._metrics.count(event)
        self._feed.happened(event, call)
        self._alert(self._alerts.happened(self._feed.view.stirred(), now), now)
        return ()

    async def on_time(self, now: float) -> Sequence[Output]:
        view = self._feed.view
        if now >= view.today.next_turn:
            self._feed.counted(view.today.turn(now), now)
        self._alert([*self._alerts.happened(view.stirred(), now), *self._alerts.on_time(now)], now)
        return ()

    def next_time(self) -> float | None:
        turn, alert = self._feed.view.today.next_turn, self._alerts.next_time()
        return turn if alert is None else min(turn, alert)

    def _alert(self, alerts: Sequence[Alert], now: float) -> None:
        for alert in alerts:
            self._alerted(alert)
            self._feed.tell(Change(EVERYTHING, now, "Alert", more={"alerts": [alert.row()]}))
            self._feed.tell(Change(WALL, now, "Alert", more={"alerts": [alert_row(alert)]}))
