"""What expressions come to, and what is none."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.expressions import MAX_DEPTH, MAX_LENGTH, Expression, Value, Wrong, names, parse
from ivr.questions import Scalar

DATA: Mapping[str, Scalar] = {
    "level": "gold",
    "debt": 150,
    "rate": 0.5,
    "digits": "0420",
    "known": True,
    "empty": "",
    "nothing": 0,
    "long": "x" * 300,
}


@pytest.mark.parametrize(
    ("text", "comes_to"),
    [
        ("level == 'gold' and debt > 100", True),
        ("level == 'gold' and debt > 150", False),
        ("level != 'gold' or not known", False),
        ("100 < debt <= 150", True),
        ("debt * 2 + 1", 301),
        ("-debt / 4 - +1", -38.5),
        ("(debt + 50) * rate", 100.0),
        ("level in ('gold', 'vip')", True),
        ("level in ['silver']", False),
        ("level not in ('silver', 'vip')", True),
        ("'old' in level", True),
        ("missing in ('gold', null)", True),
        ("missing in 'gold'", False),
        ("missing == null", True),
        ("missing == None", True),
        ("missing", None),
        ("not missing", True),
        ("empty or 'friend'", "friend"),
        ("nothing and debt / nothing", 0),
        ("'dear ' + level", "dear gold"),
        ("number(digits) + 1", 421),
        ("number('4.5')", 4.5),
        ("number(debt)", 150),
        ("text(debt) + text(known) + text(missing)", "150true"),
        ("len(digits) == 4 and startswith(digits, '04')", True),
        ("lower('GOLD') == level", True),
        ("digits == 420", False),
        ("known == true and false == False", True),
        ("  debt\n+ 1 ", 151),
        ("'привет' + '#'", "привет#"),
    ],
)
def test_values(text: str, comes_to: Value) -> None:
    value = parse(text).value(DATA)
    assert value == comes_to
    assert type(value) is type(comes_to)


@pytest.mark.parametrize("given", [5, 2.5, True])
def test_plain_values_of_yaml(given: float) -> None:
    assert parse(given).value({}) == given


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("missing > 1", "not a number"),
        ("level > 1", "not a number"),
        ("known + 1", "not a number"),
        ("level * 2", "not a number"),
        ("-level", "not a number"),
        ("level + debt", "not a number"),
        ("debt in 5", "not a text"),
        ("'1' in debt", "not a text"),
        ("len(debt)", "not a text"),
        ("lower(missing)", "not a text"),
        ("startswith(level, 1)", "not a text"),
        ("number('gold')", "not a number"),
        ("number('١')", "not a number"),
        ("number(known)", "not a number"),
        ("debt / nothing", "divided by zero"),
        ("1000000000000000 * debt", "a number is too big"),
        ("long + long", "a text is too long"),
    ],
)
def test_what_cannot_be_worked_out(text: str, why: str) -> None:
    with pytest.raises(Wrong) as wrong:
        parse(text).value(DATA)
    assert str(wrong.value) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("level = 'gold'", "cannot be read; == compares"),
        ("(debt > 5", "column 1: cannot be read"),
        ("debt > ", "cannot be read; == compares"),
        ("'zł' == level.upper", "column 9: this is not part of the language"),
        ("__import__('os')", "column 1: there is no such function; there are len, lower,"),
        ("level.upper()", "column 1: there is no such function"),
        ("len(level, 2)", "column 1: len takes 1 value"),
        ("len(*level)", "column 5: this is not part of the language"),
        ("len(x=level)", "column 1: there is no such function"),
        ("startswith(level)", "column 1: startswith takes 2 value"),
        ("debt ** 9", "column 1: this is not part of the language"),
        ("debt % 9", "column 1: this is not part of the language"),
        ("level[0]", "column 1: this is not part of the language"),
        ("[1, 2]", "column 1: this is not part of the language"),
        ("1 in (2, (3, 4))", "column 10: this is not part of the language"),
        ("1 < debt in (1, 2)", "column 1: in is not part of a chain"),
        ("{1: 2}", "column 1: this is not part of the language"),
        ("f'{level}'", "column 1: this is not part of the language"),
        ("lambda: 1", "column 1: this is not part of the language"),
        ("1 if debt else 2", "column 1: this is not part of the language"),
        ("(debt := 5)", "column 2: this is not part of the language"),
        ("[x for x in level]", "column 1: this is not part of the language"),
        ("debt is null", "column 1: this is not part of the language"),
        ("b'gold' == level", "column 1: a value is a text, a number"),
        ("5j", "column 1: a value is a text, a number"),
        ("...", "column 1: a value is a text, a number"),
        ("Level == 'gold'", "column 1: 'Level' is no field"),
        ("1e999", "column 1: the number is too big"),
        ("2000000000000000", "column 1: the number is too big"),
        ("", "must be an expression of 1 to 500"),
        ("'" + "x" * 500 + "'", "must be an expression of 1 to 500"),
        ("a\0b", "control character"),
        ("(" * 300 + "1" + ")" * 199, "column"),
        ("not " * 100 + "x", "too long or nested too deeply"),
        ("-" * 400 + "1", "too long or nested too deeply"),
        ("+".join(["1"] * 200), "too long or nested too deeply"),
        (None, "must be an expression, such as"),
        (["debt"], "must be an expression, such as"),
    ],
)
def test_what_is_no_expression(text: object, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        parse(text)


def test_names_are_the_fields_used() -> None:
    assert names(parse("len(b) > 1 and a in (c, null) or true == a")) == ("a", "b", "c")


def test_an_expression_is_its_text() -> None:
    assert parse("a + 1") == parse(" a + 1") != parse("a+1")
    assert repr(parse("a")) == "Expression(text='a', names=('a',))"
    assert parse(parse("a")) == parse("a")
    assert len({parse("a"), parse("a")}) == 1


values = st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans())
pieces = st.sampled_from(
    ["a", "b", "'x'", "1", "0", "2.5", "null", " and ", " or ", " not ", "not ", " in ", "(", ")", ",", "[", "]", "."]
) | st.sampled_from(["+", "-", "*", "/", "<", "<=", "==", ">", "len(", "lower(", "number(", "text(", "startswith("])


@given(
    text=st.one_of(st.text(), st.lists(pieces, max_size=30).map("".join)),
    data=st.fixed_dictionaries({}, optional={"a": values, "b": values}),
)
@example(text="\ud800", data={})
@example(text="a\\", data={})
@example(text="text(a)", data={"a": 10**5000})
@example(text="1if a else b", data={})
@example(text="lower(a)", data={"a": "İ" * MAX_LENGTH})
def test_whatever_is_written_it_is_a_value_or_told_to_be_wrong(
    text: str, data: dict[str, str | int | float | bool]
) -> None:
    try:
        expression = parse(text)
    except ValueError:
        return
    try:
        value = expression.value(data)
    except Wrong:
        return
    assert value is None or isinstance(value, str | int | float)
    assert not isinstance(value, str) or len(value) <= MAX_LENGTH


def _wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", " and ", " or ", "<", "==", " in "])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        inner.map(lambda text: f"(not {text})"),
        inner.map(lambda text: f"text({text})"),
    )


@given(st.recursive(st.sampled_from(["a", "b", "'x'", "3", "null"]), _wrap, max_leaves=12), values, values)
def test_good_ones_are_read_and_bounded(text: str, a: str | float, b: str | float) -> None:
    try:
        expression = parse(text)
    except ValueError as error:
        assert len(text) > MAX_LENGTH or text.count("(") >= MAX_DEPTH or "too deeply" in str(error)  # noqa: PT017
        return
    assert isinstance(expression, Expression)
    try:
        assert isinstance(expression.holds({"a": a, "b": b}), bool)
    except Wrong as wrong:
        assert "x" not in str(wrong).replace("text", "")  # noqa: PT017
