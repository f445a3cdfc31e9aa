"""Which role may use which route, written down twice: a route that is not here fails."""

from __future__ import annotations

import pytest

from cti.access import RIGHTS, Person, Role
from tests.config.test_scopes import BY_ITSELF, OPEN, ROUTES, needs

ALL = "agent supervisor auditor admin system"
DESK = "agent supervisor admin"
HEADS = "supervisor admin"
RECORDS = "agent supervisor auditor admin"
REVIEW = "supervisor auditor admin"

TABLE = {
    "GET /api/me": ALL,
    "GET /api/agents": DESK,
    "GET /api/agents/{name}": DESK,
    "GET /api/agents/{name}/day": DESK,
    "POST /api/agents/{name}/state": DESK,
    "POST /api/agents/{name}/wrap-up": DESK,
    "GET /api/announcements": DESK,
    "POST /api/announcements": HEADS,
    "DELETE /api/announcements/{id}": HEADS,
    "GET /api/board/day": HEADS,
    "GET /api/callbacks": HEADS,
    "DELETE /api/callbacks/{wanted}": HEADS,
    "GET /api/calls": DESK,
    "GET /api/calls/{id}": DESK,
    "GET /api/calls/{call}/why": HEADS,
    "POST /api/calls/{call}/disposition": DESK,
    "POST /api/calls/{id}/hangup": DESK,
    "POST /api/calls/{id}/hold": DESK,
    "POST /api/calls/{id}/resume": DESK,
    "POST /api/calls/{id}/transfer": DESK,
    "PUT /api/calls/{id}/monitor": HEADS,
    "DELETE /api/calls/{id}/monitor": HEADS,
    "GET /api/customers": DESK,
    "POST /api/customers": DESK,
    "GET /api/customers/{id}": DESK,
    "PUT /api/customers/{id}": DESK,
    "DELETE /api/customers/{id}": HEADS,
    "GET /api/customers/{id}/contacts": DESK,
    "POST /api/customers/{id}/merge": HEADS,
    "GET /api/customers/export": HEADS,
    "POST /api/customers/import": HEADS,
    "POST /api/customers/preview": HEADS,
    "GET /api/dispositions": DESK,
    "GET /api/flows": HEADS,
    "GET /api/flows/{name}.svg": HEADS,
    "GET /api/followups": DESK,
    "POST /api/followups": DESK,
    "PATCH /api/followups/{id}": DESK,
    "GET /api/messages": REVIEW,
    "GET /api/phone": DESK,
    "GET /api/queues": DESK,
    "GET /api/records": RECORDS,
    "GET /api/records/{call}": RECORDS,
    "GET /api/records/{call}/decisions": REVIEW,
    "GET /api/recordings/{stem}": RECORDS,
    "GET /api/switches": HEADS,
    "PUT /api/switches/{name}": HEADS,
}
NEEDS = {
    f"{method} {route.path_format}": next(needs(route.dependant))
    for route in ROUTES
    if route.path not in OPEN | BY_ITSELF
    for method in route.methods or ()
}


@pytest.mark.parametrize("route", NEEDS)
@pytest.mark.parametrize("role", Role)
def test_who_may_use_a_route(route: str, role: Role) -> None:
    assert (NEEDS[route].refusal(Person("somebody", role)) == "") is (role in TABLE[route].split())


def test_the_table_has_no_route_that_is_gone() -> None:
    assert TABLE.keys() == NEEDS.keys()
    assert {role for roles in TABLE.values() for role in roles.split()} == set(RIGHTS)
