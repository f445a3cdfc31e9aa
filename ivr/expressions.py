"""Expressions on a call's data, such as ``level == 'gold' and debt > 100``.

They look like Python and are read by its parser, but nothing of Python can be reached from them:
only what stands here is understood. There are comparisons (``== != < <= > >= in not in``), ``and``,
``or``, ``not``, ``+ - * /`` on numbers, ``+`` on texts, names of fields, texts, numbers, ``true``,
``false``, ``null``, lists on the right of ``in``, and these functions:

    len(text)               number(text)    the number that the text says
    lower(text)             text(value)     the value as text
    startswith(text, with)

A field that is not known is null. Only null itself, ``==``, ``in``, ``and``, ``or`` and ``not``
take null: all else that is done to it is an error.
"""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema

from ivr.questions import Scalar

MAX_LENGTH = 500
"""Characters of an expression, and of a text that one makes."""
MAX_PARTS = 100
MAX_DEPTH = 20
MAX_NUMBER = 10**15
"""Beyond it, numbers are not exact as floating point."""

Value = Scalar | None

WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False, "null": None}
"""Names that are values, as YAML writes them."""

_FIELD = re.compile(r"[a-z_][a-z0-9_]{0,39}")


class Wrong(Exception):
    """An expression cannot be worked out on these data. The text never has a value in it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that has been checked. ``names`` are the fields it uses, sorted."""

    text: str
    names: tuple[str, ...]
    _tree: ast.expr = field(repr=False, compare=False)

    def value(self, data: Mapping[str, Scalar]) -> Value:
        """What it comes to. Raises Wrong."""
        found = _value(self._tree, data)
        assert not isinstance(found, tuple)
        return found

    def holds(self, data: Mapping[str, Scalar]) -> bool:
        """Whether it is true, as Python has it: 0, null and an empty text are not. Raises Wrong."""
        return bool(self.value(data))


def names(expression: Expression) -> tuple[str, ...]:
    """The fields of the data that the expression's value is made of."""
    return expression.names


def parse(given: Any) -> Expression:
    """An expression as written in YAML. Raises ValueError, with the column (from 1)."""
    if isinstance(given, Expression):
        return given
    if not isinstance(given, str | int | float):
        raise ValueError("must be an expression, such as level == 'gold' and debt > 100")
    text = str(given).strip().replace("\n", " ")
    if not text or len(text) > MAX_LENGTH:
        raise ValueError(f"must be an expression of 1 to {MAX_LENGTH} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise ValueError("has a control character")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is refused below, or harmless
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        at = max(error.offset or 1, 1)
        raise ValueError(f"column {at}: cannot be read; == compares, and texts are in quotes") from None
    except (RecursionError, MemoryError):
        raise ValueError("the expression is too long or nested too deeply") from None
    check = _Check(text)
    check.part(tree, 1)
    return Expression(text, tuple(sorted(check.names)), tree)


Expressed = Annotated[Expression, PlainValidator(parse), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""A pydantic field type: an expression."""


class _Check:
    """Lets through what is understood, and nothing else."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode()
        self._parts = 0
        self.names: set[str] = set()

    def part(self, node: ast.expr, depth: int, *, tuple_too: bool = False) -> None:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_PARTS:
            raise self._no(node, "the expression is too long or nested too deeply")
        for below, right_of_in in self._below(node, tuple_too):
            self.part(below, depth + 1, tuple_too=right_of_in)

    def _below(self, node: ast.expr, tuple_too: bool) -> list[tuple[ast.expr, bool]]:
        """The parts of a part, each with whether it may be a list. Raises ValueError."""
        match node:
            case ast.Constant(value=value):
                self._constant(node, value)
                return []
            case ast.Name(id=name):
                if name not in WORDS:
                    if not _FIELD.fullmatch(name):
                        raise self._no(node, f"{name!r} is no field: small letters, digits and _, at most 40")
                    self.names.add(name)
                return []
            case ast.BoolOp(values=values):
                return [(value, False) for value in values]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return [(operand, False)]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return [(left, False), (right, False)]
            case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
                rights = [(right, isinstance(op, ast.In | ast.NotIn)) for op, right in zip(ops, others, strict=True)]
                if len(rights) > 1 and any(one for _, one in rights):
                    raise self._no(node, "in is not part of a chain of comparisons: join them by and")
                return [(left, False), *rights]
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if tuple_too:
                return [(part, False) for part in parts]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                if len(args) != _FUNCTIONS[name][0]:
                    raise self._no(node, f"{name} takes {_FUNCTIONS[name][0]} value(s)")
                return [(arg, False) for arg in args]
            case ast.Call():
                raise self._no(node, f"there is no such function; there are {', '.join(_FUNCTIONS)}")
        raise self._no(node, "this is not part of the language of expressions")

    def _constant(self, node: ast.expr, value: object) -> None:
        if value is not None and not isinstance(value, str | int | float):
            raise self._no(node, "a value is a text, a number, true, false or null")
        if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
            raise self._no(node, "the number is too big")

    def _no(self, node: ast.expr, why: str) -> ValueError:
        before = self._bytes[: node.col_offset].decode(errors="ignore")
        return ValueError(f"column {len(before) + 1}: {why}")


def _value(node: ast.expr, data: Mapping[str, Scalar]) -> Value | tuple[Value, ...]:
    match node:
        case ast.Constant(value=value):
            constant: Any = value
            return constant  # type: ignore[no-any-return]
        case ast.Name(id=name):
            return WORDS[name] if name in WORDS else data.get(name)
        case ast.BoolOp(op=op, values=values):
            found: Value | tuple[Value, ...] = None
            for part in values:
                found = _value(part, data)
                if bool(found) is isinstance(op, ast.Or):
                    break
            return found
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, data))
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, data), _value(right, data))
        case ast.Compare(left=left, ops=ops, comparators=others):
            one = _value(left, data)
            for compare, right in zip(ops, others, strict=True):
                other = _value(right, data)
                if not _COMPARE[type(compare)](one, other):
                    return False
                one = other
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(_one(_value(part, data)) for part in parts)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name][1](*(_value(arg, data) for arg in args))
    raise AssertionError("parse lets nothing else through")


