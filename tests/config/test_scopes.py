"""Every route says who may use it, and which are open to keys is written down twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unittest.mock import MagicMock

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from config import admin
from config.drain import routes as drain_routes
from config.erasing import routes as erase_routes
from config.reload import routes as reload_routes
from cti.access import Need, Scope
from cti.customers.api import routes as customer_routes
from cti.customers.exchange import routes as customer_table_routes
from cti.desk.board_api import routes as board_routes
from cti.desk.consult import consult_routes
from cti.desk.control import control_routes
from cti.desk.help import routes as help_routes
from cti.desk.phone import routes as phone_routes
from cti.desk.places import routes as place_routes
from cti.desk.pop import routes as pop_routes
from cti.desk.recording import routes as recording_control_routes
from cti.desk.suggestions import routes as suggestion_routes
from ivr.api import routes as menu_routes
from ivr.pictures import routes as picture_routes
from recordings.api import routes as recordings_routes
from recordings.audit.api import routes as audit_routes
from recordings.desk.api import routes as desk_routes
from recordings.desk.before import routes as before_routes
from recordings.quality.api import routes as grading_routes
from recordings.quality.team_api import routes as quality_routes
from recordings.records.export_api import routes as export_routes
from recordings.reports.api import routes as report_routes
from recordings.review.api import routes as review_routes
from recordings.review.waveform import routes as waveform_routes
from recordings.storage.api import routes as keeping_routes
from recordings.transcripts.api import routes as transcript_routes
from routing.api import routes as routing_routes
from routing.dial_api import routes as dial_routes
from routing.dispositions_api import routes as disposition_routes
from routing.parking_api import routes as parking_routes
from routing.taking_api import routes as taking_routes
from tests.cti.desk.desktop import Desk

APP = Desk(
    [
        routing_routes(MagicMock(), MagicMock()),
        taking_routes(MagicMock(), MagicMock(), MagicMock()),
        waveform_routes(MagicMock()),
        transcript_routes(MagicMock(), MagicMock()),
        recordings_routes(MagicMock(), MagicMock()),
        export_routes(MagicMock()),
        grading_routes(MagicMock(), {}),
        quality_routes(MagicMock(), {}, {}, (), None),
        review_routes(MagicMock()),
        menu_routes(MagicMock(), MagicMock()),
        picture_routes(MagicMock(), MagicMock()),
        reload_routes(MagicMock()),
        drain_routes(MagicMock(), MagicMock(), MagicMock(), (), ""),
        erase_routes(MagicMock(), ""),
        pop_routes((), MagicMock(), MagicMock()),
        customer_table_routes(MagicMock(), MagicMock(), MagicMock()),
        customer_routes(MagicMock(), MagicMock(), MagicMock(), MagicMock()),
        consult_routes(MagicMock(), MagicMock(), MagicMock()),
        control_routes(MagicMock(), MagicMock(), MagicMock()),
        disposition_routes(MagicMock(), MagicMock(), MagicMock()),
        desk_routes(MagicMock(), MagicMock(), MagicMock(), (), MagicMock(), {}),
        board_routes(MagicMock(), MagicMock(), MagicMock(), (), MagicMock()),
        phone_routes({}),
        audit_routes(MagicMock()),
        recording_control_routes(MagicMock(), MagicMock()),
        help_routes(MagicMock(), MagicMock()),
        place_routes(MagicMock(), MagicMock()),
        suggestion_routes((), MagicMock(), MagicMock(), MagicMock()),
        before_routes(MagicMock(), MagicMock()),
        report_routes(MagicMock(), MagicMock(), {}, None),
        admin.routes(MagicMock(), MagicMock(), MagicMock()),
        dial_routes(MagicMock(), MagicMock(), MagicMock(), MagicMock()),
        parking_routes(MagicMock(), MagicMock(), MagicMock()),
        keeping_routes(MagicMock(), MagicMock()),
    ],
    oidc=MagicMock(),
).app

OPEN = {
    "/",
    "/{page}.html",
    "/api/login",
    "/api/login/oidc",
    "/api/login/oidc/begin",
    "/api/logout",
    "/api/refresh",
    "/healthz",
    "/metrics",
}
BY_ITSELF = {"/api/reload", "/api/drain", "/api/erase", "/api/wall"}
"""Lets in an administrator, or who can read the state folder; a supervisor, or a screen that one put up."""

SCOPES = {
    Scope.CALLS_READ: {
        "GET /api/calls",
        "GET /api/calls/{id}",
        "GET /api/calls/{call}/why",
        "GET /api/callbacks",
        "GET /api/parked",
    },
    Scope.CALLS_CONTROL: {
        "POST /api/calls/{id}/hangup",
        "POST /api/calls",
        "POST /api/calls/{id}/hold",
        "POST /api/calls/{id}/resume",
        "POST /api/calls/{id}/transfer",
        "POST /api/calls/{id}/pull",
        "POST /api/calls/{id}/fetch",
        "POST /api/calls/{id}/park",
        "POST /api/calls/{id}/unpark",
        "GET /api/calls/{id}/consult",
        "POST /api/calls/{id}/consult",
        "DELETE /api/calls/{id}/consult",
        "POST /api/calls/{id}/consult/transfer",
        "POST /api/calls/{id}/consult/join",
        "POST /api/calls/{id}/leave",
        "POST /api/calls/{id}/help",
        "DELETE /api/calls/{id}/help",
        "POST /api/calls/{id}/recording/pause",
        "POST /api/calls/{id}/recording/resume",
        "POST /api/callbacks/{wanted}/take",
        "DELETE /api/callbacks/{wanted}",
    },
    Scope.AGENTS_READ: {"GET /api/agents", "GET /api/agents/{name}", "GET /api/queues", "GET /api/dialling"},
    Scope.AGENTS_CONTROL: {"POST /api/agents/{name}/state", "POST /api/agents/{name}/wrap-up"},
    Scope.RECORDS_READ: {
        "GET /api/records",
        "GET /api/records.{format}",
        "GET /api/records/{call}",
        "GET /api/records/{call}/decisions",
        "GET /api/records/{call}/journey",
        "GET /api/records/{call}/comments",
        "GET /api/shares",
        "GET /api/messages",
        "GET /api/holds",
        "GET /api/reports",
        "GET /api/reports/file",
        "GET /api/quality/forms",
        "GET /api/quality/reviews",
        "GET /api/quality/reviews/{id}",
        "GET /api/quality/samples",
        "GET /api/quality/graders",
        "GET /api/quality/calibrations",
        "GET /api/quality/calibrations/{id}",
        "GET /api/quality/figures",
    },
    Scope.RECORDS_LISTEN: {
        "GET /api/recordings/{stem:path}",
        "GET /api/recordings/{stem:path}/peaks",
        "GET /api/recordings/{stem:path}/transcript",
    },
    Scope.CUSTOMERS_READ: {
        "GET /api/customers",
        "GET /api/customers/choices",
        "GET /api/customers/{id}",
        "GET /api/customers/{id}/contacts",
        "GET /api/customers/export",
    },
    Scope.CUSTOMERS_WRITE: {
        "POST /api/customers",
        "PUT /api/customers/{id}",
        "DELETE /api/customers/{id}",
        "POST /api/customers/{id}/merge",
        "GET /api/customers/work",
        "POST /api/customers/preview",
        "POST /api/customers/import",
    },
}


def flat(found: Iterable[object]) -> Iterator[APIRoute]:
    """Routes, and those of the routers among them."""
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from flat(router.routes)


ROUTES = list(flat(APP.routes))


def test_no_route_is_overlooked() -> None:
    described = {(path, method.upper()) for path, methods in APP.openapi()["paths"].items() for method in methods}
    seen = {
        (route.path_format, method) for route in ROUTES if route.include_in_schema for method in route.methods or ()
    }
    assert seen == described


def needs(dependant: Dependant) -> Iterator[Need]:
    for part in dependant.dependencies:
        if isinstance(part.call, Need):
            yield part.call
        yield from needs(part)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_says_who_may_use_it(route: APIRoute) -> None:
    assert len(list(needs(route.dependant))) == (0 if route.path in OPEN | BY_ITSELF else 1)


def test_what_each_scope_opens() -> None:
    found: dict[Scope, set[str]] = {}
    for route in ROUTES:
        for need in needs(route.dependant):
            if need.scope is not None:
                found.setdefault(need.scope, set()).update(f"{method} {route.path}" for method in route.methods or ())
    assert found == SCOPES
