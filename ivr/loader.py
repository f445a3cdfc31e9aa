"""Reads a site's flows, and says all that is wrong with them at once."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from cti.site_files import Document, Key, Problem, SiteError, SiteModel, plain, problems, read
from ivr import reach
from ivr.node import Name, Node
from ivr.prompt import LANGUAGE, File
from ivr.tree import Flow, Flows
from ivr.verbs import VERBS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Known:
    """What the site has that flows may name. ``prompts`` is the folder of its sound files."""

    queues: Collection[str]
    destinations: Collection[str]
    prompts: Path


Language = Annotated[str, Field(pattern=f"^{LANGUAGE.pattern}$")]
Voice = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9+_-]{0,63}$")]


class _Head(SiteModel):
    start: Name
    languages: Mapping[Language, Voice] = Field(default={"en": "en"}, min_length=1)
    nodes: Mapping[str, Any] = Field(min_length=1)


def load_flows(folder: Path, known: Known) -> Flows:
    """The flows of a folder, one a ``.yaml`` file. Raises SiteError with every problem found."""
    flows: dict[str, Flow] = {}
    wrong: list[Problem] = []
    for path in sorted(p for p in folder.glob("*") if p.suffix in (".yaml", ".yml")):
        shown = f"{folder.name}/{path.name}"
        if path.suffix == ".yml" or not _NAME.fullmatch(path.stem):
            hint = "use letters, digits, _ and -, and the suffix .yaml"
            wrong.append(Problem(shown, 0, "", "is not a fit name for a flow's file", hint))
            continue
        try:
            flows[path.stem] = check_flow(read(path, shown), path.stem, known)
        except SiteError as error:
            wrong += error.problems
    if not flows and not wrong:
        wrong.append(Problem(folder.name, 0, "", "there is no flow here", f"write one as {folder / 'main.yaml'}"))
    if wrong:
        raise SiteError(wrong)
    return flows


def check_flow(document: Document, name: str, known: Known) -> Flow:
    """One flow, from a file that was read. Raises SiteError with every problem found."""
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
    wrong += _names(document, nodes, known)
    wrong += _links(document, nodes, raw)
    wrong += _ways(document, nodes, raw, str(top["start"]) if "start" in top else None)
    if wrong or head is None:
        raise SiteError(wrong)
    version = sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return Flow(name, document.file, head.start, head.languages, nodes, version)


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
    if not isinstance(raw, dict):
        raise SiteError([document.problem(key, "is no node", "write it as {say: Hello, next: main}")])
    verbs = [k for k in raw if k in VERBS]
    if not verbs:
        meant = next(((k, v) for k in raw for v in get_close_matches(k, VERBS, 1)), None)
        if meant:
            raise SiteError([document.problem((*key, meant[0]), "is no verb", f"did you mean {meant[1]}?")])
        raise SiteError([document.problem(key, "has no verb", f"one of {', '.join(VERBS)}")])
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
        return replace(problem, hint=f"{model.verb} knows {', '.join(model.model_fields)}")
    if kind == "too_short" and problem.key.endswith(".keys"):
        return replace(problem, message="a menu without keys leads nowhere")
    return replace(problem, key=problem.key.removesuffix(".[key]"))


def _names(document: Document, nodes: Mapping[str, Node], known: Known) -> Iterator[Problem]:
    """Queues, destinations and sound files that the site does not have."""
    site = {"queue": known.queues, "destination": known.destinations}
    for name, node in nodes.items():
        if node.names is not None and getattr(node, node.verb) not in site[node.names]:
            value, there = getattr(node, node.verb), site[node.names]
            hint = _meant(value, there) or f"the site has {', '.join(sorted(there)) or 'none'}"
            yield document.problem(("nodes", name, node.verb), f"the site has no {node.names} {value!r}", hint)
        for key, prompt in node.prompts():
            for _, piece in prompt.all_pieces():
                if isinstance(piece, File) and (message := _missing(known.prompts, piece)):
                    yield document.problem(("nodes", name, *key), message, f"sound files are in {known.prompts}")


def _missing(folder: Path, file: File) -> str:
    try:
        path = (folder / file.name).resolve()
        if not path.is_relative_to(folder.resolve()):
            return f"{file.name!r} leaves the folder of sound files"
        there = path.is_file()
    except OSError:  # a name that the file system does not take
        there = False
    return "" if there else f"there is no sound file {file.name!r}"


def _links(document: Document, nodes: Mapping[str, Node], raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Links to nodes that are not there."""
    for name, node in nodes.items():
        for link in node.links():
            if link.to not in raw:
                hint = _meant(link.to, raw)
                yield document.problem(("nodes", name, *link.key), f"there is no node {link.to!r}", hint)


def _ways(
    document: Document, nodes: Mapping[str, Node], raw: Mapping[str, Any], start: str | None
) -> Iterator[Problem]:
    """Nodes that nothing leads to, that lead nowhere, or that go round for ever.

    A node that is wrong in itself is taken to lead to an end and to every node it mentions, so
    that one mistake is not told as many.
    """
    ways = {n: {to.to for to in nodes[n].links()} & set(raw) if n in nodes else _mentions(raw[n], raw) for n in raw}
    if start is not None and start not in raw and raw:
        yield document.problem(("start",), f"there is no node {start!r}", _meant(start, raw))
    elif start is not None and raw:
        for name in [n for n in raw if n not in reach.reached(ways, [start])]:
            yield document.problem(("nodes", name), "nothing leads to this node", "link to it, or take it out")
    ends = [n for n in raw if n not in nodes or nodes[n].ends or any(link.to not in raw for link in nodes[n].links())]
    leading = reach.leading_to(ways, ends)
    for name in [n for n in raw if n not in leading]:
        hint = "let it lead to a queue, a transfer or a hangup"
        yield document.problem(("nodes", name), "leads nowhere: the call can never end from here", hint)
    unasked = {
        n: [to.to for to in nodes[n].links() if to.unasked and to.to in leading] if n in leading - set(ends) else []
        for n in raw
    }
    for circle in reach.circles(unasked):
        said = " -> ".join([*circle, circle[0]])
        message = f"a caller who presses nothing goes round for ever: {said}"
        yield document.problem(("nodes", circle[0]), message, "let one of them lead out")


def _mentions(raw: Any, nodes: Collection[str]) -> set[str]:
    if isinstance(raw, dict):
        return set().union(*(_mentions(v, nodes) for v in raw.values()))
    if isinstance(raw, list):
        return set().union(*(_mentions(v, nodes) for v in raw))
    return {str(raw)} & set(nodes)


def _meant(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, 1)
    return f"did you mean {close[0]}?" if close else ""
