"""Reads the YAML a site edits, and says everything that is wrong with it at once.

Each problem names the file, the line, the key and, where there is one, what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

MAX_BYTES = 1 << 20
"""Of one file: some seven thousand people."""
MAX_VALUES = 200_000
MAX_DEPTH = 100
"""Of one file with its aliases (``*name``) put in: a few lines of YAML can stand for gigabytes."""

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
            lines: Any = getattr(node, "lc", None)  # none if it was not read from a file
            if isinstance(node, Mapping):
                found = step if step in node else next((k for k in node if str(k) == str(step)), None)
                if found is None:
                    break
                with suppress(AttributeError, KeyError, TypeError):  # merged in from elsewhere (``<<``)
                    line = lines.key(found)[0] + 1
                node = node[found]
            elif _is_list(node):
                if not isinstance(step, int) or step >= len(node):
                    break
                with suppress(AttributeError, KeyError, TypeError):
                    line = lines.item(step)[0] + 1
                node = node[step]
            else:
                break
        return line

    def problem(self, key: Key, message: str, hint: str = "") -> Problem:
        shown = [str(k) for k in key if k != "[key]"]  # what pydantic calls a fault of the key itself
        return Problem(self.file, self.line(key), ".".join(shown), message, hint)


def read(path: Path, shown_as: str | None = None) -> Document:
    """Reads one YAML file. ``shown_as`` is its name in messages.

    Raises SiteError: not there, too long, not UTF-8, not YAML, or a key given twice.
    """
    name = shown_as or path.name
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SiteError([Problem(name, 0, "", "the file is not there", f"expected at {path}")]) from None
    except OSError as error:
        raise SiteError([Problem(name, 0, "", f"cannot be read: {error.strerror}")]) from None
    if len(data) > MAX_BYTES:
        raise SiteError([Problem(name, 0, "", f"is longer than {MAX_BYTES >> 20} MiB; is it the right file?")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SiteError([Problem(name, line, "", "is not UTF-8 text", "save it as UTF-8")]) from None
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
        if isinstance(error, DuplicateKeyError):
            first = first.partition(" with value ")[0]  # the value may be a password
        raise SiteError([Problem(name, line, "", first)]) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SiteError([Problem(name, line, "", "has a control character, which YAML does not allow")]) from None
    except RecursionError:
        raise SiteError([Problem(name, 0, "", "is nested too deeply")]) from None
    except (YAMLError, ValueError) as error:
        raise SiteError([Problem(name, 0, "", f"not valid YAML: {str(error).splitlines()[0]}")]) from None
    document = Document(name, {} if data is None else data)
    if fault := _unbounded(document.data):
        raise SiteError([document.problem((), fault)])
    return document


def _unbounded(data: Any) -> str:
    """What makes the tree without end, or far too big, once its aliases are put in; empty if nothing."""
    sizes: dict[int, tuple[int, int] | None] = {}

    def size(node: Any) -> tuple[int, int]:
        """Values and depth. Raises ValueError."""
        children = node.values() if isinstance(node, Mapping) else node if _is_list(node) else ()
        if not children:
            return 1, 1
        if id(node) not in sizes:
            sizes[id(node)] = None
            below = [size(child) for child in children]
            sizes[id(node)] = 1 + sum(n for n, _ in below), 1 + max(depth for _, depth in below)
        known = sizes[id(node)]
        if known is None:
            raise ValueError("an alias (*name) stands inside its own anchor (&name)")
        if known[0] > MAX_VALUES or known[1] > MAX_DEPTH:
            raise ValueError("is far too big once its aliases (*name) are put in")
        return known

    try:
        size(data)
    except ValueError as error:
        return str(error)
    return ""


def _is_list(node: Any) -> bool:
    return isinstance(node, Sequence) and not isinstance(node, str | bytes)


def plain(node: Any) -> Any:
    """The tree without the YAML reader's own types; every mapping key as text."""
    if isinstance(node, Mapping):
        return {str(k): plain(v) for k, v in node.items()}
    if _is_list(node):
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
        document.problem((*under, *found["loc"]), _message(found["msg"], found["type"]), _HINTS.get(found["type"], ""))
        for found in error.errors(include_input=False, include_url=False)
    ]


_WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "model_type": "must be keys with values",
    "dict_type": "must be keys with values",
    "mapping_type": "must be keys with values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}
"""Pydantic's types of errors, in the words of who writes YAML."""

_HINTS = {"extra_forbidden": "is it spelled right?", "string_type": "put it in quotes"}


def _message(text: str, kind: str) -> str:
    text = text.removeprefix("Value error, ").replace("Input should be", "must be", 1)
    return _WORDS.get(kind, text)
