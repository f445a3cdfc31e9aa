"""Writes the reference pages from the code: ``python -m docs.generate``.

What a key takes and its default come from the models that read the YAML; what it means is in
``reference/meanings.yaml``, a line a key. A test fails while a page is not current.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from typer.models import ArgumentInfo, OptionInfo

from config import cli, lookup
from config.files import (
    alerts,
    customers,
    limits,
    login,
    people,
    pop,
    reports,
    retention,
    roster,
    site,
    storage,
    suggestions,
    transcripts,
)
from config.files.fields import Phone
from config.simulation import arrivals, spread
from cti.calls import commands, events, talk_events, words
from cti.site import durations, hours
from cti.site import files as site_files
from cti.site.files import SiteModel
from docs import figures
from docs.introductions import COMMANDS, DICTIONARY, FLOWS, PROMPTS, SIMULATION, SITE
from ivr import expressions, node, prompt, questions, template, url_template
from ivr.verbs import VERBS, data, leave, survey, talk, waiting
from recordings.quality import quality_file
from routing import queues_file

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made by `python -m docs.generate`: change the code or meanings.yaml, not this page. -->\n\n"

LOOKS: Sequence[tuple[Any, str]] = (
    (durations.Duration, "duration"),
    (prompt.Prompted, "[prompt](flows.md#prompts)"),
    (prompt.Prompt, "[prompt](flows.md#prompts)"),
    (node.MenuKey, "key"),
    (node.Name, "name"),
    (node.FieldName, "field"),
    (data.NewField, "field"),
    (expressions.Expressed, "expression"),
    (template.Templated, "text with `{fields}`"),
    (url_template.UrlTemplated, "URL with `{fields}`"),
    (talk.Digits, "`6` or `4-8`"),
    (survey.Scale, "`1-5`"),
    (hours.Week, "days: hours"),
    (hours.WeekHours, "days: hours"),
    (arrivals.Clock, "time such as `08:15`"),
    (arrivals.Keys, "keys"),
    (questions.Scalar, "value"),
    (arrivals.Shape, "list: 24 numbers"),
    (hours.Span, "hours"),
    (Phone, "phone"),
    (queues_file.Share, "`80%`"),
    (queues_file.Limit, "duration, or number of calls"),
    (queues_file.Dispositions, "list: result, or `result: list`"),
    (reports.Time, "time such as `07:00`"),
    (alerts.Limit, "number of calls, duration or share"),
    (queues_file.Message, "[prompt](flows.md#prompts)"),
)
"""Types that look in YAML as no rule could tell."""


@dataclass(frozen=True, slots=True)
class Section:
    """A model's table under a heading, with words before it, on a page (its path in the reference)."""

    heading: str
    model: type[SiteModel]
    words: str = ""
    page: str = "settings.md"


def spoken(kind: type[Any]) -> str:
    """The class's docstring, in Markdown; nothing where it has none of its own."""
    text = inspect.cleandoc(vars(kind).get("__doc__") or "").replace("``", "`")
    return "\n\n".join(part.replace("\n", " ") for part in text.split("\n\n"))


def parts_of(model: type[SiteModel]) -> list[type[SiteModel]]:
    """The models that stand inside of one, in any of its keys."""
    found: list[type[SiteModel]] = []
    todo = [field.annotation for field in model.model_fields.values()]
    while todo:
        kind = todo.pop(0)
        todo += [arg for arg in get_args(kind) if arg is not NoneType]
        if isinstance(kind, type) and issubclass(kind, SiteModel) and kind not in found:
            found += [kind, *parts_of(kind)]
    return found


def in_flows() -> Iterator[Section]:
    """The sections of all verbs, each on a page of its own, and of what stands in their keys: what
    several verbs share is on the page of flows."""
    parts = {verb: parts_of(kind) for verb, kind in VERBS.items()}
    users = Counter(part for found in parts.values() for part in dict.fromkeys(found))
    for verb, kind in VERBS.items():
        page = f"verbs/{verb}.md"
        yield Section(f"# {verb}", kind, spoken(kind), page)
        for part in dict.fromkeys(parts[verb]):
            if users[part] == 1:
                yield Section(f"## {HEADINGS.get(part, part.__name__)}", part, spoken(part), page)
    for part, count in users.items():
        if count > 1:
            yield Section(f"## {HEADINGS.get(part, part.__name__)}", part, spoken(part), "flows.md")


