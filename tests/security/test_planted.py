"""A thousand card numbers and PINs come in by each gate, and nothing that is kept has one of them.

The same with a whole server on a real Asterisk: tests/real/test_planted.py.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cti.calls import codec
from cti.calls.arrival import arrived
from cti.calls.events import Digit, Event
from cti.calls.legs import Leg, Role
from cti.calls.words import CallId
from cti.customers.card import Rules, sought
from cti.customers.importing import sorted_out
from cti.desk.board_api import AnnouncementBody
from cti.masking import is_card, masked
from ivr.questions import Verdict
from tests.cti.desk.desktop import Desk
from tests.ivr.flows import CALL, Caller, flow
from tests.planted import CARD, PIN, cards, found, pins

CARDS, PINS = cards(), pins()
PLANTED = {text.encode() for text in (*CARDS, *PINS)}
NAMED = {text.encode() for text in CARDS}

ASKING = flow(
    f"""
    start: account
    nodes:
      account: {{collect: Your account., digits: 1, name: account, next: card}}
      card: {{collect: Your card., digits: {CARD}, name: card, secret: true, next: pin}}
      pin: {{collect: Your PIN., digits: {PIN}, name: pin, secret: true, next: check}}
      check: {{verify: pin, account: account, say: Again., digits: {PIN}, next: orders, locked: orders}}
      orders: {{queue: orders, screen: [account]}}
    """
)
OPEN = flow(
    f"""
    start: card
    nodes:
      card: {{collect: Your card., digits: {CARD}, name: card, next: orders}}
      orders: {{queue: orders, screen: {{Card: "no. {{card}}"}}}}
    """
)


def test_what_is_typed_at_secret_steps_is_in_no_event_no_command_and_no_log() -> None:
    told: list[object] = []
    with capture_logs() as logs:
        for card, pin in zip(CARDS, PINS, strict=True):
            caller = Caller(ASKING)
            told += caller.outputs
            for typed in ("1", card, pin, pin):
                told += caller.does("whole")
                for digit in typed:
                    told += caller.does(digit)
                    told.append(Digit(at=caller.now, call=CALL, digit=digit))
            told += [*caller.asked, *caller.answer(Verdict(right=True))]
    written = "".join(json.dumps(codec.encode(one)) for one in told if isinstance(one, Event))
    assert sum(type(one).__name__ == "Queued" for one in told) == len(CARDS)
    assert found(f"{written}{told!r}{logs}".encode(), PLANTED) == set()


def test_a_card_that_nobody_asked_to_be_secret_is_masked_in_what_is_kept() -> None:
    told: list[Event] = []
    for card in CARDS[:100]:
        caller = Caller(OPEN)
        told += [one for does in ("whole", *card) for one in caller.does(does) if isinstance(one, Event)]
        told.append(arrived(Leg(CallId("c"), Role.CALLER, "1"), _shows(card), 1.0))
    written = json.dumps([codec.encode(one) for one in told])
    assert found(written.encode(), NAMED) == set()
    assert written.count(f"no. {'*' * 12}{CARDS[7][-4:]}") == 1


def _shows(card: str) -> dict[str, str]:
    return {"CallerIDName": f"Visa {card}", "CallerIDNum": card, "Exten": card}


def test_a_table_of_customers() -> None:
    rows = [(row, (f"{card} Ltd", "030 123456", f"pays by {spelt(card, row)}", card)) for row, card in enumerate(CARDS)]
    good, bad = sorted_out(rows, ("name", "numbers", "notes", "Contract"), Rules("DE", ("Contract",)))
    assert (len(good), bad) == (len(CARDS), [])
    assert found("\n".join(sought(one.details) for one in good).encode(), NAMED) == set()
    good, bad = sorted_out([(1, ("Ann", CARDS[0]))], ("name", "numbers"), Rules("DE"))
    assert [one.why for one in bad] == ["numbers is no telephone number"]


def spelt(card: str, how: int) -> str:
    """A number as people write it."""
    parts = [card[at : at + 4] for at in range(0, len(card), 4)]
    return "".join(chr(ord(c) + 0xFEE0) for c in card) if how % 5 == 4 else " -.\u00a0"[how % 4].join(parts)


async def test_bodies_paths_queries_and_headers_of_requests() -> None:
    """In one piece or several, plain or escaped; of a log-in nothing is kept, and what is right stays right."""
    kept: list[AnnouncementBody] = []
    router = APIRouter()

    @router.post("/api/keep")
    async def keep(body: AnnouncementBody) -> None:
        kept.append(body)

    desk = Desk([router])
    async with desk.client("ann") as client:
        for card in CARDS[:100]:
            escaped = "".join(f"\\u{ord(c):04x}" for c in card)
            for text in (f'"pay {card}, please"', f'"{escaped}"', f'"{spelt(card, 3)}"'):
                body = f'{{"text": {text}, "until": 4102444800}}'.encode()

                async def parts(body: bytes = body) -> AsyncIterator[bytes]:
                    for at in range(0, len(body), 20):
                        yield body[at : at + 20]

                sent: list[bytes | AsyncIterator[bytes]] = [body, parts()]
                for content in sent:
                    answer = await client.post(
                        "/api/keep", content=content, headers={"content-type": "application/json"}
                    )
                    assert answer.status_code == 200, answer.text
            headers = {"X-Forwarded-For": card, "User-Agent": card, "Cookie": card}
            await client.get(f"/api/calls/{card}?number={card}", headers=headers)
            await client.post("/api/login", json={"name": card, "password": card})
    assert len(kept) == 600
    assert kept[0].text == f"pay {'*' * 12}{CARDS[0][-4:]}, please"
    assert found(repr([kept, desk.noted]).encode(), NAMED) == set()


SAME = [
    "+8613800138000", "8613800138000", "+49 30 123456", "004915112345678", "4915112345678",
    "110101199003078515", "620102199003071234", "1779000000123456", "2026/11/23/cordboard-4111111111111112",
    "4111 1111 1111 1112", "41111111111111111111111", "", "no digits at all in here",
]  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_numbers_that_are_no_cards_stay(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "card", ["4111111111111111", "5555555555554444", "378282246310005", "30569309025904", "6200000000000000000"]
)
def test_cards_of_each_length(card: str) -> None:
    assert is_card(card)
    stars = "*" * (len(card) - 4) + card[-4:]
    assert masked(f"(12 {card} 8.5)") == f"(12 {stars} 8.5)"
    assert masked(f"{card} {card}, +{card}") == f"{stars} {stars}, +{stars}"


@given(before=st.text(), card=st.sampled_from(CARDS), how=st.integers(0, 4), after=st.text())
def test_a_card_is_found_in_any_text(before: str, card: str, how: int, after: str) -> None:
    text = masked(f"{before}\n{spelt(card, how)}\n{after}")
    assert card not in "".join(str(int(c)) for c in text if c.isdecimal())
    assert masked(text) == text
