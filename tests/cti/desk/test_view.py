from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cti.calls.call import Call, apply
from cti.calls.events import CallEvent, Digit, Event, Failed, FollowUpDue, Queued, Refused
from cti.calls.talk_events import MonitorEnded, MonitorStarted
from cti.calls.words import CallId, MonitorMode, Refusal
from cti.desk.today import Figures
from cti.desk.view import EVERYTHING, TEXT_SHOWN, Audience, Change, View, card
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.stories import C1, C2, O1, any_event, arrives, ends, rings, talks, waits

NO_CALLS = Figures().row()


class Told:
    """A view, the calls behind it, and what each audience makes of the changes alone, all told at once."""

    def __init__(self) -> None:
        self.view = View(["ann", "bob"], ["sales"])
        self.calls: dict[CallId, Call] = {}
        self.changes: list[Change] = []
        self.screens: dict[Audience, dict[str, dict[str, Any]]] = {}
        for audience in (EVERYTHING, "ann", "bob"):
            seen = self.view.seen_by(audience)
            self.screens[audience] = {
                "agents": {row["name"]: row for row in seen["agents"]},
                "queues": {row["name"]: row for row in seen["queues"]},
                "calls": {},
            }

    def tell(self, events: Sequence[Event]) -> Told:
        for event in events:
            call = None
            if isinstance(event, CallEvent):
                call = self.calls[event.call] = apply(self.calls.get(event.call), event)
            for change in (*self.view.apply(event, call), self.view.news()):
                if change is not None:
                    self._show(change)
        return self

    def _show(self, change: Change) -> None:
        self.changes.append(change)
        screen = self.screens.setdefault(change.audience, {"agents": {}, "queues": {}, "calls": {}})
        screen["agents"] |= {row["name"]: row for row in change.agents}
        screen["queues"] |= {row["name"]: row for row in change.queues}
        screen["calls"] |= {row["id"]: row for row in change.calls}
        for call in change.gone:
            del screen["calls"][call]

    def card(self, audience: Audience, call: CallId = C1) -> dict[str, Any]:
        card: dict[str, Any] = self.screens[audience]["calls"][call]
        return card


def test_agents_and_queues_of_the_site_are_there_from_the_start() -> None:
    seen = View(["ann"], ["sales"]).seen_by(EVERYTHING)
    assert [(row["name"], row["state"]) for row in seen["agents"]] == [("ann", "offline")]
    [queue] = seen["queues"]
    figures = {"today": NO_CALLS, "recent": NO_CALLS}
    assert queue == {"name": "sales", "waiting": 0, "calls": [], "longest_since": None, **figures}
    assert seen["today"] == NO_CALLS


def test_the_card_pops_for_the_agent_whose_phone_rings_and_for_no_other() -> None:
    told = Told().tell(rings("ann"))
    card = told.card("ann")
    assert card["caller_name"] == "Alice"
    assert card["offer"] == "ringing"
    assert card["path"] == ["hello"]
    assert card["choices"] == [{"node": "hello", "value": "sales"}]
    assert card["queued_at"] == NOW + 1
    assert told.screens["bob"]["calls"] == {}


def test_the_card_stays_in_the_talk_and_goes_with_the_call() -> None:
    told = Told().tell(talks("ann"))
    assert told.card("ann")["connected_at"] == NOW + 5
    assert told.card("ann")["offer"] == "connected"
    told.tell(ends())
    assert told.screens["ann"]["calls"] == {}
    assert told.screens[EVERYTHING]["calls"] == {}
    assert told.view.calls == {}


def test_a_refused_call_leaves_the_agent_and_keeps_its_place() -> None:
    told = Told().tell(rings("ann"))
    told.tell([Refused(at=NOW + 9, call=C1, offer=O1, agent="ann", reason=Refusal.NO_ANSWER)])
    assert told.screens["ann"]["calls"] == {}
    assert told.screens[EVERYTHING]["queues"]["sales"]["calls"] == [C1]


def test_a_queue_is_in_order_of_priority_then_time() -> None:
    third = CallId("c3")
    told = Told().tell([*waits(C1, NOW), *waits(C2, NOW + 1), *waits(third, NOW + 2, priority=5)])
    queue = told.screens[EVERYTHING]["queues"]["sales"]
    assert (queue["waiting"], queue["calls"], queue["longest_since"]) == (3, [third, C1, C2], NOW + 1)
    assert queue["today"] == {**NO_CALLS, "offered": 3}


def test_who_listens_is_for_supervisors_only() -> None:
    told = Told().tell(talks("ann"))
    before = len(told.changes)
    told.tell([MonitorStarted(at=NOW + 6, call=C1, supervisor="sue", mode=MonitorMode.LISTEN)])
    assert told.card(EVERYTHING)["monitors"] == {"sue": "listen"}
    assert "monitors" not in told.card("ann")
    assert [change.audience for change in told.changes[before:]] == [EVERYTHING]


def test_a_supervisor_is_told_why_it_did_not_work() -> None:
    told = Told().tell(talks("ann"))
    told.tell(
        [
            MonitorEnded(at=NOW + 6, call=C1, supervisor="sue", why="no answer"),
            Failed(at=NOW + 6, call=C1, command="Monitor", why="busy"),
        ]
    )
    notices = [row for change in told.changes for row in change.notices]
    assert notices == [
        {"call": C1, "supervisor": "sue", "text": "no answer"},
        {"call": C1, "supervisor": "", "text": "Monitor: busy"},
    ]


