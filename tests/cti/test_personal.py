"""What numbers look like to who needs no more, wherever they stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cti.access import Role
from cti.customers.card import Card
from cti.personal import PERSONAL, address, has_stars, number, veiled, veiled_value, written
from cti.sight import SIGHTS, Sight


def test_a_number_keeps_what_tells_it_from_others() -> None:
    seen = {
        "13800001234": "138****1234",
        "+8613800001234": "+86138****1234",
        "008613800001234": "008********1234",
        "+4915550199887": "+49155****9887",
        "+4930123456": "+4930***456",
        "030/1234 567": "03*/**** 567",
        "5551234": "55***34",
        "12345": "1***5",
        "2001": "2001",
        "*45": "*45",
        "": "",
        "anonymous": "anonymous",
        "front.desk": "front.desk",
        "sip:13800001234@pbx.example": "sip:138****1234@pbx.example",
        "١٣٨٠٠٠٠١٢٣٤": "١٣٨****١٢٣٤",
    }
    assert {text: number(text) for text in seen} == seen


def test_what_is_written_hides_numbers_and_nothing_else() -> None:
    assert written("call 138 0000 1234 or (030) 1234567 back") == "call 138 **** 1234 or (03*) ****567 back"
    assert written("2026-11-23, order 4711, 12.50 EUR") == "2026-11-23, order 4711, 12.50 EUR"
    assert address("ada@example.com, 13800001234@sms.example") == "a***@example.com, 1***@sms.example"


def test_by_their_names_and_however_deep() -> None:
    row = {
        "id": "1700000000.12",
        "caller": "13800001234",
        "direction": "in",
        "dialled": "4001234567",
        "choices": [{"node": "number", "value": "13900005678"}],
        "customers": [{"id": 7, "name": "13800001234", "level": "gold", "notes": ""}],
        "parties": [{"agent": "", "number": "13700009999"}],
    }
    assert veiled([row]) == [
        row
        | {"caller": "138****1234"}
        | {"choices": [{"node": "number", "value": "139****5678"}]}
        | {"customers": [{"id": 7, "name": "138****1234", "level": "gold", "notes": ""}]}
        | {"parties": [{"agent": "", "number": "137****9999"}]}
    ]
    assert veiled({"direction": "out", "dialled": "13800001234"})["dialled"] == "138****1234"
    assert veiled({"name": "orders 20260001", "waiting": 1}) == {"name": "orders 20260001", "waiting": 1}


@given(st.from_regex(r"\+?[0-9]{7,20}", fullmatch=True), st.sampled_from(sorted(PERSONAL)))
def test_no_number_stays_whole_under_any_name_and_once_is_enough(whole: str, key: str) -> None:
    hidden = veiled({key: [f"to {whole}", {"inner": whole}], "left": whole})
    assert whole not in str(hidden[key])
    assert hidden["left"] == whole
    assert veiled(hidden) == hidden


def test_cards_are_hidden_and_known_as_such() -> None:
    card = Card(
        id=1, version=1, changed_at=0.0, name="Ada", numbers=("+8613800001234",), email="ada@example.com",
        notes="paid with ************1234", fields={"fax": "01012345678"}
    )  # fmt: skip
    hidden = veiled_value(card)
    assert hidden.numbers == ("+86138****1234",)
    assert (hidden.name, hidden.email, hidden.fields) == ("Ada", "a***@example.com", {"fax": "010****5678"})
    assert has_stars(hidden)
    assert not has_stars(card)


def test_sights_are_an_order() -> None:
    assert SIGHTS.keys() == set(Role)
    assert all(one.reaches(other) == (at >= place) for at, one in enumerate(Sight) for place, other in enumerate(Sight))
