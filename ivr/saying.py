"""Texts with values in them, in the words of a language."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.prompt import Text, Value
from ivr.questions import Scalar


def said(text: Text, data: Mapping[str, Scalar], language: str) -> str:
    """The text with its values in words; a value that is not known is left out."""
    return "".join(part if isinstance(part, str) else _value(part, data, language) for part in text.parts())


def _value(value: Value, data: Mapping[str, Scalar], language: str) -> str:
    found = data.get(value.name, "")
    return " ".join(str(found)) if value.kind == "digits" else str(found)