def test_an_agent_is_told_that_his_recording_did_not_go_on() -> None:
    told = Told().tell(talks("ann"))
    told.tell([Failed(at=NOW + 6, call=C1, command="ResumeRecording", why="no such mixmonitor", offer=O1)])
    notices = [(change.audience, change.notices) for change in told.changes if change.notices]
    row = {"call": C1, "refused": "ResumeRecording", "text": "the recording could not be resumed"}
    assert notices == [("ann", (row,))]


def test_hostile_text_is_cut_and_made_sendable() -> None:
    told = Told().tell(arrives(name="😀" * 10_000))
    assert len(told.card(EVERYTHING)["caller_name"]) == TEXT_SHOWN
    told = Told().tell(arrives(name="\ud800<b>"))
    assert told.card(EVERYTHING)["caller_name"] == "?<b>"


def test_digits_change_nothing_that_is_shown() -> None:
    told = Told().tell(arrives())
    before = len(told.changes)
    told.tell([Digit(at=NOW, call=C1, digit="4")])
    assert len(told.changes) == before


def happen(view: View, events: Sequence[Event]) -> None:
    calls: dict[CallId, Call] = {}
    for event in events:
        call = None
        if isinstance(event, CallEvent):
            call = calls[event.call] = apply(calls.get(event.call), event)
        view.apply(event, call)


def test_what_was_gathered_is_told_once_and_as_it_is_then() -> None:
    view = View(["ann"], ["sales"])
    assert view.news() is not None
    happen(view, talks("ann"))
    news = view.news()
    assert news is not None
    assert (news.at, news.event) == (NOW + 5, "AgentChanged")
    assert [(row["name"], row["state"]) for row in news.agents] == [("ann", "talking")]
    assert [(row["id"], row["offer"]) for row in news.calls] == [(C1, "connected")]
    assert [row["today"]["answered"] for row in news.queues] == [1]
    assert view.news() is None


def test_a_call_that_came_and_went_unseen_is_not_told() -> None:
    view = View(["ann"], ["sales"])
    assert view.news() is not None
    happen(view, [*waits(), *ends()])
    news = view.news()
    assert news is not None
    assert (news.calls, news.gone) == ((), ())
    assert [row["today"]["abandoned"] for row in news.queues] == [1]


@given(st.lists(any_event, max_size=40))
def test_the_changes_alone_always_give_what_may_be_seen(events: list[Event]) -> None:
    told = Told().tell(events)
    for audience, screen in told.screens.items():
        seen = told.view.seen_by(audience)
        assert screen["calls"] == {row["id"]: row for row in seen["calls"]}
        assert screen["agents"] == {row["name"]: row for row in seen["agents"]}
        assert screen["queues"] == {row["name"]: row for row in seen["queues"]}


@given(st.lists(any_event, max_size=40))
def test_an_agent_is_told_only_what_is_his(events: list[Event]) -> None:
    told = Told().tell(events)
    for change in told.changes:
        if change.audience is EVERYTHING:
            continue
        assert all(row["name"] == change.audience for row in change.agents)
        assert all(row["agent"] == change.audience for row in change.calls)
        assert change.queues == ()
        assert change.notices == ()


@given(st.lists(any_event, max_size=40))
def test_ended_calls_leave_the_picture(events: list[Event]) -> None:
    told = Told().tell(events)
    live = {id for id, call in told.calls.items() if call.live}
    assert set(told.view.calls) == live


def test_the_card_shows_what_the_menu_found_out() -> None:
    told = {"name": "<script>", "long": "x" * 500}
    queued = Queued(at=NOW, call=CallId("c1"), queue="sales", screen=told, level="gold")
    row = card(apply(None, queued), EVERYTHING)
    assert row["level"] == "gold"
    assert row["screen"][0] == {"label": "name", "value": "<script>"}
    assert len(row["screen"][1]["value"]) == TEXT_SHOWN


async def test_who_calls_is_on_the_card_of_the_agent_and_of_supervisors_as_soon_as_it_is_known() -> None:
    desk = Desk()
    ann, sue, bob = (desk.feed.join(audience) for audience in ("ann", EVERYTHING, "bob"))
    await desk.happens(*rings("ann"))
    for reader in (ann, sue, bob):
        await desk.feed.next(reader)
    desk.customers[C1] = [{"id": 7, "name": "Ada"}]
    desk.feed.known(C1)
    for reader in (ann, sue):
        (text,) = reader.take()
        assert json.loads(text)["calls"][0]["customers"] == [{"id": 7, "name": "Ada"}]
    assert bob.take() == []
    assert desk.view.seen_by("ann")["calls"][0]["customers"] == [{"id": 7, "name": "Ada"}]
    async with desk.client("ann") as client:
        for path in ("/api/calls", f"/api/calls/{C1}"):
            shown = (await client.get(path)).json()
            assert (shown[0] if isinstance(shown, list) else shown)["customers"] == [{"id": 7, "name": "Ada"}]
    desk.feed.known(C1)
    desk.feed.known(C2)
    assert ann.take() == sue.take() == []


def test_a_follow_up_that_is_due_is_told_to_its_agent_alone() -> None:
    told = Told().tell([FollowUpDue(at=NOW, agent="ann", followup="f1")])
    notices = [(change.audience, change.notices) for change in told.changes if change.notices]
    assert notices == [("ann", ({"followup": "f1", "text": "a follow-up is due"},))]
