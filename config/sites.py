"""Several sites side by side: what is good in each may clash where they share a Redis or an Asterisk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from config.settings import Site
from cti.site import files as site_files
from cti.site.files import Document, Key, Problem


def clashes(sites: Mapping[Path, Site]) -> Iterator[Problem]:
    """Agents of one name and phones that two sites have which share something. The paths are those
    that the sites are shown by."""
    for (path, site), (other_path, other) in combinations(sites.items(), 2):
        shared = " and ".join(_shared(site, other))
        if not shared:
            continue
        here, there = _people(other_path, other), _people(path, site)
        phones = {phone: (name, key) for name, p in site.people.items() for key, phone in p.dialled}

        def place(key: Key, there: Document = there, shared: str = shared) -> str:
            return f"at {there.file}:{there.line(key)}, and the sites share {shared}"

        for name, person in other.people.items():
            if name in other.agents and name in site.agents:
                message = f"{name} is an agent {place(('people', name))}"
                yield here.problem(("people", name), message, "give one of them another name, or one site the agent")
            for key, phone in person.dialled:
                if phone in phones:
                    whose, at = phones[phone]
                    message = f"{phone} is the phone of {whose} {place(('people', whose, *at))}"
                    hint = "a phone rings for one person: give each their own"
                    yield here.problem(("people", name, *key), message, hint)


def _shared(site: Site, other: Site) -> Iterator[str]:
    if _redis(site) == _redis(other):
        yield "a Redis"
    a, b = site.settings.asterisk, other.settings.asterisk
    if (_host(a.host), a.port) == (_host(b.host), b.port):
        yield "an Asterisk"


def _redis(site: Site) -> tuple[object, ...]:
    """Where the live state is, but for user and password. A server of a site's own is in its folder."""
    if site.settings.redis is None:
        return (site.state.resolve(),)
    try:
        url = urlsplit(site.settings.redis)
        named = parse_qs(url.query).get("db", ["0"])[0]
        if url.scheme == "unix":
            return (url.path, named)
        return (_host(url.hostname or ""), url.port or 6379, url.path.strip("/") or named)
    except ValueError:  # not a URL after all, which shows when the server starts
        return (site.settings.redis,)


def _host(name: str) -> str:
    return "127.0.0.1" if name.lower() in ("localhost", "::1") else name.lower()


def _people(path: Path, site: Site) -> Document:
    return site_files.read(site.folder / "people.yaml", str(path / "people.yaml"))