HEADINGS: Mapping[type[SiteModel], str] = {
    node.Miss: "no_input and no_match",
    hours.Hours: "Opening hours",
    talk.Way: "A key",
    data.Case: "A case",
    survey.SurveyQuestion: "A question",
    waiting.Message: "A message",
    leave.ToAgent: "To an agent",
    leave.ToQueue: "To a queue",
    leave.ToNumber: "To a number",
}
IN_FLOWS = tuple(in_flows())
IN_SITE = (
    Section("## site.yaml", site.SiteFile),
    Section("### asterisk", site.AsteriskSettings),
    Section("### web", site.WebSettings),
    Section("### login", login.LoginSettings),
    Section(
        "#### oidc",
        login.OidcSettings,
        "[How it is set up](../how-to/operate.md#log-in-by-your-own-provider).",
    ),
    Section("### transfers", site.TransferSettings, "Each has a name, which flows use, and:"),
    Section("### transfers_to_numbers and callbacks", site.NumbersSettings),
    Section("### lookups", site.LookupSettings),
    Section("### customers", customers.CustomerSettings),
    Section("### customers.lookup", lookup.CustomerLookup),
    Section("### pop", pop.PopSettings, "A list: the first that is for the queue and whose fields are all known."),
    Section("### alerts", alerts.AlertSettings, "A list of rules."),
    Section(
        "### suggestions", suggestions.SuggestionSettings, "A list of rules; all that fit are shown, in this order."
    ),
    Section("### alerts_to", alerts.AlertTargets),
    Section("### mail", alerts.MailSettings),
    Section("### reports", reports.ReportSettings),
    Section("### A report that is sent", reports.SendSettings),
    Section("### boxes", site.BoxSettings, "Each has a name, which flows use."),
    Section("### recordings", site.RecordingSettings),
    Section("### fallback", site.FallbackSettings),
    Section("### storage", storage.StorageSettings),
    Section("#### s3", storage.S3Settings),
    Section(
        "### limits", limits.LimitSettings, "Against toll fraud and floods. What was called is known since the start."
    ),
    Section("### retention", retention.RetentionSettings, "A list of rules; the first that fits decides."),
    Section("### folders", site.FolderSettings, "Relative to the site's folder."),
    Section("### speech", site.SpeechSettings),
    Section("### transcripts", transcripts.TranscriptSettings),
    Section("## queues.yaml", queues_file.QueuesFile),
    Section("### A queue", queues_file.QueueFields),
    Section("### What an agent is asked", queues_file.DispositionFields),
    Section("### A step of relaxation", queues_file.RelaxFields, "It needs `after`, and one of the others or more."),
    Section("### A service-level target", queues_file.TargetFields),
    Section("### Callbacks", queues_file.CallbackFields),
    Section("### A rule of overflow", queues_file.OverflowFields),
    Section("### Where an overflow leads", queues_file.ToFields, "To one of these:"),
    Section("## people.yaml", people.PeopleFile),
    Section("### A person", people.PersonSettings),
    Section("## quality.yaml", quality_file.QualityFile, "The file may be left out."),
    Section("### A form", quality_file.FormFields, "The weights of its sections come to 100."),
    Section("### A section", quality_file.SectionFields),
    Section("### A question of a form", quality_file.QuestionFields),
    Section("### A rule of samples", quality_file.SampleFields),
)
IN_SIMULATION = tuple(
    Section(heading, model, spoken(model), "simulation.md")
    for heading, model in (
        ("## The arrivals file", arrivals.ArrivalsFile),
        ("### A want", arrivals.Want),
        ("### Answers", arrivals.Answers),
        ("### Times of a queue", arrivals.QueueTimes),
        ("### A time", spread.Spread),
        ("## roster.yaml", roster.Roster),
        ("### A shift", roster.Shift),
    )
)


