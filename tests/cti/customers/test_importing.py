from __future__ import annotations

import pytest

from cti.customers.card import Card, Details, Rules
from cti.customers.importing import (
    BadColumns,
    cells_of,
    columns_of,
    guessed,
    keys,
    sorted_out,
    without_doubles,
)

RULES = Rules("DE", ("Contract",), {"ann"})


def test_columns_are_guessed_by_their_names() -> None:
    head = ("Customer Name", "Phone 1", "Phone 2", "E-Mail", "Shoe size", "contract", "Name", "备注", "")
    assert guessed(head, RULES) == ("name", "numbers", "numbers", "email", "", "Contract", "", "notes", "")
    assert guessed(tuple(keys(RULES)), RULES) == tuple(keys(RULES))


@pytest.mark.parametrize(
    ("text", "why"),
    [("numbers,notes", "no column has the name"), ("name,shoe", "one of these: name"), ("name,email,email", "two")],
)
def test_columns_that_cannot_be(text: str, why: str) -> None:
    with pytest.raises(BadColumns, match=why):
        columns_of(text, RULES)


def test_rows_are_cards_or_say_why_not() -> None:
    columns = columns_of("name, numbers,,numbers,Contract", RULES)
    rows = [
        (2, ("Ada", "030 123456; 030 123457", "x", "+8613912345678", "7")),
        (3, ("", "1", "x", "", "")),
        (4, ("Bob",)),
    ]
    good, bad = sorted_out(rows, columns, RULES)
    ada = Details(name="Ada", numbers=("+4930123456", "+4930123457", "+8613912345678"), fields={"Contract": "7"})
    assert [(one.row, one.details) for one in good] == [(2, ada), (4, Details(name="Bob"))]
    assert [(one.row, one.why) for one in bad] == [(3, "name is missing; numbers is no telephone number")]


def test_doubles_are_named_by_the_row_they_double() -> None:
    rows = [(n, (name, number)) for n, (name, number) in enumerate(
        [("Ada", "030 123456"), ("ADA", "+4930123456"), ("Bob", "030 123456"), ("Eve", "030 999999"), ("Max", "")], 2
    )]  # fmt: skip
    good, bad = sorted_out(rows, ("name", "numbers"), RULES)
    assert bad == []
    seen: dict[tuple[str, str], int] = {}
    good, bad = without_doubles(good, {("eve", "+4930999999")}, seen)
    assert [one.row for one in good] == [2, 4, 6]
    assert [(one.row, one.why) for one in bad] == [
        (3, "a double of row 2"),
        (5, "a double of a customer who is there already"),
    ]
    assert without_doubles(good, set(), seen)[0] == []


def test_a_card_as_a_row_is_that_card_again() -> None:
    card = Card(
        id=1, version=1, changed_at=1.0, name="Ada", numbers=("+4930123456", "+4930123457"), owner="ann",
        notes="one\ntwo", fields={"Contract": "7"},
    )  # fmt: skip
    (good,), bad = sorted_out([(2, tuple(cells_of(card, RULES)))], keys(RULES), RULES)
    assert bad == []
    for key in ("name", "numbers", "owner", "notes", "fields"):
        assert getattr(good.details, key) == getattr(card, key)
