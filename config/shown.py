"""A site as it is loaded, for people to read: what is a secret, or may have one in it, is masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from config.files.people import PersonSettings
from config.settings import Site
from ivr.url_template import UrlTemplate

MASK = "•••"
_SECRET = re.compile(r"password|secret|token|credential|api_?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value of a file, by its key with dots."""

    file: str
    key: str
    value: str


def settings(site: Site, numbers: Mapping[str, str]) -> list[Setting]:
    """All of site.yaml and queues.yaml, with what was left out at its default. ``numbers`` are those that were
    loaded last: they need no restart."""
    values = dict(site.settings) | {"numbers": numbers}
    found = [Setting("site.yaml", *line) for line in _flat("", values)]
    whole = {f"queues.{name}": queue for name, queue in site.queues.items()} | {
        "order": site.queues.order,
        "levels": site.queues.levels,
        "ageing": site.queues.ageing,
    }
    return found + [Setting("queues.yaml", *line) for key, value in whole.items() for line in _flat(key, value)]


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if _SECRET.search(key.rpartition(".")[2]):
        yield key, MASK if value else ""
    elif isinstance(value, UrlTemplate):
        yield key, masked(value.url)
    elif isinstance(value, BaseModel):
        yield from _flat(key, dict(value))
    elif isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}" if key else str(name), inner)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _flat(key, {one.name: getattr(value, one.name) for one in fields(value) if one.name != "name"})
    elif isinstance(value, Sequence | Set) and not isinstance(value, str):
        items = sorted(value) if isinstance(value, Set) else value
        if all(isinstance(item, str | int | float) for item in items):
            yield key, ", ".join(masked(str(item)) for item in items)
        else:
            for place, item in enumerate(items):
                yield from _flat(f"{key}.{place}", item)
    elif isinstance(value, bool):
        yield key, str(value).lower()
    else:
        yield key, "" if value is None or isinstance(value, Mapping) else masked(str(value))


def masked(text: str) -> str:
    """A URL without what may let somebody in: user, password, path and query."""
    if "://" not in text:
        return text
    try:
        url = urlsplit(text)
        host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return MASK
    return f"{url.scheme}://{host}{port}/{MASK}"


@dataclass(frozen=True, slots=True)
class Known:
    """One of the site's people."""

    name: str
    role: str
    phones: Sequence[str]
    browser_phone: str
    skills: Mapping[str, int]
    groups: Sequence[str]
    auto_answer: bool


def people(people: Mapping[str, PersonSettings]) -> list[Known]:
    """Everybody, without passwords."""
    return [
        Known(
            name=name,
            role=one.role.value,
            phones=[phone for key, phone in one.dialled if key != ("browser_phone",)],
            browser_phone=one.browser_phone or "",
            skills=dict(one.skills),
            groups=sorted(one.groups),
            auto_answer=one.auto_answer,
        )
        for name, one in people.items()
    ]
