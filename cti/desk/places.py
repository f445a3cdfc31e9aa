"""Where an agent may send his caller, for the desks to choose from."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from cti.access import AnyAgent
from cti.calls.words import AgentState
from cti.desk.control import Ways
from cti.desk.view import View


class Colleague(BaseModel):
    """An agent who is logged in."""

    name: str
    state: AgentState


class Places(BaseModel):
    """Where callers may be sent; ``back`` are those of the ``flows`` from which they can come back. Each of
    ``numbers`` is one, or with a ``*`` at its end what numbers begin with."""

    queues: list[str]
    agents: list[Colleague]
    flows: list[str]
    back: list[str]
    numbers: list[str]


def routes(ways: Ways, view: View) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api", tags=["call control"])

    @router.get("/places")
    async def places(who: AnyAgent) -> Places:
        """Where you may send a caller, as things are: queues, the other agents who are logged in, flows,
        and the site's list of numbers."""
        logged_in = [view.agents[name] for name in ways.agents() if name in view.agents and name != who.name]
        return Places(
            queues=sorted(ways.queues()),
            agents=[Colleague(name=agent.name, state=agent.state) for agent in logged_in],
            flows=sorted(ways.flows()),
            back=sorted(ways.back()),
            numbers=list(ways.numbers),
        )

    return router
