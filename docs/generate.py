"""Writes the reference pages from the code: ``python -m docs.generate``.

What a key takes and its default come from the models that read the YAML; what it means is in
``reference/meanings.yaml``, a line a key. A test fails while a page is not current.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from typer.models import ArgumentInfo, OptionInfo

from config import cli, settings
from cti import durations, site_files
from cti.calls import commands, events
from cti.site_files import SiteModel
from ivr import hours, tree
from routing import queues

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made by `python -m docs.generate`: change the code or meanings.yaml, not this page. -->\n\n"

FLOWS = """# Flows

A flow is a file `flows/NAME.yaml` of the site. How to write one: [write a menu](../how-to/write-a-menu.md).
`cordboard check` says everything that is wrong with it, with file, line and key.

| Key | Takes | Default | |
|---|---|---|---|
| `start` | node | *needed* | The node where callers begin. |
| `voice` | name | `en` | The voice of espeak-ng for texts of this flow, such as `de` or `cmn`. |
| `nodes` | name: node | *needed* | The nodes by name: letters, digits, `_` and `-`. |

A node has one verb, which is a key too, and the verb's settings beside it.

"""

PROMPTS = """## Prompts

A prompt is a text, which espeak-ng speaks; `file: NAME`, a sound file in the site's folder `prompts`;
`say: TEXT`, the same as the text alone; or a list of those, played one after the other. Sounds are made
before the server takes calls, as 8 kHz mono WAV, and kept in the sounds folder.
"""

SITE = """# Settings

A site is a folder. These are its files besides the [flows](flows.md); `cordboard init` writes an example
with comments. Unknown keys are errors. A duration is a number with its unit: `500ms`, `15s`, `2m`, `1h`.
A phone is the dial string of one phone, such as `PJSIP/alice`.

"""

DICTIONARY = """# Events and commands

The dictionary of the whole system. Events are facts; commands are wishes, and later events tell what
became of them. Times are Unix seconds. Every event has `at`, every command and every event of a call has
`call`, the call's id. Fields marked *secret* are for live use only: they are never written anywhere.

"""

COMMANDS = """# The command line

`--site` is the site's folder; left out, the folder one is in. A command that fails says why and ends with 1.

| Command | What it does |
|---|---|
"""

LOOKS: Sequence[tuple[Any, str]] = (
    (durations.Duration, "duration"),
    (tree.Prompt, "[prompt](#prompts)"),
    (tree.MenuKey, "key"),
    (tree.Digits, "`6` or `4-8`"),
    (hours.Week, "days: hours"),
    (settings.Phone, "phone"),
)
"""Types that look in YAML as no rule could tell."""


@dataclass(frozen=True, slots=True)
class Section:
    """A model's table under a heading, with words before it."""

    heading: str
    model: type[SiteModel]
    words: str = ""


def spoken(kind: type[Any]) -> str:
    """The class's docstring, in Markdown."""
    return (inspect.getdoc(kind) or "").replace("``", "`").replace("\n", " ").replace("  ", "\n\n")


IN_FLOWS = (
    *(Section(f"## {verb}", node, spoken(node).split("\n\n")[0]) for verb, node in tree.VERBS.items()),
    Section(
        "## no_input and no_match", tree.Miss, "What follows a try without a valid input: keys of `menu` and `collect`."
    ),
    Section("## Opening hours", hours.Hours, "What stands under `hours`."),
)
IN_SITE = (
    Section("## site.yaml", settings.SiteFile),
    Section("### asterisk", settings.AsteriskSettings),
    Section("### web", settings.WebSettings),
    Section("### transfers", settings.TransferSettings, "Each has a name, which flows use, and:"),
    Section("### fallback", settings.FallbackSettings),
    Section("### folders", settings.FolderSettings, "Relative to the site's folder."),
    Section("### speech", settings.SpeechSettings),
    Section("## queues.yaml", queues.QueuesFile),
    Section("### A queue", queues.QueueFields),
    Section("## people.yaml", settings.PeopleFile),
    Section("### A person", settings.PersonSettings),
)


def pages() -> Mapping[Path, str]:
    """Every generated page, by its path."""
    made = {
        "flows.md": FLOWS + "\n".join(map(section, IN_FLOWS)) + "\n" + PROMPTS,
        "settings.md": SITE + "\n".join(map(section, IN_SITE)),
        "events.md": DICTIONARY + dictionary(),
        "cli.md": COMMANDS + "\n".join(map(command, cli.app.registered_commands)) + "\n",
    }
    return {REFERENCE / name: MADE + text for name, text in made.items()}


# Models to tables


def meanings() -> Mapping[str, str]:
    """What each key means, by ``Model.key``."""
    found = site_files.plain(site_files.read(REFERENCE / "meanings.yaml").data)
    return {f"{model}.{key}": " ".join(text.split()) for model, keys in found.items() for key, text in keys.items()}


def keys() -> Iterator[str]:
    """Every key there is, as ``meanings`` has it."""
    for part in (*IN_FLOWS, *IN_SITE):
        yield from (known_as(part.model, name) for name in part.model.model_fields)


def known_as(model: type[SiteModel], key: str) -> str:
    """``Model.key``, of the class that the key was first written in."""
    owner = next(base for base in reversed(model.__mro__) if key in inspect.get_annotations(base))
    return f"{owner.__name__}.{key}"


