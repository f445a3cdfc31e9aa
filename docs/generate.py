"""Writes the reference pages from the code: ``python -m docs.generate``.

What a key takes and its default come from the models that read the YAML; what it means is in
``reference/meanings.yaml``, a line a key. A test fails while a page is not current.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import click
import typer.main
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from config import cli, settings
from cti import site_files
from cti.calls import commands, events
from cti.durations import Duration, seconds
from cti.site_files import SiteModel
from ivr import tree
from ivr.hours import Hours, Week
from routing.queues import QueueFields, QueuesFile

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made by `python -m docs.generate`; change the code or meanings.yaml, not this page. -->\n\n"

SPECIAL: Sequence[tuple[Any, str]] = (
    (Duration, "duration"),
    (tree.Duration, "duration, up to 10 minutes"),
    (tree.Prompt, "[prompt](#prompts)"),
    (tree.MenuKey, "key of a telephone"),
    (tree.Digits, "`6` or `4-8`"),
    (Week, "days: hours"),
    (settings.Phone, "phone"),
    (settings.Name, "name"),
)
"""Types whose look in YAML is a convention of its own."""

IN_MODULES = {tree: "flows.md", settings: "settings.md"}


@dataclass(frozen=True, slots=True)
class Section:
    """A model's table: ``title`` above it, and words before it."""

    title: str
    model: type[SiteModel]
    words: str = ""


FLOW_SECTIONS = (
    *(Section(verb, node) for verb, node in tree.VERBS.items()),
    Section("no_input and no_match", tree.Miss, "What follows a try without a valid input."),
)
SITE_SECTIONS = (
    Section("site.yaml", settings.SiteFile),
    Section("asterisk", settings.AsteriskSettings),
    Section("web", settings.WebSettings),
    Section("transfers", settings.TransferSettings, "Each entry has a name that flows use:"),
    Section("fallback", settings.FallbackSettings),
    Section("folders", settings.FolderSettings),
    Section("speech", settings.SpeechSettings),
    Section("queues.yaml", QueuesFile),
    Section("A queue", QueueFields),
    Section("people.yaml", settings.PeopleFile),
    Section("A person", settings.PersonSettings),
)


def pages() -> Mapping[Path, str]:
    """Every generated page, by its path."""
    made = {"flows.md": flows(), "settings.md": site(), "events.md": dictionary(), "cli.md": command_line()}
    return {REFERENCE / name: text for name, text in made.items()}


def meanings() -> Mapping[str, str]:
    """What each key means, by ``Model.key``."""
    found = site_files.plain(site_files.read(REFERENCE / "meanings.yaml").data)
    return {str(key): " ".join(str(text).split()) for key, text in found.items()}


def keys() -> Iterator[str]:
    """Every key there is, as ``meanings`` names it; one that verbs share is named by the class that has it."""
    for section in (*FLOW_SECTIONS, Section("hours", Hours), *SITE_SECTIONS):
        yield from (_known_as(section.model, name) for name in section.model.model_fields)


def flows() -> str:
    """The page of the flows' verbs."""
    out = ["# Flows\n", _file("flows_head")]
    for section in FLOW_SECTIONS:
        out.append(f"## {section.title}\n\n{section.words or paragraph(section.model)}\n\n{table(section.model)}")
        if section.model is tree.OpeningHours:
            out.append(f"Under `hours`:\n\n{table(Hours)}\n{paragraph(Hours)}\n")
    return MADE + "\n".join(out)


def site() -> str:
    """The page of the other files of a site."""
    out = ["# Settings\n", _file("settings_head")]
    for section in SITE_SECTIONS:
        words = f"{section.words}\n\n" if section.words else ""
        level = "##" if section.title.endswith(".yaml") else "###"
        out.append(f"{level} {section.title}\n\n{words}{table(section.model)}")
    return MADE + "\n".join(out)


def dictionary() -> str:
    """The page of events and commands."""
    out = ["# Events and commands\n", _file("events_head")]
    for title, module, base in (("Events", events, events.Event), ("Commands", commands, commands.Command)):
        out.append(f"## {title}\n")
        for kind in _classes(module, base):
            out.append(f"**{kind.__name__}** {_fields(kind)}  \n{paragraph(kind, whole=True)}\n")
    out.append("## Words\n")
    for kind in _classes(events, StrEnum):
        values = ", ".join(f"`{member.value}`" for member in kind)
        out.append(f"**{kind.__name__}**: {paragraph(kind)} {values}.\n")
    return MADE + "\n".join(out)


def command_line() -> str:
    """The page of the commands of ``cordboard``."""
    group = typer.main.get_command(cli.app)
    listed = getattr(group, "commands")  # noqa: B009  (click's Group, which typer may bring itself)
    out = ["# The command line\n", _file("cli_head"), "| Command | |\n|---|---|"]
    for name, command in listed.items():
        words = " ".join(["cordboard", name, *filter(None, map(_parameter, command.params))])
        notes = [f"`{p.opts[0]}`: {p.help}" for p in command.params if isinstance(p, click.Option) and p.name != "help"]
        notes += [f"`{p.opts[0]}`: {p.help}" for p in command.params if not isinstance(p, click.Option) and p.name != "help"] if not notes else []
        out.append(f"| `{words}` | {command.help} {' '.join(notes)} |")
    return MADE + "\n".join(out) + "\n"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
