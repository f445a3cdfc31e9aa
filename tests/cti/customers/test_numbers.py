from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.customers.numbers import BadNumber, is_region, normal, of_caller, part, spellings


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("030 123456", "DE", "+4930123456"),
        ("(030) 12 34-56", "DE", "+4930123456"),
        ("0049 30 123456", "DE", "+4930123456"),
        ("+49 (0)30 123456", None, "+4930123456"),
        ("4930123456", "DE", "+4930123456"),
        ("＋８６ 139 1234 5678", None, "+8613912345678"),
        ("011 49 30 123456", "US", "+4930123456"),
        ("202-555-0123", "US", "+12025550123"),
    ],
)
def test_however_it_is_written(written: str, region: str | None, number: str) -> None:
    assert normal(written, region) == number


@pytest.mark.parametrize(
    ("written", "region", "why"),
    [
        ("", "DE", "is no telephone number"),
        ("nobody", "DE", "is no telephone number"),
        ("=1+1", "DE", "is no telephone number"),
        ("+1 20", None, "too short"),
        ("030 123456", None, "has no country code"),
        ("+49", "DE", "is no telephone number"),
        ("+4930123456 ext. 12", "DE", "extension"),
        ("+49" + "1" * 16, "DE", "is no telephone number|too long"),
        ("1" * 41, "DE", "longer than 40"),
    ],
)
def test_what_is_no_number(written: str, region: str | None, why: str) -> None:
    with pytest.raises(BadNumber, match=why) as error:
        normal(written, region)
    assert not written or written not in str(error.value)
    assert of_caller(written, region) == ""


REGIONS = st.sampled_from(["DE", "US", "CN", "IT", "GB", "FR", "AU", "BR", "AR", "MX"])


@given(st.text(max_size=50), st.none() | REGIONS)
def test_any_text_is_a_number_in_one_form_or_none(text: str, region: str | None) -> None:
    number = of_caller(text, region)
    if number:
        assert number.startswith("+")
        assert number[1:].isascii()
        assert number[1:].isdecimal()
        assert normal(number, None) == number


@given(REGIONS, REGIONS)
def test_every_spelling_is_the_number(home: str, of: str) -> None:
    example = phonenumbers.example_number(of)
    assert example is not None
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    ways = spellings(number, home)
    assert {number, number[1:], f"00{number[1:]}"} <= set(ways)
    assert normal(next(way for way in ways[3:] or ways[:1]), home) == number


def test_what_a_line_may_show() -> None:
    assert spellings("+4930123456", "DE") == ("+4930123456", "4930123456", "004930123456", "030123456", "30123456")
    assert spellings("+4930123456", None) == ("+4930123456", "4930123456", "004930123456")


def test_parts_of_numbers() -> None:
    assert part("030 12-34") == "301234"
    assert part("+49 (30)") == "4930"
    assert part("0049 30") == "4930"
    assert part("room 12") == ""
    assert part("") == ""


def test_regions() -> None:
    assert is_region("DE")
    assert not is_region("XX")
