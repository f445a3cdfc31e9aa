"""Reads a site's flows, and says all that is wrong with them at once."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from cti.site.files import Document, Key, Problem, SiteError, SiteModel, plain, problems, read
from ivr.check import names, together, ways
from ivr.check.known import Known
from ivr.node import Name, Node
from ivr.prompt import LANGUAGE, VOICE
from ivr.tree import Flow, Flows
from ivr.verbs import VERBS
from ivr.walk import RETURN

__all__ = ["Known", "check_flow", "check_flows", "load_flows"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def _fits(pattern: str, otherwise: str) -> AfterValidator:
    def fit(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(otherwise)
        return text

    return AfterValidator(fit)


Language = Annotated[str, _fits(LANGUAGE.pattern, "is no language, such as en or pt-BR")]
Voice = Annotated[str, _fits(VOICE, "is no voice, such as en or cmn")]


class _Head(SiteModel):
    start: Name
    languages: Mapping[Language, Voice] = Field(default={"en": "en"}, min_length=1)
    nodes: Mapping[str, Any] = Field(min_length=1)


def load_flows(folder: Path, known: Known) -> Flows:
    """The flows of a folder, one a ``.yaml`` file. Raises SiteError with every problem found."""
    documents: dict[str, Document] = {}
    wrong: list[Problem] = []
    for path in sorted(p for p in folder.glob("*") if p.suffix in (".yaml", ".yml")):
        shown = f"{folder.name}/{path.name}"
        if path.suffix == ".yml" or not _NAME.fullmatch(path.stem):
            hint = "use letters, digits, _ and -, and the suffix .yaml"
            wrong.append(Problem(shown, 0, "", "is not a fit name for a flow's file", hint))
            continue
        try:
            documents[path.stem] = read(path, shown)
        except SiteError as error:
            wrong += error.problems
    if not documents and not wrong:
        wrong.append(Problem(folder.name, 0, "", "there is no flow here", f"write one as {folder / 'main.yaml'}"))
    return check_flows(documents, known, wrong)


def check_flows(documents: Mapping[str, Document], known: Known, wrong: Sequence[Problem] = ()) -> Flows:
    """All flows of a site, by name. ``wrong`` is what is wrong already.

    What only shows over several flows is looked for once each of them is good in itself. Raises
    SiteError with every problem found.
    """
    flows: dict[str, Flow] = {}
    found = list(wrong)
    for name, document in documents.items():
        try:
            flows[name] = check_flow(document, name, known, () if wrong else documents)
        except SiteError as error:
            found += error.problems
    if not found:
        found += together.check(documents, flows, known)
    if found:
        raise SiteError(found)
    return flows


def check_flow(document: Document, name: str, known: Known, flows: Collection[str] = ()) -> Flow:
    """One flow, from a file that was read, checked as far as it can be without the others.

    ``flows`` are the names of the site's flows, where they are known. Raises SiteError with every
    problem found.
    """
    try:
        data = plain(document.data)
    except RecursionError:
        raise SiteError([document.problem((), "an alias (*name) stands inside its own anchor (&name)")]) from None
    wrong = list(_twins(document, document.data))
    head: _Head | None = None
    try:
        head = _Head.model_validate(data)
    except ValidationError as error:
        wrong += problems(error, document)
    top: dict[str, Any] = data if isinstance(data, dict) else {}
    raw: dict[str, Any] = top["nodes"] if isinstance(top.get("nodes"), dict) else {}
    nodes: dict[str, Node] = {}
    for node_name, node in raw.items():
        try:
            nodes[node_name] = _node(document, node_name, node)
        except SiteError as error:
            wrong += error.problems
    languages = head.languages if head is not None else ()
    wrong += names.check(document, nodes, languages, flows, known)
    wrong += ways.links(document, nodes, raw)
    wrong += ways.check(document, nodes, raw, str(top["start"]) if "start" in top else None)
    if wrong or head is None:
        raise SiteError(wrong)
    version = sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:12]
    keys: list[Key] = [("nodes", n, *key) for n, node in nodes.items() for key, _ in node.prompts()]
    lines = {key: document.line(key) for key in keys}
    return Flow(name, document.file, head.start, head.languages, nodes, version, lines)


def _twins(document: Document, data: Any, under: Key = ()) -> Iterator[Problem]:
    """Keys that are written differently but are the same for us, such as 1 and "1"."""
    if isinstance(data, Mapping):
        seen: set[str] = set()
        for key, value in data.items():
            here = (*under, str(key))
            if str(key) in seen:
                problem = document.problem(here, "is given twice", 'a number is the same key as its text: 1 and "1"')
                line = getattr(data, "lc", None)
                yield replace(problem, line=line.key(key)[0] + 1) if line else problem
            seen.add(str(key))
            yield from _twins(document, value, here)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for i, value in enumerate(data):
            yield from _twins(document, value, (*under, i))


def _node(document: Document, name: str, raw: Any) -> Node:
    key: Key = ("nodes", name)
    if not _NAME.fullmatch(name):
        raise SiteError([document.problem(key, "is no fit name for a node", "use letters, digits, _ and -")])
    if name == RETURN:
        hint = "a link to it goes back to where a subflow was entered"
        raise SiteError([document.problem(key, "is a word of the language, and no fit name for a node", hint)])
    if not isinstance(raw, dict):
        raise SiteError([document.problem(key, "is no node", "write it as {say: Hello, next: main}")])
    verbs = [k for k in raw if k in VERBS]
    if not verbs:
        meant = next(((k, v) for k in raw for v in get_close_matches(k, VERBS, 1)), None)
        if meant:
            raise SiteError([document.problem((*key, meant[0]), "is no verb", f"did you mean {meant[1]}?")])
        raise SiteError([document.problem(key, "has no verb", f"one of {', '.join(VERBS)}")])
    if len(verbs) > 1:  # a key of one verb may be the name of another: language has a say
        verbs = [verb for verb in verbs if VERBS[verb].model_fields.keys() >= set(verbs)] or verbs
    if len(verbs) > 1:
        said = " and ".join(verbs)
        raise SiteError([document.problem(key, f"has {len(verbs)} verbs: {said}", "give each a node of its own")])
    model = VERBS[verbs[0]]
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = problems(error, document, key)
        raise SiteError(_reworded(p, e["type"], model) for p, e in zip(found, error.errors(), strict=True)) from None


def _reworded(problem: Problem, kind: str, model: type[Node]) -> Problem:
    """The problem in the words of flows, where those of pydantic would not help."""
    if kind == "extra_forbidden" and problem.key.count(".") == 2:
        keys = (field.alias or name for name, field in model.model_fields.items())
        return replace(problem, hint=f"{model.verb} knows {', '.join(keys)}")
    if kind == "too_short" and problem.key.endswith(".keys"):
        return replace(problem, message="a menu without keys leads nowhere")
    return replace(problem, key=problem.key.removesuffix(".[key]"))
