"""Which role may use which route, written down twice: a route that is not here fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cti.access import RIGHTS, Person, Right, Role
from cti.desk.audited import NOTED, NUMBERS, REFUSAL
from recordings.audit.log import LOST
from tests.config.test_scopes import BY_ITSELF, OPEN, ROUTES, needs

ALL = "agent supervisor auditor admin system"
DESK = "agent supervisor admin"
HEADS = "supervisor admin"
RECORDS = "agent supervisor auditor admin"
REVIEW = "supervisor auditor admin"

TABLE = {
    "GET /api/me": ALL,
    "GET /api/sessions": ALL,
    "DELETE /api/sessions": ALL,
    "DELETE /api/sessions/{id}": ALL,
    "GET /api/people/sessions": "admin",
    "DELETE /api/people/{name}/sessions": "admin",
    "DELETE /api/people/{name}/sessions/{id}": "admin",
    "GET /api/agents": DESK,
    "GET /api/agents/{name}": DESK,
    "GET /api/agents/{name}/day": DESK,
    "GET /api/agents/{name}/timeline": DESK,
    "POST /api/agents/{name}/state": DESK,
    "POST /api/agents/{name}/wrap-up": DESK,
    "GET /api/announcements": DESK,
    "POST /api/announcements": HEADS,
    "DELETE /api/announcements/{id}": HEADS,
    "POST /api/announcements/{id}/seen": DESK,
    "POST /api/alerts/seen": HEADS,
    "GET /api/audit": "auditor admin",
    "GET /api/board/day": HEADS,
    "GET /api/callbacks": DESK,
    "POST /api/callbacks/{wanted}/take": DESK,
    "GET /api/dialling": DESK,
    "POST /api/calls": DESK,
    "DELETE /api/callbacks/{wanted}": HEADS,
    "GET /api/calls": DESK,
    "GET /api/calls/{id}": DESK,
    "GET /api/calls/{id}/pop": DESK,
    "GET /api/calls/{call}/why": HEADS,
    "GET /api/calls/{id}/before": DESK,
    "GET /api/calls/{id}/suggestions": DESK,
    "POST /api/calls/{call}/disposition": DESK,
    "POST /api/calls/{id}/hangup": DESK,
    "POST /api/calls/{id}/hold": DESK,
    "POST /api/calls/{id}/resume": DESK,
    "POST /api/calls/{id}/transfer": DESK,
    "POST /api/calls/{id}/fetch": DESK,
    "POST /api/calls/{id}/park": DESK,
    "POST /api/calls/{id}/unpark": DESK,
    "GET /api/parked": DESK,
    "GET /api/calls/{id}/consult": DESK,
    "POST /api/calls/{id}/consult": DESK,
    "DELETE /api/calls/{id}/consult": DESK,
    "POST /api/calls/{id}/consult/transfer": DESK,
    "POST /api/calls/{id}/consult/join": DESK,
    "POST /api/calls/{id}/leave": DESK,
    "POST /api/calls/{id}/pull": HEADS,
    "POST /api/calls/{id}/take": HEADS,
    "POST /api/calls/{id}/help": DESK,
    "DELETE /api/calls/{id}/help": DESK,
    "POST /api/calls/{id}/recording/pause": DESK,
    "POST /api/calls/{id}/recording/resume": DESK,
    "PUT /api/calls/{id}/monitor": HEADS,
    "DELETE /api/calls/{id}/monitor": HEADS,
    "GET /api/customers": DESK,
    "POST /api/customers": DESK,
    "GET /api/customers/choices": DESK,
    "GET /api/customers/work": HEADS,
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
    "GET /api/health": "admin system",
    "GET /api/holds": REVIEW,
    "POST /api/holds": "admin",
    "DELETE /api/holds/{id}": "admin",
    "GET /api/erasures": "admin",
    "POST /api/erasures": "admin",
    "GET /api/messages": REVIEW,
    "GET /api/people": "admin",
    "GET /api/phone": DESK,
    "GET /api/places": DESK,
    "GET /api/pop": DESK,
    "GET /api/queues": DESK,
    "GET /api/quality/forms": REVIEW,
    "GET /api/quality/reviews": RECORDS,
    "POST /api/quality/reviews": HEADS,
    "GET /api/quality/reviews/{id}": RECORDS,
    "PUT /api/quality/reviews/{id}/draft": HEADS,
    "POST /api/quality/reviews/{id}/submit": HEADS,
    "POST /api/quality/reviews/{id}/correct": HEADS,
    "POST /api/quality/reviews/{id}/release": HEADS,
    "POST /api/quality/reviews/{id}/answer": DESK,
    "POST /api/quality/reviews/{id}/uphold": HEADS,
    "GET /api/quality/samples": REVIEW,
    "POST /api/quality/samples/{rule}": HEADS,
    "GET /api/quality/graders": REVIEW,
    "GET /api/quality/figures": RECORDS,
    "GET /api/quality/calibrations": REVIEW,
    "POST /api/quality/calibrations": HEADS,
    "GET /api/quality/calibrations/{id}": REVIEW,
    "GET /api/records": RECORDS,
    "GET /api/records.{format}": REVIEW,
    "GET /api/records/{call}": RECORDS,
    "GET /api/records/{call}/decisions": REVIEW,
    "GET /api/recordings/{stem}": RECORDS,
    "GET /api/recordings/{stem}/peaks": RECORDS,
    "GET /api/recordings/{stem}/transcript": RECORDS,
    "POST /api/recordings/{stem}/heard": RECORDS,
    "GET /api/records/{call}/journey": RECORDS,
    "GET /api/records/{call}/comments": RECORDS,
    "POST /api/records/{call}/comments": DESK,
    "PATCH /api/comments/{id}": DESK,
    "DELETE /api/comments/{id}": DESK,
    "POST /api/records/{call}/shares": HEADS,
    "GET /api/shares": REVIEW,
    "GET /api/shares/{id}": RECORDS,
    "DELETE /api/shares/{id}": HEADS,
    "GET /api/reports": RECORDS,
    "GET /api/reports/file": RECORDS,
    "GET /api/site": "admin",
    "GET /api/site/check": "admin",
    "GET /api/switches": HEADS,
    "PUT /api/switches/{name}": HEADS,
}
UNNOTED = {
    # Oneself, or what the feed shows anyway.
    "GET /api/me",
    "GET /api/sessions",
    "GET /api/people/sessions",
    # Before one is anybody.
    "GET /api/login",
    "POST /api/login/oidc/begin",
    # Every ten minutes of each page; what is refused of it is noted.
    "POST /api/refresh",
    "GET /api/agents",
    "GET /api/announcements",
    "GET /api/board/day",
    "GET /api/reports",
    "GET /api/callbacks",
    "GET /api/parked",
    "GET /api/dialling",
    "GET /api/calls",
    "GET /api/calls/{id}",
    "GET /api/calls/{id}/pop",
    "GET /api/calls/{call}/why",
    "GET /api/calls/{id}/suggestions",
    "GET /api/customers/choices",
    "GET /api/customers/work",
    "POST /api/alerts/seen",
    "GET /api/followups",
    "GET /api/phone",
    "GET /api/places",
    "GET /api/pop",
    "GET /api/queues",
    # Comes up with a call: whom it was offered to is in the journal.
    "GET /api/calls/{id}/before",
    # Come with the record, which is noted.
    "GET /api/records/{call}/journey",
    "GET /api/recordings/{stem}/peaks",
    "GET /api/records/{call}/comments",
    "GET /api/shares",
    # Told by the journal, or by the record of the follow-up itself.
    "POST /api/calls/{call}/disposition",
    "POST /api/calls/{id}/hold",
    "POST /api/calls/{id}/resume",
    "POST /api/calls/{id}/fetch",
    "GET /api/calls/{id}/consult",
    "DELETE /api/calls/{id}/consult",
    "POST /api/calls/{id}/consult/join",
    "POST /api/calls/{id}/leave",
    "POST /api/calls/{id}/help",
    "DELETE /api/calls/{id}/help",
    "POST /api/announcements/{id}/seen",
    "POST /api/followups",
    "PATCH /api/followups/{id}",
    # The site as it is set up, and who has how much to do.
    "GET /api/quality/forms",
    "GET /api/quality/graders",
    "GET /api/quality/samples",
    "GET /api/quality/calibrations",
    # What one has so far; what is submitted of it is noted.
    "PUT /api/quality/reviews/{id}/draft",
    "GET /api/dispositions",
    "GET /api/flows",
    "GET /api/flows/{name}.svg",
    "GET /api/health",
    "GET /api/people",
    "GET /api/site",
    "GET /api/site/check",
    "GET /api/switches",
    # Keeps nothing, gives nothing out.
    "POST /api/customers/preview",
}
"""What leaves no entry in the audit log, but for being refused."""

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


def test_every_route_is_in_the_audit_log_or_said_not_to_be() -> None:
    by_oidc = {"POST /api/login/oidc", "POST /api/login/oidc/begin"}
    opened = {"GET /api/login", "POST /api/login", "POST /api/logout", "POST /api/refresh", *by_oidc}
    owners = {"POST /api/reload", "POST /api/drain", "DELETE /api/drain", "POST /api/erase"}
    assert NOTED.keys() | UNNOTED == NEEDS.keys() | opened | owners
    assert not NOTED.keys() & UNNOTED


def test_the_page_has_words_for_all_that_is_noted_and_for_every_right() -> None:
    text = (Path(__file__).parents[2] / "cti" / "desk" / "web" / "src" / "i18n" / "admin.ts").read_text()
    words = set(re.findall(r'"((?:deed|right)\.[^"]+)":', text))
    deeds = {noted.what for noted in NOTED.values()} | {NUMBERS, REFUSAL, LOST}
    assert words == {f"deed.{deed}" for deed in deeds} | {f"right.{right}" for right in Right}
