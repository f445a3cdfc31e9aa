"""Telephone numbers in one form, E.164 (as +4930123456), whatever way they were written."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from cti.masking import masked

LONGEST = 40
"""Characters of a number as somebody writes it."""

_WRITTEN = re.compile(r"[+0-9 ()./\u00a0\u2010-\u2015-]+")
"""What only a number, or a part of one, looks like."""


class BadNumber(ValueError):
    """A text that is no telephone number. The message says why, and does not repeat it."""


def is_region(name: str) -> bool:
    """Whether this is a region (ISO 3166-1, two letters) whose numbers are known."""
    return name in phonenumbers.SUPPORTED_REGIONS


def normal(text: str, region: str | None) -> str:
    """The number in E.164. ``region`` (ISO 3166-1, two letters) is where one without a country code
    is from. Raises BadNumber.

    A number is taken where its length can be right: which ranges are in use changes faster than any table.
    """
    if "*" in masked(text):  # of a payment card, too
        raise BadNumber("is no telephone number")
    if len(text) > LONGEST:
        raise BadNumber(f"is longer than {LONGEST} characters")
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and region is None:
            raise BadNumber("has no country code, as +49; or set customers.region in site.yaml") from None
        raise BadNumber("is no telephone number") from None
    if number.extension:
        raise BadNumber("has an extension; write that into the notes")
    if not phonenumbers.is_possible_number(number):
        raise BadNumber("is too short or too long for its country")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def of_caller(shown: str, region: str | None) -> str:
    """The number that a caller shows, in E.164; empty where it is none, as with a caller who hides it."""
    try:
        return normal(shown, region)
    except BadNumber:
        return ""


def spellings(number: str, region: str | None) -> tuple[str, ...]:
    """The ways in which a line may show this number (in E.164): with or without a country code, and as
    it is dialled in the region."""
    parsed = phonenumbers.parse(number)
    ways = [number, number[1:], f"00{number[1:]}"]
    if region is not None:
        ways.append(_digits(phonenumbers.format_out_of_country_calling_number(parsed, region)))
        if phonenumbers.country_code_for_region(region) == parsed.country_code:
            ways.append(phonenumbers.national_significant_number(parsed))
    return tuple(dict.fromkeys(ways))


def part(text: str) -> str:
    """The digits of a number, or of a part of one, that somebody looks for: without the zeros that
    E.164 does not have before it. Empty for any other text."""
    return _digits(text).lstrip("0") if _WRITTEN.fullmatch(text) else ""


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
