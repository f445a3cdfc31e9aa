"""Short texts with fields of a call's data in them, such as ``{callback_number}``, for programs and
screens: a field is put in as it is, not in the words of a language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from ivr.questions import Scalar

LONGEST = 200
"""Characters of a filled text; what is over is cut off."""

_FIELD = re.compile(r"\{([a-z_][a-z0-9_]{0,39})\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with ``{field}`` in it, or without. ``names`` are the fields."""

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(_FIELD.findall(self.text))

    def filled(self, data: Mapping[str, Scalar]) -> str:
        """The text with the fields put in: printable, on one line; a field that is not known is
        left out."""
        full = _FIELD.sub(lambda found: str(data.get(found[1], ""))[:LONGEST], self.text)
        return "".join(c for c in full if c.isprintable())[:LONGEST].strip()


def parse(given: Any) -> Template:
    """A template as written in YAML. Raises ValueError."""
    if isinstance(given, Template):
        return given
    if isinstance(given, bool) or not isinstance(given, str | int) or not 0 < len(str(given)) <= LONGEST:
        raise ValueError(f"must be a text of at most {LONGEST} characters, with {{field}} where a field goes in")
    rest = _FIELD.sub("", str(given))
    if "{" in rest or "}" in rest:
        raise ValueError("a field is written {name}: small letters, digits and _")
    return Template(str(given))


Templated = Annotated[Template, PlainValidator(parse), WithJsonSchema({"type": ["string", "integer"]})]
"""A pydantic field type: a template."""
