"""Values in the words of a language, and whatever else comes in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompt import Text, parse
from ivr.questions import Scalar
from ivr.saying import LONGEST, said


@pytest.mark.parametrize(
    ("text", "value", "language", "expected"),
    [
        ("{v}", "Ada", "en", "Ada"),
        ("{v:digits}", "0042", "en", "0 0 4 2"),
        ("{v:digits}", 42, "zh", "4 2"),
        ("{v:number}", 1234567, "en", "1234567"),
        ("{v:number}", "-3.50", "en", "minus 3.5"),
        ("{v:number}", "1,234.5", "en", "1234.5"),
        ("{v:number}", 2.5, "de", "2,5"),
        ("{v:number}", -7, "zh", "负7"),
        ("{v:number}", "9" * 20, "en", " ".join("9" * 20)),
        ("{v:number}", "many", "en", "many"),
        ("{v:money:EUR}", 12, "en", "12 euros"),
        ("{v:money:EUR}", "1", "en", "1 euro"),
        ("{v:money:USD}", 12.5, "en", "12 US dollars and 50 cents"),
        ("{v:money:GBP}", "0.01", "en", "1 penny"),
        ("{v:money:EUR}", "-0.995", "en", "minus 1 euro"),
        ("{v:money:JPY}", "1000.4", "en", "1000 Japanese yen"),
        ("{v:money:KWD}", "1.25", "en", "1.250 Kuwaiti dinars"),
        ("{v:money:XQQ}", 5, "en", "5 XQQ"),
        ("{v:money:EUR}", "12.50", "de", "12,50 Euro"),
        ("{v:money:CNY}", "12.5", "zh", "12.50元"),
        ("{v:money:EUR}", "12", "zh", "12欧元"),
        ("{v:money:EUR}", "nothing", "en", "nothing"),
        ("{v:date}", "2026-11-02", "en", "November 2, 2026"),
        ("{v:date}", "20261102", "en", "November 2, 2026"),
        ("{v:date}", "2026-11-02T23:59:00+01:00", "en", "November 2, 2026"),
        ("{v:date}", "2026-11-02", "zh", "二零二六年11月2日"),
        ("{v:date}", "2026-11-02", "de", "2. November 2026"),
        ("{v:date}", "2026-02-30", "en", "2026-02-30"),
        ("{v:time}", "14:05", "en", "2:05 PM"),
        ("{v:time}", "2026-11-02T14:05:00Z", "zh", "14点5分"),
        ("{v:time}", "09:00", "zh", "9点"),
        ("{v:time}", "14:05", "de", "14:05"),
        ("{v:time}", "25:00", "en", "25:00"),
        ("{v:date}", "2026-11-02", "xx", "November 2, 2026"),
        ("{v:time}", "14:05", "pt-BR", "14:05"),
        ("You owe {v:money:EUR}, {gone}thanks.", 2, "en", "You owe 2 euros, thanks."),
        ("{gone}", 2, "en", ""),
        ("{gone}.", 2, "en", ""),
        ("Hello {gone}.", 2, "en", "Hello ."),
        ("{v}", "a\n\x00[[b]]<c/>", "en", "a b c/"),
        ("{v}", "x" * 10_000, "en", "x" * LONGEST),
    ],
)
def test_said(text: str, value: Scalar, language: str, expected: str) -> None:
    assert said(Text(text), {"v": value}, language) == expected


@given(
    kind=st.sampled_from(["", ":text", ":digits", ":number", ":money:EUR", ":money:XXX", ":date", ":time"]),
    value=st.text(max_size=300)
    | st.text("0123456789.,-+eE:TZ", max_size=30)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates().map(str)
    | st.datetimes().map(str),
    language=st.sampled_from(["en", "zh", "de", "ar", "fa", "pt-BR", "xx", "zz-ZZ", "haw"]),
)
def test_no_value_is_too_strange(kind: str, value: Scalar, language: str) -> None:
    text = said(Text(f"{{v{kind}}}"), {"v": value}, language)
    assert len(text) <= 2 * LONGEST
    assert not set("\n\x00[]<>") & set(text)


def test_a_prompt_names_its_values() -> None:
    prompt = parse({"en": "You owe {sum:money:EUR} by {day:date}.", "zh": ["您欠{sum:money:EUR}。", {"file": "x.wav"}]})
    assert [v.name for v in prompt.values()] == ["sum", "day", "sum"]


@pytest.mark.parametrize("wrong", ["{", "{sum:gold}", "{sum:money}", "{sum:digits:EUR}", "{a b}", "x" * 4001, "a\x07"])
def test_a_text_that_is_wrong(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"a value is written|money has|too long"):
        parse(wrong)
