"""Texts with values in them, in the words of a language.

What a value looks like in a language comes from CLDR, by Babel. A value may be anything that a
caller typed or a server answered: one that does not fit its kind is said as it stands, cleaned
and cut; nothing here raises for any value or language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, get_currency_precision

from ivr.prompt import Text, Value
from ivr.questions import Scalar

LONGEST = 200
"""Characters of one value that are said; the rest is dropped."""

MAX_NUMBER = Decimal(10) ** 15
"""Numbers from here on are said digit by digit: nobody takes in more as one number."""

_MINUS = {"en": "minus ", "zh": "负"}
_CENTS = {
    **dict.fromkeys(("AUD", "CAD", "EUR", "HKD", "NZD", "SGD", "USD", "ZAR"), ("cent", "cents")),
    "GBP": ("penny", "pence"),
}
"""How English names the hundredths of a currency."""
_HAN = str.maketrans("0123456789", "零一二三四五六七八九")


def said(text: Text, data: Mapping[str, Scalar], language: str) -> str:
    """The text with its values in words. A value that is not known is left out; empty if nothing
    is left that can be said."""
    parts = [part if isinstance(part, str) else value_said(part, data, language) for part in text.parts()]
    whole = " ".join("".join(parts).split())
    return whole if any(c.isalnum() for c in whole) else ""


def value_said(value: Value, data: Mapping[str, Scalar], language: str) -> str:
    """One value in words; empty if it is not known."""
    found = data.get(value.name)
    if found is None:
        return ""
    plain = _clean(found)
    locale = _locale(language)
    try:
        return _KINDS[value.kind](plain, value, locale)
    except (ValueError, DecimalException):
        return plain


def _clean(found: Scalar) -> str:
    """A value as text without what a speaking program might take for a command."""
    raw = str(found)[: LONGEST * 4]
    kept = "".join(" " if unicodedata.category(c)[0] == "C" or c in "[]<>{}|\\" else c for c in raw)
    return " ".join(kept.split())[:LONGEST]


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _text(plain: str, value: Value, locale: Locale) -> str:
    return plain


def _digits(plain: str, value: Value, locale: Locale) -> str:
    return " ".join(plain.replace(" ", ""))


def _decimal(plain: str) -> Decimal:
    """Raises ValueError or DecimalException for what is no number, or none that can be taken in."""
    number = Decimal(plain.replace(",", "") if "." in plain else plain)
    if not number.is_finite():
        raise ValueError("no number")
    return number


def _signed(number: Decimal, locale: Locale, say: Callable[[Decimal], str]) -> str:
    minus = _MINUS.get(locale.language)
    if number < 0 and minus is not None:
        return minus + say(-number)
    return say(number)


def _number(plain: str, value: Value, locale: Locale) -> str:
    number = _decimal(plain)
    if abs(number) >= MAX_NUMBER:
        return _digits(plain, value, locale)

    def say(amount: Decimal) -> str:
        return format_decimal(amount, "0.######", locale, group_separator=False, numbering_system="latn")

    return _signed(number, locale, say)


def _money(plain: str, value: Value, locale: Locale) -> str:
    number = _decimal(plain)
    if abs(number) >= MAX_NUMBER:
        return _digits(plain, value, locale)
    places = get_currency_precision(value.currency)
    amount = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return _signed(amount, locale, lambda amount: _amount(amount, value.currency, locale))


def _amount(amount: Decimal, currency: str, locale: Locale) -> str:
    whole = amount.to_integral_value()
    cents = int((amount % 1) * 100)
    if whole == amount:
        return _coins(whole, "0", currency, locale)
    if locale.language == "en" and currency in _CENTS:
        one, many = _CENTS[currency]
        small = f"{cents} {one if cents == 1 else many}"
        whole = amount // 1
        return f"{_coins(whole, '0', currency, locale)} and {small}" if whole else small
    places = get_currency_precision(currency)
    return _coins(amount, f"0.{'0' * places}", currency, locale)


def _coins(amount: Decimal, pattern: str, currency: str, locale: Locale) -> str:
    if locale.language == "zh" and currency == "CNY":  # CLDR's name of it is not what people say
        return f"{amount}元"
    return format_currency(
        amount,
        currency,
        pattern,
        locale,
        currency_digits=False,
        format_type="name",
        group_separator=False,
        numbering_system="latn",
    )


def _date(plain: str, value: Value, locale: Locale) -> str:
    day = _moment(plain).date() if len(plain) > len("2026-11-22") else date.fromisoformat(plain)
    if locale.language == "zh":  # a year is read digit by digit
        return f"{str(day.year).translate(_HAN)}年{day.month}月{day.day}日"
    return format_date(day, "long", locale)


def _time(plain: str, value: Value, locale: Locale) -> str:
    moment = _moment(plain).time() if len(plain) > len("14:05:00") else time.fromisoformat(plain)
    moment = moment.replace(tzinfo=None)
    if locale.language == "zh":
        return f"{moment.hour}点{moment.minute}分" if moment.minute else f"{moment.hour}点"
    return " ".join(format_time(moment, "short", locale=locale).split())


def _moment(plain: str) -> datetime:
    """A moment in ISO 8601; its time zone is that of who wrote it, and is left as it is."""
    return datetime.fromisoformat(plain)


_KINDS: Mapping[str, Callable[[str, Value, Locale], str]] = {
    "text": _text,
    "digits": _digits,
    "number": _number,
    "money": _money,
    "date": _date,
    "time": _time,
}
