"""URLs with values of a call in them, which cannot lead anywhere but where the URL's writer meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import PlainValidator, WithJsonSchema

from ivr.questions import Scalar

MAX_URL = 2000
"""Characters of a URL with its values in it."""

_NAME = re.compile(r"\{([a-z_][a-z0-9_]{0,39}(?:\.[a-z_][a-z0-9_]{0,39})?)\}")
_PLAIN = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
"""What may stand in a URL outside of its values (RFC 3986, section 2)."""
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A URL with ``{name}`` in its path or query. ``host`` is as ``host_of`` tells it."""

    url: str
    host: str

    @property
    def names(self) -> tuple[str, ...]:
        """The fields in it, each once."""
        return tuple(dict.fromkeys(_NAME.findall(self.url)))

    def filled(self, data: Mapping[str, Scalar]) -> str | None:
        """The URL with its values, or None if one is missing or empty, or makes it no good URL."""
        if any(data.get(name, "") == "" for name in self.names):
            return None
        url = _NAME.sub(lambda found: _encoded(data[found[1]]), self.url)
        return url if len(url) <= MAX_URL and not _climbs(url) else None


def parse(given: Any) -> UrlTemplate:
    """A URL as written in YAML. Raises ValueError; its text has nothing of the URL, which may have a
    password in it."""
    if isinstance(given, UrlTemplate):
        return given
    if not isinstance(given, str) or len(given) > MAX_URL:
        raise ValueError("must be a URL, such as https://crm.example/customers/{caller}")
    if not _PLAIN.fullmatch(_NAME.sub("0", given)):
        raise ValueError("is no URL: a value is written {name}, and other characters are written %20 and so on")
    start = _NAME.search(given)
    if start is not None and not re.match(r"https?://[^/?]+[/?]", given[: start.start()]):
        raise ValueError("a value can stand in the path and the query only, not in the host")
    host = host_of(given)
    if _climbs(given):
        raise ValueError("has . or .. as a part of its path")
    return UrlTemplate(given, host)


UrlTemplated = Annotated[UrlTemplate, PlainValidator(parse), WithJsonSchema({"type": "string"})]
"""A pydantic field type: a URL with values in it."""


def host_of(url: str) -> str:
    """The host a URL leads to, in small letters, with its port unless that is the usual one.

    Raises ValueError for a URL that is not http or https, or that has a user, a password or a
    fragment; its text has nothing of the URL in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is no URL: its host or port cannot be") from None
    host = parts.netloc.removesuffix(f":{port}")
    if parts.scheme not in _PORTS or not url.startswith(f"{parts.scheme}://"):
        raise ValueError("must begin with http:// or https://")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("may have no user, password or fragment (#)")
    if not _HOST.fullmatch(host) or port == 0:
        raise ValueError("is no URL: its host or port cannot be")
    return host.lower() if port in (None, _PORTS[parts.scheme]) else f"{host.lower()}:{port}"


def _encoded(value: Scalar) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(text, safe="", errors="replace")


def _climbs(url: str) -> bool:
    """Whether the path has a part that would be taken to mean the folder above, or the same one."""
    path = re.sub("%2[eE]", ".", urlsplit(url).path)
    return any(part in (".", "..") for part in re.split(r"[/\\]|%2[fF]|%5[cC]", path))