def pages() -> Mapping[Path, str]:
    """Every generated page, by its path."""
    verbs = [f"| [{verb}](verbs/{verb}.md) | {spoken(kind).partition(chr(10))[0]} |\n" for verb, kind in VERBS.items()]
    shared = "\n".join(section(part) for part in IN_FLOWS if part.page == "flows.md")
    made = {
        "flows.md": FLOWS + "".join(verbs) + PROMPTS + "\n" + shared,
        "settings.md": SITE + "\n".join(map(section, IN_SITE)),
        "simulation.md": SIMULATION + "\n".join(map(section, IN_SIMULATION)),
        "events.md": DICTIONARY + dictionary(),
        "figures.md": figures.page(),
        "cli.md": COMMANDS + "\n".join(commands_of(cli.app)) + "\n",
    }
    for verb in VERBS:
        page = f"verbs/{verb}.md"
        made[page] = "\n".join(section(part) for part in IN_FLOWS if part.page == page)
    return {REFERENCE / name: MADE + _from(name, text) for name, text in made.items()}


def _from(page: str, text: str) -> str:
    """The text with its links, which are from the reference's folder, as they are on the page."""
    text = text.replace(f"]({page}#", "](#")
    return text.replace("](flows.md", "](../flows.md").replace("](verbs/", "](") if "/" in page else text


# Models to tables


@cache
def meanings() -> Mapping[str, str]:
    """What each key means, by ``Model.key``."""
    found = site_files.plain(site_files.read(REFERENCE / "meanings.yaml").data)
    return {f"{model}.{key}": " ".join(text.split()) for model, keys in found.items() for key, text in keys.items()}


def keys() -> Iterator[str]:
    """Every key there is, as ``meanings`` has it."""
    for part in (*IN_FLOWS, *IN_SITE, *IN_SIMULATION):
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
        means = meaning.get(known_as(part.model, name), "")
        lines.append(f"| `{field.alias or name}` | {looks(hints[name], field)} | {default} | {means} |")
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
        part = next(part for part in (*IN_FLOWS, *IN_SITE, *IN_SIMULATION) if part.model is hint)
        title = part.heading.lstrip("# ")
        return f"[{title}]({part.page}#{title.lower().replace(' ', '-').replace('.', '')})"
    names = {bool: "`true` or `false`", int: "number", float: "number", str: "text", Path: "path", date: "date"}
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
    if value is None or value in ((), "", {}, frozenset()) or isinstance(value, SiteModel | prompt.Prompt):
        return ""
    if isinstance(value, expressions.Expression):
        return f"`{value.text}`"
    if isinstance(value, survey.Scale):
        return f"`{value.least}-{value.most}`"
    if same(hint, queues_file.Share):
        return f"`{value:.0%}`"
    if same(hint, queues_file.Limit):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if looks(hint).startswith("duration"):
        return f"`{value:g}s`"
    return f"`{' '.join(value) if isinstance(value, tuple) else value}`"


# The dictionary


def dictionary() -> str:
    out: list[str] = []
    for title, module, base in (
        ("Events", events, events.Event),
        ("Events of a talk", talk_events, events.Event),
        ("Commands", commands, commands.Command),
    ):
        out.append(f"## {title}\n")
        out += [entry(kind) for kind in classes(module, base) if kind not in (base, events.CallEvent)]
    out.append("## Words\n")
    for kind in classes(words, StrEnum):
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


def commands_of(app: typer.Typer, before: str = "cordboard") -> Iterator[str]:
    """The rows of an app's commands, and of the groups in it."""
    yield from (command(info, before) for info in app.registered_commands)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from commands_of(group.typer_instance, f"{before} {group.name}")


def command(info: Any, before: str) -> str:
    """A command's row; ``info`` is typer's note of it."""
    hints = get_type_hints(info.callback, include_extras=True)
    words, notes = (
        [before, info.name or info.callback.__name__],
        [" ".join((inspect.getdoc(info.callback) or "").split())],
    )
    for name, parameter in inspect.signature(info.callback).parameters.items():
        extra = next(e for e in get_args(hints[name]) if isinstance(e, ArgumentInfo | OptionInfo))
        # Typer takes an option's first name for a default until the command is built.
        option = extra.default if isinstance(extra.default, str) else f"--{name.replace('_', '-')}"
        switch = get_args(hints[name])[0] is bool
        many = "..." if "list" in str(get_args(hints[name])[0]) else ""
        argument = name.upper() + many
        shown = argument if isinstance(extra, ArgumentInfo) else option if switch else f"{option} {name.upper()}"
        words.append(shown if parameter.default is inspect.Parameter.empty else f"[{shown}]")
        if name != "site":
            notes.append(f"`{shown}`: {extra.help}")
    return f"| `{' '.join(words)}` | {' '.join(notes)} |"


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
