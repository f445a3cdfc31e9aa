"""Reads the YAML a site edits, and says everything that is wrong with it at once.

Each problem names the file, the line, the key and, where there is one, what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Key = tuple[str | int, ...]
"""Where something stands in a document: ("nodes", "main", "keys", "1")."""

ModelT = TypeVar("ModelT", bound="SiteModel")


class SiteModel(BaseModel):
    """Base of everything that is read from a site's YAML: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file. ``line`` counts from 1; 0 where it is not known."""

    file: str
    line: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}:{key} {self.message}{hint}"


class SiteError(Exception):
    """Files of a site are wrong. ``problems`` are all of them, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line))
        super().__init__("\n".join(str(p) for p in self.problems))


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file, read. ``data`` is a tree of mappings, lists and plain values."""

    file: str
    data: Any

    def line(self, key: Key) -> int:
        """The line (from 1) where ``key`` stands, or of its nearest parent that is there."""
        node, line = self.data, 1
        for step in key:
            if isinstance(node, Mapping):
                found = next((k for k in node if str(k) == str(step)), None)
                if found is None:
                    break
                line = node.lc.key(found)[0] + 1 if hasattr(node, "lc") else line
                node = node[found]
            elif isinstance(node, Sequence) and not isinstance(node, str):
                if not isinstance(step, int) or step >= len(node):
                    break
                line = node.lc.item(step)[0] + 1 if hasattr(node, "lc") else line
                node = node[step]
            else:
                break
        return line

    def problem(self, key: Key, message: str, hint: str = "") -> Problem:
        return Problem(self.file, self.line(key), ".".join(str(k) for k in key), message, hint)


def read(path: Path, shown_as: str | None = None) -> Document:
    """Reads one YAML file. ``shown_as`` is its name in messages.

    Raises SiteError: not there, not UTF-8, not YAML, or a key given twice.
    """
    name = shown_as or path.name
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SiteError([Problem(name, 0, "", "the file is not there", f"expected at {path}")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError([Problem(name, 0, "", f"cannot be read: {error}")]) from None
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """As ``read``, for text already in hand."""
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        data = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        first = (error.problem or "not valid YAML").splitlines()[0]
        raise SiteError([Problem(name, line, "", first)]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise SiteError([Problem(name, 0, "", f"not valid YAML: {error}")]) from None
    return Document(name, {} if data is None else data)


def plain(node: Any) -> Any:
    """The tree without the YAML reader's own types; every mapping key as text."""
    if isinstance(node, Mapping):
        return {str(k): plain(v) for k, v in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [plain(v) for v in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def check(model: type[ModelT], document: Document) -> ModelT:
    """The document as a ``model``. Raises SiteError with every problem found."""
    try:
        return model.model_validate(plain(document.data))
    except ValidationError as error:
        raise SiteError(problems(error, document)) from None


def problems(error: ValidationError, document: Document, under: Key = ()) -> list[Problem]:
    """A validation error in the words of the file; ``under`` is where the checked part stands."""
    return [
        document.problem((*under, *found["loc"]), _message(found["msg"], found["type"]), _hint(found["type"]))
        for found in error.errors()
    ]


def _message(text: str, kind: str) -> str:
    known = {"extra_forbidden": "is not known here", "missing": "is missing"}
    return known.get(kind, text.removeprefix("Value error, "))


def _hint(kind: str) -> str:
    return "is it spelled right?" if kind == "extra_forbidden" else ""
