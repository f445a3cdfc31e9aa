"""What hangs on the wall: figures of queues and teams for a screen that everybody sees, without any name or
number of a person. It has a cookie of its own, which is renewed for as long as the screen is on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.requests import HTTPConnection

from cti.access import Gate, Need, Person, Right
from cti.calls.words import AgentState
from cti.desk.alerts import Alert
from cti.desk.rows import Row
from cti.desk.view import Audience, Change, View
from cti.problems import errors

WALL: Audience = ""
"""The audience of all screens on walls: nobody has this name."""
COOKIE = "cordboard-wall"
LIFETIME_S = 30 * 86_400.0
"""How long a screen may be off until somebody must log in at it again."""


class Wall:
    """The figures as rows. ``serving`` are the agents who may take the calls of each queue, ``teams`` those
    of each team."""

    def __init__(
        self, view: View, serving: Mapping[str, Collection[str]], teams: Mapping[str, Collection[str]]
    ) -> None:
        self._view = view
        self._serving = serving
        self._teams = teams
        self._in: dict[str, tuple[list[str], list[str]]] = {}
        """The queues and the teams of each agent."""
        for place, groups in enumerate((serving, teams)):
            for group, names in groups.items():
                for name in names:
                    self._in.setdefault(name, ([], []))[place].append(group)
        self._states: dict[str, AgentState] = {}
        self._in_queue: dict[str, Counter[str]] = {}
        self._in_team: dict[str, Counter[str]] = {}

    def snapshot(self) -> dict[str, Any]:
        """All there is."""
        self._states = {}
        self._in_queue = {queue: Counter() for queue in self._serving}
        self._in_team = {team: Counter() for team in self._teams}
        self._count((agent.name, agent.state) for agent in self._view.agents.values())
        return {
            "agents": [],
            "calls": [],
            "queues": [self._queue(row) for row in self._view.queues],
            "teams": [self._team(team) for team in self._teams],
        }

    def change(self, change: Change) -> Change | None:
        """What of a supervisors' change concerns walls; None if nothing does."""
        queues, teams = self._count((row["name"], row["state"]) for row in change.agents)
        rows = {row["name"]: row for row in change.queues}
        rows |= {name: self._view.queue(name) for name in queues if name not in rows}
        more = {"teams": [self._team(team) for team in teams]} if teams else {}
        if not rows and not more:
            return None
        return Change(WALL, change.at, change.event, queues=tuple(map(self._queue, rows.values())), more=more)

    def _count(self, now: Iterable[tuple[str, AgentState]]) -> tuple[dict[str, None], dict[str, None]]:
        """Takes in what agents do now. Returns the queues and teams whose counts are other than before."""
        touched: tuple[dict[str, None], dict[str, None]] = {}, {}
        for name, state in now:
            before = self._states.get(name)
            if before == state:
                continue
            self._states[name] = state
            places = zip(self._in.get(name, ((), ())), (self._in_queue, self._in_team), touched, strict=True)
            for groups, counts, changed in places:
                for group in groups:
                    count = counts.setdefault(group, Counter())
                    count[state] += 1
                    if before is not None:
                        count[before] -= 1
                    changed[group] = None
        return touched

    def _queue(self, row: Row) -> Row:
        """A queue's row with the agents by state, and without its calls."""
        kept = {key: value for key, value in row.items() if key != "calls"}
        return kept | {"agents": _there(self._in_queue.get(row["name"], Counter()))}

    def _team(self, team: str) -> Row:
        members = set(self._teams[team])
        queues = [queue for queue, names in self._serving.items() if not members.isdisjoint(names)]
        return {"name": team, "queues": queues, "agents": _there(self._in_team.get(team, Counter()))}


def _there(count: Counter[str]) -> dict[str, int]:
    return {state: number for state, number in count.items() if number}


def alert_row(alert: Alert) -> Row:
    """An alert without the name of who looks after it."""
    return alert.row() | {"seen_by": ""}


class Door:
    """Lets in a screen by its own cookie, or a supervisor."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def who(self, connection: HTTPConnection, *, over: bool = False) -> Person | None:
        """Who put up the screen, or None; ``over`` as in the gate."""
        who = self._gate.person(connection.cookies.get(COOKIE, ""), "wall") or self._gate.who(connection, over=over)
        return who if who is not None and who.scopes is None and who.may(Right.SUPERVISE) else None

    def refusal(self, connection: HTTPConnection) -> HTTPException:
        """Why ``who`` lets nobody in."""
        known = self._gate.who(connection)
        if known is None:
            return HTTPException(401, "log in as a supervisor first")
        return HTTPException(403, Need(Right.SUPERVISE).refusal(known))

    def token(self, person: Person) -> str:
        """What the screen's cookie says."""
        return self._gate.token(person, purpose="wall", lifetime_s=LIFETIME_S)


def add_wall(app: FastAPI, door: Door, secure_cookie: bool) -> None:
    """The route by which a screen is put up, and stays so."""

    @app.post("/api/wall", status_code=204, tags=["board"], responses=errors(401, 403, 413))
    async def put_up(request: Request, response: Response) -> None:
        """Gives this browser the wallboard's cookie, or renews it: for supervisors, and for who has it."""
        who = door.who(request)
        if who is None:
            raise door.refusal(request)
        response.set_cookie(
            COOKIE, door.token(who), max_age=int(LIFETIME_S), httponly=True, samesite="strict", secure=secure_cookie
        )
