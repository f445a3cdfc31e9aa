"""Agreement of graders: Cohen's own kind of table by hand, and what is true of all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.quality.agreement import agreement, compare
from tests.recordings.quality.test_forms import FORM


def answers(*given: tuple[str, str, int]) -> dict[str, dict[str, str]]:
    """So many questions that one answered so and the other so."""
    pairs = [(a, b) for a, b, count in given for _ in range(count)]
    return {who: {f"q{n}": pair[at] for n, pair in enumerate(pairs)} for at, who in enumerate(("ann", "bob"))}


def test_an_example_by_hand() -> None:
    # Of 50 answers 20 + 15 are alike: o = 0.7. Ann says Yes to 25, Bob to 30: e = 0.5 × 0.6 + 0.5 × 0.4 = 0.5.
    given = answers(("Yes", "Yes", 20), ("Yes", "No", 5), ("No", "Yes", 10), ("No", "No", 15))
    found = agreement("ann", "bob", given)
    assert (found.alike, found.count) == (35, 50)
    assert found.kappa == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_as_chance_would_have_it_worse_and_nothing_to_tell() -> None:
    by_chance = answers(("Yes", "Yes", 1), ("Yes", "No", 1), ("No", "Yes", 1), ("No", "No", 1))
    assert agreement("ann", "bob", by_chance).kappa == 0
    assert agreement("ann", "bob", answers(("Yes", "No", 2), ("No", "Yes", 2))).kappa == -1
    assert agreement("ann", "bob", answers(("Yes", "Yes", 4))).kappa is None


ANSWERS = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("xyz"), st.just(1)), min_size=1, max_size=20)


@given(ANSWERS)
def test_it_is_the_same_from_both_sides_and_at_most_1(given: list[tuple[str, str, int]]) -> None:
    both = answers(*given)
    one, other = agreement("ann", "bob", both), agreement("bob", "ann", both)
    assert one.kappa == pytest.approx(other.kappa) if one.kappa is not None else other.kappa is None
    if one.kappa is not None:
        assert -1 <= one.kappa <= 1
        assert (one.kappa == 1) == (one.alike == one.count)


def test_several_graders_of_one_talk() -> None:
    ann = {"greeting": "Fully", "identity": "Yes", "thanked": "Yes"}
    found = compare(FORM, {"ann": ann, "bob": ann | {"greeting": "Partly"}, "cat": ann})
    assert {who: one.total for who, one in found.scores.items()} == {"ann": 100.0, "bob": 80.0, "cat": 100.0}
    assert [(pair.graders, pair.alike, pair.count) for pair in found.pairs] == [
        (("ann", "bob"), 2, 3),
        (("ann", "cat"), 3, 3),
        (("bob", "cat"), 2, 3),
    ]
    assert found.alike == pytest.approx(7 / 9)
    assert found.apart == ("greeting",)
    # Ann and Cat: e = 1/9 + 4/9, o = 1, 1. With Bob: e = (2 × 2) / 9, o = 2/3: (6 - 4) / (9 - 4), twice.
    assert found.kappa == pytest.approx((1 + 0.4 + 0.4) / 3)
