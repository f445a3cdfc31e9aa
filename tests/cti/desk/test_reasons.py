"""What the server says where it refuses is known to the pages in their other languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
TRANSLATED = ROOT / "cti" / "desk" / "web" / "src" / "i18n" / "reasons.ts"
CODE = ("cti", "ivr", "recordings", "routing")
SAID_BY = frozenset({"NotAllowed", "UnknownAgent", "CannotMerge", "BadSheet", "BadColumns", "NotAnAnswer", "NotNow"})
"""The errors whose words are the answer."""
FOR_PAGES = 500
"""Of statuses above, pages say in words of their own that the server failed."""


def texts(node: ast.expr) -> Iterator[str]:
    """What an expression may come to, with ``{}`` for what is filled in; nothing for what is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)


def said(call: ast.Call) -> Iterator[str]:
    match call:
        case ast.Call(func=ast.Name(id="HTTPException"), args=[ast.Constant(value=int(status)), text, *_]):
            if status < FOR_PAGES:
                yield from texts(text)
        case ast.Call(func=ast.Name(id=name), args=[text, *_]) if name in SAID_BY:
            yield from texts(text)


def test_each_reason_is_there_in_the_other_languages() -> None:
    known = {
        found.replace(r"\"", '"') for found in re.findall(r'^  "((?:[^"\\]|\\.)+)": ', TRANSLATED.read_text(), re.M)
    }
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    trees = [ast.parse(path.read_text()) for path in files]
    found = {text for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) for text in said(node)}
    assert len(found) > 100
    assert sorted(found - known) == []
