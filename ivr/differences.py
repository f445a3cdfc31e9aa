"""What differs for a caller between two versions of a site's flows, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from cti.site.hours import DAYS, Hours
from ivr.graph import short, words
from ivr.node import Node
from ivr.prompt import EVERY, Prompt
from ivr.tree import Flow, Flows


def differences(old: Flows, new: Flows) -> list[str]:
    """Every difference, a sentence each; none for flows that are the same to callers."""
    out = [f"{name}: the flow is gone" for name in old if name not in new]
    out += [f"{name}: the flow is new, with {len(new[name].nodes)} nodes" for name in new if name not in old]
    for name in old:
        if name in new:
            out += [f"{name}: {words_}" for words_ in _flow(old[name], new[name])]
    return out


def _flow(old: Flow, new: Flow) -> Iterator[str]:
    if old.start != new.start:
        yield f"callers begin at {new.start} (was: {old.start})"
    if list(old.languages) != list(new.languages):
        yield f"the languages are {', '.join(new.languages)} (were: {', '.join(old.languages)})"
    for language, voice in new.languages.items():
        if language in old.languages and old.languages[language] != voice:
            yield f"{language} is spoken by the voice {voice} (was: {old.languages[language]})"
    gone = {name: node for name, node in old.nodes.items() if name not in new.nodes}
    added = {name: node for name, node in new.nodes.items() if name not in old.nodes}
    for name, node in gone.items():
        yield f"the node {name} ({node.verb}) is gone"
    for name, node in added.items():
        said = short(node)
        yield f"the node {name} ({node.verb}) is new" + (f": {said}" if said else "")
    for name, node in old.nodes.items():
        if name in new.nodes and new.nodes[name] != node:
            yield from (f"at {name}, {what}" for what in _node(node, new.nodes[name]))


def _node(old: Node, new: Node) -> Iterator[str]:
    if old.verb != new.verb:
        yield f"{new.verb} stands where {old.verb} was: {short(new)}".rstrip(": ")
    before = {_way(link.key): link.to for link in old.links()}
    after = {_way(link.key): link.to for link in new.links()}
    for way, to in before.items():
        if way not in after:
            yield f"{way} is gone (led to {to})"
        elif after[way] != to:
            yield f"{way} leads to {after[way]} (was: {to})"
    for way, to in after.items():
        if way not in before:
            yield f"{way} is new and leads to {to}"
    yield from _prompts(old, new)
    if old.verb == new.verb:
        yield from _settings(old, new)


def _way(key: tuple[str | int, ...]) -> str:
    """A way out in words: ("keys", "1") is "key 1"."""
    return f"key {key[1]}" if key[0] == "keys" and len(key) > 1 else " ".join(map(str, key))


def _prompts(old: Node, new: Node) -> Iterator[str]:
    before, after = dict(old.prompts()), dict(new.prompts())
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key, Prompt()), after.get(key, Prompt())
        if was == now:
            continue
        where = "" if key == (new.verb,) else f" ({' '.join(map(str, key))})"
        for language in _languages(was, now):
            heard, hears = words(was, language or None), words(now, language or None)
            if heard == hears:
                continue
            in_ = f" in {language}" if language else ""
            if not hears:
                yield f"callers no longer hear “{heard}”{in_}{where}"
            elif not heard:
                yield f"callers hear “{hears}”{in_}{where}, where nothing was said before"
            else:
                yield f"callers hear “{hears}”{in_}{where} (was: “{heard}”)"


def _languages(was: Prompt, now: Prompt) -> list[str]:
    """The languages named in either; EVERY where none is."""
    return list(dict.fromkeys([*was.languages, *now.languages])) or [EVERY]


def _settings(old: Node, new: Node) -> Iterator[str]:
    """What else stands in a node: neither a way out nor a prompt."""
    ways = {str(link.key[0]) for node in (old, new) for link in node.links()}
    said = {str(key[0]) for node in (old, new) for key, _ in node.prompts()} - {"no_input", "no_match", "waiting"}
    for name in type(new).model_fields:
        if name in said or (name in ways and name not in ("branch", "split")):
            continue
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        if isinstance(was, Hours) and isinstance(now, Hours):
            yield from _hours(was, now)
        elif (before := _shown(was)) != (after := _shown(now)):
            yield f"{type(new).model_fields[name].alias or name} is {after} (was: {before})"


def _shown(value: Any) -> str:
    """A setting as one would say it; what is said to callers is told elsewhere."""
    if isinstance(value, Prompt):
        return ""
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, BaseModel):
        shown = ((name, _shown(getattr(value, name))) for name in type(value).model_fields)
        return ", ".join(f"{name} {text}" for name, text in shown if text)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(one)}".strip() for key, one in value.items())
    if isinstance(value, tuple):
        return "; ".join(filter(None, map(_shown, value)))
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "text", value))


def _hours(old: Hours, new: Hours) -> Iterator[str]:
    if old.zone != new.zone:
        yield f"the time zone is {new.zone} (was: {old.zone})"
    for day, was, now in zip(DAYS, old.open, new.open, strict=True):
        if was != now:
            yield f"on {day} it is open {_spans(now)} (was: {_spans(was)})"
    for date in sorted(new.closed_on - old.closed_on):
        yield f"on {date} it is closed"
    for date in sorted(old.closed_on - new.closed_on):
        yield f"on {date} it is no longer closed"
    if old.holidays != new.holidays:
        yield f"it is closed on the holidays of {new.holidays or 'nowhere'} (was: {old.holidays or 'nowhere'})"
    for date in sorted(old.special.keys() | new.special.keys()):
        before, after = old.special.get(date), new.special.get(date)
        if before != after:
            usual = "as on any such day"
            now_, was_ = (usual if spans is None else _spans(spans) for spans in (after, before))
            yield f"on {date} it is open {now_} (was: {was_})"


def _spans(spans: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(f"{_time(start)}-{_time(end)}" for start, end in spans) or "never"


def _time(minute: int) -> str:
    return f"{minute // 60 % 24 if minute > 24 * 60 else minute // 60:02}:{minute % 60:02}"