def _one(value: Value | tuple[Value, ...]) -> Value:
    assert not isinstance(value, tuple)
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong("not a number")
    return _bounded(value)


def _bounded(value: int | float) -> int | float:
    if not abs(value) <= MAX_NUMBER:  # true for "not a number", too
        raise Wrong("a number is too big")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong("not a text")
    return value


def _plus(one: object, other: object) -> Value:
    if isinstance(one, str) and isinstance(other, str):
        if len(one) + len(other) > MAX_LENGTH:
            raise Wrong("a text is too long")
        return one + other
    return _bounded(_number(one) + _number(other))


def _divided(one: object, other: object) -> Value:
    by = _number(other)
    if not by:
        raise Wrong("divided by zero")
    return _bounded(_number(one) / by)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def ordered(one: object, other: object) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return compare(one, other)
        return compare(_number(one), _number(other))

    return ordered


def _in(one: object, many: object) -> bool:
    if isinstance(many, tuple):
        return one in many
    text = _text(many)
    return isinstance(one, str) and one in text


def _as_number(value: object) -> Value:
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?\d{1,15}(\.\d{1,15})?\s*", value, re.ASCII):
            raise Wrong("not a number")
        return _bounded(float(value) if "." in value else int(value))
    return _number(value)


def _as_text(value: object) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value if isinstance(value, str) else str(_number(value))


_UNARY: Final[Mapping[type[ast.unaryop], Callable[[object], Value]]] = {
    ast.Not: operator.not_,
    ast.USub: lambda value: -_number(value),
    ast.UAdd: _number,
}
_BINARY: Final[Mapping[type[ast.operator], Callable[[object, object], Value]]] = {
    ast.Add: _plus,
    ast.Sub: lambda one, other: _bounded(_number(one) - _number(other)),
    ast.Mult: lambda one, other: _bounded(_number(one) * _number(other)),
    ast.Div: _divided,
}
_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[object, object], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: _in,
    ast.NotIn: lambda one, many: not _in(one, many),
}
_FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Value]]]] = {
    "len": (1, lambda text: len(_text(text))),
    "lower": (1, lambda text: _text(text).lower()[:MAX_LENGTH]),
    "startswith": (2, lambda text, start: _text(text).startswith(_text(start))),
    "number": (1, _as_number),
    "text": (1, _as_text),
}
"""Each with how many values it takes."""
