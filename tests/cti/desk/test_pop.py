"""What is opened of the site's own CRM: by which rule, with which address, and for whom."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cti.calls.call import Call
from cti.desk.guard import policy
from cti.desk.pop import Method, Moment, Pop, Rule, Show, allowed, popped, routes
from ivr.url_template import parse
from tests.cti.desk.desktop import Desk
from tests.cti.desk.stories import C1, rings

SEARCH = "https://crm.example:8443/search?number={number}&call={call}"
KNOWN = {"number": "+49 30/&?#1", "call": "c1", "customer.id": "7", "queue": "sales"}


def rules(*more: Rule) -> list[Rule]:
    return [Rule(parse("https://crm.example/card/{customer.id}")), Rule(parse(SEARCH)), *more]


FOUND = "https://crm.example:8443/search?number=%2B49%2030%2F%26%3F%231&call=c1"


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, "https://crm.example/card/7"),
        ({"customer.id": ""}, FOUND),
        ({"customer.id": "../.."}, FOUND),  # it would climb out of its folder
        ({"customer.id": "", "number": ""}, None),
    ],
)
def test_the_first_rule_whose_fields_are_known(fields: Mapping[str, str], url: str | None) -> None:
    pop = popped(rules(), "sales", {**KNOWN, **fields}, talking=False)
    assert (pop.url if pop else None) == url


def test_rules_for_queues_and_for_the_answer() -> None:
    late = Rule(parse("https://crm.example/x"), frozenset({"sales"}), Show.EMBEDDED, when=Moment.ANSWER)
    assert popped([late], "support", KNOWN, talking=True) is None
    assert popped([late], "sales", KNOWN, talking=False) is None
    assert popped([late], "sales", KNOWN, talking=True) == Pop("https://crm.example/x", Show.EMBEDDED, Method.GET)


def test_what_is_posted_is_in_no_address() -> None:
    rule = Rule(parse(SEARCH), show=Show.EMBEDDED, method=Method.POST)
    pop = popped([rule], "sales", KNOWN, talking=False)
    fields = (("number", "+49 30/&?#1"), ("call", "c1"))
    assert pop == Pop("https://crm.example:8443/search", Show.EMBEDDED, Method.POST, fields)


def test_the_content_policy_lets_in_what_the_rules_need_and_nothing_else() -> None:
    posted = Rule(parse(SEARCH), show=Show.EMBEDDED, method=Method.POST)
    told = dict(part.split(" ", 1) for part in policy(allowed(rules(posted))).split("; "))
    assert told["frame-src"] == "'self' https://crm.example:8443"
    assert told["form-action"] == "'self' https://crm.example:8443"
    assert policy(allowed(rules())) == policy()


async def test_an_agents_page_is_told_of_his_own_calls_alone() -> None:
    def known(call: Call, agent: str) -> Mapping[str, str]:
        return {"call": call.id, "customer.id": agent, "number": call.caller}

    desk = Desk([routes(rules(), known, lambda: desk.calls)])
    async with desk.client("ann") as ann, desk.client("bob") as bob, desk.client() as nobody:
        assert (await ann.get("/api/pop")).json() == ["ring"]
        await desk.happens(*rings())
        pop = (await ann.get(f"/api/calls/{C1}/pop")).json()
        assert pop == {"url": "https://crm.example/card/ann", "show": "tab", "method": "GET", "fields": []}
        assert (await bob.get(f"/api/calls/{C1}/pop")).status_code == 404
        assert (await ann.get("/api/calls/none/pop")).status_code == 404
        assert (await nobody.get(f"/api/calls/{C1}/pop")).status_code == 401
