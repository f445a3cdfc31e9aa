"""Names we give: ids of calls and offers, and where a talk's recording goes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid5

from cti.calls.events import CallId, OfferId

_CALLS = UUID("6f1d3c52-6a0e-5d1b-9a3c-0d1f7c0a5e11")


def call_id(asterisk: str, uniqueid: str) -> CallId:
    """Our id of the call whose caller's leg has this Uniqueid on the Asterisk of this name.

    The same leg always gets the same id, so that an engine started anew, or a replay of the
    events, speaks of the same calls. The Uniqueid is used whole.
    """
    return CallId(uuid5(_CALLS, f"{asterisk}/{uniqueid}").hex)


def new_offer() -> OfferId:
    """A fresh offer id, fit to be an Asterisk ChannelId (under 150 characters, no ``/``)."""
    return OfferId(f"cordboard-{secrets.token_hex(8)}")


def recording_stem(offer: OfferId, at: float) -> str:
    """Where the talk of an offer is recorded: a path relative to the recordings folder.

    Each direction is a file of its own: the stem with ``-caller.wav`` and ``-agent.wav``.
    """
    return f"{datetime.fromtimestamp(at, UTC):%Y/%m/%d}/{offer}"
