"""Names in a flow that nothing answers to: of the site, of languages, of skills, of sound files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from cti.site.files import Document, Key, Problem
from cti.site.hints import meant
from ivr.check.known import Known
from ivr.node import Node, Want
from ivr.prompt import EVERY, File, Prompt


def check(
    document: Document, nodes: Mapping[str, Node], languages: Collection[str], flows: Collection[str], known: Known
) -> Iterator[Problem]:
    """All such names of one flow. ``flows`` are the names of the site's flows, ``languages`` those
    of this one; none where they could not be read."""
    for name, node in nodes.items():
        for want in node.wants():
            yield from _named(document, ("nodes", name, *want.key), want, languages, flows, known)
        if node.verb == "callback" and known.calls_back is False:
            hint = "name in site.yaml the numbers that may be called: callbacks: {context: ..., allow: [...]}"
            yield document.problem(("nodes", name, "callback"), "the site calls nobody back", hint)
        for key, prompt in node.prompts():
            here: Key = ("nodes", name, *key)
            yield from _spoken(document, here, prompt, languages)
            for _, piece in prompt.all_pieces():
                if isinstance(piece, File) and (message := _missing(known.prompts, piece)):
                    yield document.problem(here, message, f"sound files are in {known.prompts}")


def _named(
    document: Document, key: Key, want: Want, languages: Collection[str], flows: Collection[str], known: Known
) -> Iterator[Problem]:
    who, there = "the site", known.of(want.kind)
    if want.kind == "flow":
        there = flows or None
    elif want.kind == "language":
        who, there = "the flow", languages or None
    elif want.kind == "level":
        who = "queues.yaml"
    if there is not None and want.name not in there:
        yield document.problem(key, f"{who} has no {want.kind} {want.name!r}", _has(who, want.name, there))
    elif want.kind == "queue" and known.nobody is not None:
        for message, hint in known.nobody(want.name, want.skills):
            yield document.problem(key, message, hint)


def _has(who: str, word: str, there: Collection[str]) -> str:
    return meant(word, there) or f"{who} has {', '.join(sorted(there)) or 'none'}"


def _spoken(document: Document, key: Key, prompt: Prompt, languages: Collection[str]) -> Iterator[Problem]:
    """Languages that a prompt lacks, or has although the flow does not speak them."""
    named = prompt.languages
    if not named or not languages:
        return
    for language in languages:
        if language not in named and EVERY not in dict(prompt.by_language):
            yield document.problem(key, f"is not there in {language}", "each of the flow's languages needs a text")
    for language in named:
        if language not in languages:
            hint = meant(language, languages) or f"languages are given at the top: {', '.join(languages)}"
            yield document.problem((*key, language), f"the flow does not speak {language}", hint)


def _missing(folder: Path, file: File) -> str:
    try:
        path = (folder / file.name).resolve()
        if not path.is_relative_to(folder.resolve()):
            return f"{file.name!r} leaves the folder of sound files"
        there = path.is_file()
    except OSError:  # a name that the file system does not take
        there = False
    return "" if there else f"there is no sound file {file.name!r}"
