"""Renders the one file of dialplan that a site includes in its Asterisk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from string import Template

from config.settings import Site

FALLBACK_SOUND = "fallback"
SORRY_SOUND = "sorry"
"""Names, in the sounds folder, of the two prompts that need no engine."""

STANDBY_S = 5
"""How long a leg waits for the one that is to take it into a talk. Some milliseconds will do, if all is well."""

_UNSAFE = re.compile(r"[^A-Za-z0-9/_.@:+-]")
"""What may break out of its place in the dialplan: all but what names, paths and dial strings are made of."""


class _Dialplan(Template):
    """Asterisk has ``$`` for itself."""

    delimiter = "@"


def render(site: Site) -> str:
    """The include file for this site. Raises ValueError for a value that can't stand in a dialplan."""
    text = resources.files("config").joinpath("asterisk/extensions_cordboard.conf").read_text(encoding="utf-8")
    values: dict[str, Sequence[str]] = {
        "ami_user": [site.settings.asterisk.user],
        "standby": [str(STANDBY_S)],
        "lease": [str(round(site.settings.lease))],
        "fallback_sound": [str(site.sounds / FALLBACK_SOUND)],
        "sorry_sound": [str(site.sounds / SORRY_SOUND)],
        "fallback_phones": site.settings.fallback.phones,
        "fallback_ring": [str(round(site.settings.fallback.ring))],
        "recordings": [str(site.recordings)],
    }
    for name, parts in values.items():
        for part in parts:
            if found := _UNSAFE.search(part):
                raise ValueError(
                    f"{name}: {part!r} has {found.group()!r} in it, which a dialplan would take for syntax"
                )
    return _Dialplan(text).substitute({name: "&".join(parts) for name, parts in values.items()})