def section(part: Section) -> str:
    meaning = meanings()
    hints = get_type_hints(part.model, include_extras=True)
    lines = [
        part.heading,
        "",
        *([part.words, ""] if part.words else []),
        "| Key | Takes | Default | |",
        "|---|---|---|---|",
    ]
    # A verb's own key first.
    for name, field in sorted(
        part.model.model_fields.items(), key=lambda item: item[0] != getattr(part.model, "verb", "")
    ):
        default = "*needed*" if field.is_required() else said(field.get_default(call_default_factory=True), hints[name])
        lines.append(
            f"| `{name}` | {looks(hints[name], field)} | {default} | {meaning.get(known_as(part.model, name), '')} |"
        )
    return "\n".join(lines) + "\n"


def looks(hint: Any, field: FieldInfo | None = None) -> str:
    """What a value of this type looks like in YAML."""
    origin, args = get_origin(hint), get_args(hint)
    known = next((look for kind, look in LOOKS if hint == kind or (origin is Annotated and same(hint, kind))), "")
    if origin is Annotated:
        bounds = [one for extra in args[1:] for one in (extra.metadata if isinstance(extra, FieldInfo) else [extra])]
        return within(known or looks(args[0]), bounds)
    if known:
        return known
    if origin in (Union, UnionType):
        return within(" or ".join(looks(arg) for arg in args if arg is not NoneType), field.metadata if field else ())
    if origin is Literal:
        return " or ".join(f"`{str(arg).lower()}`" for arg in args)
    if origin in (tuple, frozenset):
        return f"list: {looks(args[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{looks(args[0])}: {looks(args[1])}"
    return within(plain_look(hint), field.metadata if field else ())


def same(hint: Any, kind: Any) -> bool:
    """Whether ``hint`` is ``kind`` with more said about it (Annotated of Annotated is one list)."""
    return get_origin(kind) is Annotated and get_args(hint)[:2] == get_args(kind)[:2]


def plain_look(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return " or ".join(f"`{member.value}`" for member in hint)
    if isinstance(hint, type) and issubclass(hint, SiteModel):
        heading = next(part.heading for part in (*IN_FLOWS, *IN_SITE) if part.model is hint)
        title = heading.lstrip("# ")
        return f"[{title}](#{title.lower().replace(' ', '-').replace('.', '')})"
    names = {bool: "`true` or `false`", int: "number", str: "text", Path: "path", date: "date"}
    return names[hint]


def within(look: str, bounds: Iterable[Any]) -> str:
    least = next((bound.ge for bound in bounds if isinstance(bound, Ge)), None)
    most = next((bound.le for bound in bounds if isinstance(bound, Le)), None)
    if most is None:
        return look
    unit = "s" if look == "duration" else ""
    return f"{look}, {'up' if least is None else f'{least}{unit}'} to {most}{unit}"


def said(value: Any, hint: Any) -> str:
    """A default as it would be written."""
    if value is None or value in ((), "", {}, frozenset()) or isinstance(value, SiteModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if looks(hint).startswith("duration"):
        return f"`{value:g}s`"
    return f"`{' '.join(value) if isinstance(value, tuple) else value}`"


# The dictionary


def dictionary() -> str:
    out: list[str] = []
    for title, module, base in (("Events", events, events.Event), ("Commands", commands, commands.Command)):
        out.append(f"## {title}\n")
        out += [entry(kind) for kind in classes(module, base) if kind not in (base, events.CallEvent)]
    out.append("## Words\n")
    for kind in classes(events, StrEnum):
        out.append(f"**{kind.__name__}**: {spoken(kind)} {', '.join(f'`{member.value}`' for member in kind)}\n")
    return "\n".join(out)


def entry(kind: type[Any]) -> str:
    names = [f"`{f.name}`" + (" *(secret)*" if f.metadata.get("secret") else "") for f in fields(kind)]
    known = ("`at`", "`call`") if issubclass(kind, events.CallEvent | commands.Command) else ("`at`",)
    own = [name for name in names if name not in known]
    return f"### {kind.__name__}\n\n{spoken(kind)}\n" + (f"\nFields: {', '.join(own)}.\n" if own else "")


def classes(module: ModuleType, base: type[Any]) -> list[type[Any]]:
    """The classes of this kind that the module makes, in its order."""
    found = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, base)]
    return [c for c in found if c.__module__ == module.__name__]


# The command line


def command(info: Any) -> str:
    """A command's row; ``info`` is typer's note of it."""
    hints = get_type_hints(info.callback, include_extras=True)
    words, notes = ["cordboard", info.name or info.callback.__name__], [inspect.getdoc(info.callback) or ""]
    for name, parameter in inspect.signature(info.callback).parameters.items():
        extra = next(e for e in get_args(hints[name]) if isinstance(e, ArgumentInfo | OptionInfo))
        # Typer takes an option's first name for a default until the command is built.
        shown = f"{extra.default} {name.upper()}" if isinstance(extra, OptionInfo) else name.upper()
        words.append(shown if parameter.default is inspect.Parameter.empty else f"[{shown}]")
        if name != "site":
            notes.append(f"`{shown}`: {extra.help}")
    return f"| `{' '.join(words)}` | {' '.join(notes)} |"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
