"""Where a caller may be sent, as an agent's page is told."""

from __future__ import annotations

from cti.calls.events import AgentChanged
from cti.calls.words import AgentState
from cti.desk.places import routes
from cti.desk.view import View
from tests.cti.desk.desktop import NOW, Desk
from tests.cti.desk.test_control import WAYS


async def test_places_are_for_who_is_logged_in() -> None:
    view = View(["ann", "bob"], [])
    view.apply(AgentChanged(at=NOW, agent="bob", state=AgentState.READY), None)
    desk = Desk([routes(WAYS, view)])
    async with desk.client("ann") as ann, desk.client() as nobody:
        assert (await ann.get("/api/places")).json() == {
            "queues": ["sales", "support"],
            "agents": [{"name": "bob", "state": "ready"}],
            "flows": ["main", "pin"],
            "back": ["pin"],
            "numbers": ["4930*"],
        }
        assert (await nobody.get("/api/places")).status_code == 401
