"""The JSON Schema (2020-12) of flow files, made from the verbs' classes: for editors' completion."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from cti.site.hours import Hours
from ivr.node import KEYS, Node
from ivr.prompt import LANGUAGE, Prompt
from ivr.verbs import VERBS
from ivr.verbs.talk import MAX_DIGITS, Digits, Way

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PIECE: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 4000},
        *(
            {
                "type": "object",
                "properties": {key: {"type": "string", "minLength": 1}},
                "required": [key],
                "additionalProperties": False,
            }
            for key in ("file", "say")
        ),
    ]
}
_PIECES: dict[str, Any] = {"anyOf": [*_PIECE["anyOf"], {"type": "array", "items": _PIECE, "minItems": 1}]}

PROMPT: dict[str, Any] = {
    "description": "What the caller hears: a text, file: NAME, a list of those, or one of each language.",
    "anyOf": [
        *_PIECES["anyOf"],
        {
            "type": "object",
            "patternProperties": {f"^{LANGUAGE.pattern}$": _PIECES},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ],
}
_WEEK: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "examples": ["08:00-12:00, 13:00-17:00"]},
    "propertyNames": {"pattern": "^[A-Za-z, -]+$"},
}
_SPECIAL: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": "string", "examples": ["closed", "08:00-12:00"]},
    "propertyNames": {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
}
_SCREEN: dict[str, Any] = {
    "description": "What the agent's screen shows: fields, or texts with fields in them by their label.",
    "anyOf": [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    ],
}
_DIGITS: dict[str, Any] = {
    "description": f"How many digits, such as 6 or 4-8; {MAX_DIGITS} at most.",
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": MAX_DIGITS},
        {"type": "string", "pattern": r"^[0-9]{1,3}(-[0-9]{1,3})?$"},
    ],
}
_WRITTEN: dict[type[Any], dict[str, Any]] = {Prompt: PROMPT, Digits: _DIGITS}
"""Types that are written in YAML in another form than they have in the program."""


class _Generate(GenerateJsonSchema):
    """As pydantic does it, but for what a validator of ours reads from another form."""

    def emit_warning(self, kind: Any, detail: str) -> None:
        """None: what cannot be said is left out."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _WRITTEN.get(schema["cls"]) or super().dataclass_schema(schema)

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        made = super().str_schema(schema)
        return {**made, "type": ["string", "number"]} if schema.get("coerce_numbers_to_str") else made

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}  # whatever is written there, `cordboard check` judges it


def flow_schema() -> dict[str, Any]:
    """The schema of a file ``flows/NAME.yaml``. What it lets through may still be wrong: only
    `cordboard check` knows the site."""
    defs: dict[str, Any] = {}
    for verb, node in VERBS.items():
        defs[verb] = _of(node, defs)
    return {
        "$schema": DIALECT,
        "title": "A phone menu of Cordboard",
        "type": "object",
        "required": ["start", "nodes"],
        "additionalProperties": False,
        "properties": {
            "start": {"type": ["string", "number"], "description": "The node where callers begin."},
            "languages": {
                "description": "Each language with the voice that speaks it; callers begin with the first.",
                "type": "object",
                "minProperties": 1,
                "patternProperties": {f"^{LANGUAGE.pattern}$": {"type": "string"}},
                "additionalProperties": False,
            },
            "nodes": {
                "description": "The nodes by name. Each has one verb.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"},
                "additionalProperties": {"oneOf": [{"$ref": f"#/$defs/{verb}"} for verb in VERBS]},
            },
        },
        "$defs": defs,
    }


def _of(node: type[Node], defs: dict[str, Any]) -> dict[str, Any]:
    """The schema of one verb; what it refers to goes into ``defs``."""
    made = node.model_json_schema(schema_generator=_Generate, ref_template="#/$defs/{model}")
    for name, schema in made.pop("$defs", {}).items():
        defs[name] = _plain(schema)
        if name == Hours.__name__:
            defs[name]["properties"] |= {"open": _WEEK, "special": _SPECIAL}
        if name == Way.__name__ and "anyOf" not in defs[name]:
            defs[name] = {"anyOf": [{"type": ["string", "number"]}, defs[name]]}
    made["title"] = node.verb
    made["description"] = (
        inspect.cleandoc(node.__doc__ or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")
    )
    if "screen" in made["properties"]:
        made["properties"]["screen"] = _SCREEN
    keys = made["properties"].get("keys")
    if keys is not None:
        keys["propertyNames"] = {"pattern": f"^[{KEYS.replace('*', chr(92) + '*')}]$"}
    return _plain(made)


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without defaults and titles that tell an editor nothing."""
    for part in schema.get("properties", {}).values():
        part.pop("title", None)
        if part.get("default", 0) in (None, {}, []) or isinstance(part.get("default"), dict | float):
            part.pop("default")
    return schema
