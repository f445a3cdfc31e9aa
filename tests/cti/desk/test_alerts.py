from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.desk.alerts import Alert, Alerts, Figure, Own, Reading, Rule, Standing, step

WAITING = Rule("sales", Figure.WAITING, above=True, limit=10.0, for_s=30.0)
LEVEL = Rule("sales", Figure.SERVICE_LEVEL_OFFERED, above=False, limit=0.8, for_s=30.0)
LONGEST = Rule("sales", Figure.LONGEST_WAIT, above=True, limit=60.0, for_s=30.0)


class Scene:
    """Alerts over one figure that the test sets; time goes on only where the machine asks to be woken."""

    def __init__(self, rule: Rule) -> None:
        self.value: float | None = 0.0
        self.since: float | None = None
        self.alerts = Alerts([rule], self._read)

    def _read(self, queue: str, figure: Figure | Own, now: float) -> Reading:
        return Reading(self.value) if self.since is None else Reading(now - self.since, rises=True)

    def at(self, now: float, value: float | None) -> list[tuple[float, Alert]]:
        """What is told until ``now``, and then, as the figure becomes ``value``."""
        told = self.until(now)
        self.value = value
        return told + [(now, alert) for alert in self.alerts.happened(["sales"], now)]

    def until(self, now: float) -> list[tuple[float, Alert]]:
        told = []
        while (due := self.alerts.next_time()) is not None and due <= now:
            told += [(due, alert) for alert in self.alerts.on_time(due)]
        return told


def test_raised_when_it_lasts_and_cleared_when_it_lasts() -> None:
    scene = Scene(WAITING)
    assert scene.at(0, 11) == []
    [(at, alert)] = scene.until(100)
    assert (at, alert.since, alert.value, alert.cleared) == (30, 0, 11, None)
    assert scene.alerts.raised == [alert]
    assert scene.at(100, 10) == []
    [(at, cleared)] = scene.until(200)
    assert (at, cleared.cleared, cleared.id) == (130, 130, alert.id)
    assert scene.alerts.raised == []
    assert scene.alerts.next_time() is None


def test_what_wavers_neither_raises_nor_clears() -> None:
    scene = Scene(WAITING)
    assert [told for number in range(10) for told in scene.at(number * 20, 11 if number % 2 == 0 else 9)] == []
    assert len(scene.at(200, 11) + scene.until(230)) == 1
    assert [told for number in range(10) for told in scene.at(240 + number * 20, 9 if number % 2 == 0 else 11)] == []
    assert len(scene.alerts.raised) == 1


def test_a_figure_that_is_not_there_is_beyond_nothing() -> None:
    scene = Scene(LEVEL)
    assert scene.at(0, None) + scene.until(100) == []
    assert scene.at(100, 0.79) + scene.until(129) == []
    assert len(scene.until(130)) == 1
    assert [alert.cleared for _, alert in scene.at(200, None) + scene.until(300)] == [230]


def test_a_wait_that_grows_is_found_without_anything_happening() -> None:
    scene = Scene(LONGEST)
    scene.since = 100.0
    assert scene.at(100, None) == []
    [(at, alert)] = scene.until(1000)
    assert at == pytest.approx(190, abs=0.01)
    assert alert.since == pytest.approx(160, abs=0.01)


def test_other_queues_do_not_matter() -> None:
    scene = Scene(WAITING)
    scene.value = 99
    assert scene.alerts.happened(["help"], 0) == []
    assert scene.alerts.next_time() is None


def test_an_alert_as_a_row() -> None:
    [(_, alert)] = (scene := Scene(LEVEL)).at(0, 0.5) + scene.until(30)
    assert alert.row() == {
        "id": "sales/service level of offered/0.000",
        "queue": "sales",
        "figure": "service level of offered",
        "below": 0.8,
        "value": 0.5,
        "since": 0,
        "cleared": None,
        "seen_by": "",
    }


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(8, 13)), min_size=1))
def test_told_only_of_what_held_all_the_time(story: list[tuple[int, int]]) -> None:
    standing, now, beyond_since, within_since = Standing(), 0.0, None, 0.0
    raised = False
    for seconds, value in story:
        beyond = value > WAITING.limit
        if beyond:
            beyond_since = now if beyond_since is None else beyond_since
        for at in (now, now + seconds):
            standing, alert = step(WAITING, standing, Reading(value), at)
            if alert is not None:
                raised = alert.cleared is None
                began = beyond_since if raised else within_since
                assert raised is beyond
                assert began is not None
                assert at >= began + WAITING.for_s
        now += seconds
        if not beyond:
            beyond_since = None
            within_since = within_since if within_since is not None else now
        assert raised is (standing.raised is not None)


def test_what_is_no_queues_is_looked_at_by_itself_again_and_again() -> None:
    value: float | None = None
    rule = Rule("", Own.ROOM, above=False, limit=100.0, for_s=0.0)
    alerts = Alerts([rule], lambda queue, figure, now: Reading(value, again_s=60.0))
    assert alerts.next_time() == 0.0
    assert (alerts.on_time(5.0), alerts.next_time()) == ([], 65.0)
    value = 99.0
    assert [alert.cleared for alert in alerts.on_time(65.0)] == [None]
    assert [alert.value for alert in alerts.raised] == [99.0]
    value = 101.0
    assert [alert.cleared for alert in alerts.on_time(alerts.next_time() or 0.0)] == [125.0]
