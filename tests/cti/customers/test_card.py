from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cti.customers.card import (
    FIELD_LENGTH,
    LENGTHS,
    MOST_NUMBERS,
    CannotMerge,
    Details,
    Rules,
    Wrong,
    alike,
    checked,
    folded,
    merged,
    sought,
)

RULES = Rules("DE", ("Contract",), {"ann"})
WORDS = st.sampled_from(["", "a", "b", "Ada"])
DETAILS = st.builds(
    Details,
    name=st.sampled_from(["Ada", "Bob"]),
    numbers=st.lists(st.integers(0, 30).map(lambda n: f"+4930{n:06}"), max_size=12, unique=True).map(tuple),
    email=WORDS,
    level=WORDS,
    region=WORDS,
    department=WORDS,
    owner=WORDS,
    notes=st.sampled_from(["", "x", "y\nz", "n" * 2500]),
    fields=st.dictionaries(st.sampled_from(["Contract", "Birthday"]), st.just("1") | st.just("2")),
)


def test_a_card_as_somebody_writes_it() -> None:
    texts = {"name": " Ada\tLovelace\n", "notes": "one\r\ntwo\0", "owner": "ann", "Contract": " 7 "}
    details, wrong = checked(texts, ["030 123456", "+4930123456", "+8613912345678"], RULES)
    assert wrong == []
    assert details == Details(
        name="Ada Lovelace",
        numbers=("+4930123456", "+8613912345678"),
        owner="ann",
        notes="one\ntwo",
        fields={"Contract": "7"},
    )


def test_all_that_is_wrong_is_told_at_once() -> None:
    texts = {"name": " ", "email": "nobody", "owner": "eve", "Shoe": "43", "level": "x" * 41}
    _, wrong = checked(texts, ["1", "+4930123456"], RULES)
    assert {(one.field, one.why.split()[0]) for one in wrong} == {
        ("name", "is"),
        ("email", "is"),
        ("owner", "is"),
        ("Shoe", "no"),
        ("level", "is"),
        ("numbers", "is"),
    }
    _, wrong = checked({"name": "Ada", "Contract": "x" * (FIELD_LENGTH + 1)}, [], RULES)
    assert wrong == [Wrong("Contract", f"is longer than {FIELD_LENGTH} characters")]
    _, wrong = checked({"name": "Ada"}, [f"+49301234{n:02}" for n in range(MOST_NUMBERS + 1)], RULES)
    assert [one.field for one in wrong] == ["numbers"]


def test_an_owner_who_has_left_may_stay() -> None:
    assert checked({"name": "Ada", "owner": "old"}, [], RULES, "old")[1] == []
    assert checked({"name": "Ada", "owner": "old"}, [], RULES)[1] != []


@given(st.dictionaries(st.sampled_from([*LENGTHS, "Contract"]), st.text(max_size=300)), st.lists(st.text(max_size=50)))
def test_whatever_is_written_a_good_card_stays_as_it_is(texts: dict[str, str], numbers: list[str]) -> None:
    details, wrong = checked(texts, numbers, RULES)
    if not wrong:
        again = {key: getattr(details, key) for key in LENGTHS} | dict(details.fields)
        assert checked(again, details.numbers, RULES) == (details, [])
        for text in again.values():
            assert "\0" not in text
            text.encode()


def test_a_script_is_a_text_like_any_other() -> None:
    details, wrong = checked({"name": "<script>alert(1)</script>"}, [], RULES)
    assert (details.name, wrong) == ("<script>alert(1)</script>", [])


def test_nobody_is_named_in_a_repr() -> None:
    assert "Ada" not in repr(Details(name="Ada", numbers=("+4930123456",)))


@given(DETAILS, DETAILS, st.sets(st.sampled_from([*LENGTHS, "Contract", "Birthday", "numbers", "nothing"])))
def test_a_merge_loses_no_number_note_or_text(kept: Details, other: Details, take: set[str]) -> None:
    try:
        one = merged(kept, other, take)
    except CannotMerge:
        too_many = len({*kept.numbers, *other.numbers}) > MOST_NUMBERS
        assert too_many or len(kept.notes) + len(other.notes) >= LENGTHS["notes"]
        return
    assert set(one.numbers) == {*kept.numbers, *other.numbers}
    assert one.numbers[: len(kept.numbers)] == kept.numbers
    assert kept.notes in one.notes
    assert other.notes in one.notes
    for key in LENGTHS:
        if key != "notes":
            first, second = (other, kept) if key in take else (kept, other)
            assert getattr(one, key) == (getattr(first, key) or getattr(second, key))
    taken = {key: text for key, text in other.fields.items() if key in take}
    assert one.fields == {**other.fields, **kept.fields, **taken}
    assert merged(one, other) == one


@given(DETAILS)
def test_a_card_merged_with_its_double_is_itself(card: Details) -> None:
    assert merged(card, replace(card)) == card


def test_what_several_cards_have_alike() -> None:
    ada, bob = Details(name="Ada", level="gold", owner="ann"), Details(name="Bob", level="gold")
    assert alike([]) == {}
    assert alike([ada]) == {"name": "Ada", "level": "gold", "owner": "ann"}
    assert alike([ada, bob]) == {"level": "gold"}


def test_searches_know_no_case_and_no_accents() -> None:
    assert folded("MÜLLER Élan ß") == "muller elan ss"
    assert folded("王芳") == "王芳"
    assert sought(Details(name="Müller", numbers=("+49301",), fields={"Contract": "A-7"})) == "muller\n+49301\na-7"
