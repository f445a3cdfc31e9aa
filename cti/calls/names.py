"""Names we give: ids of calls and offers, and where a talk's recording goes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid5

from cti.calls.words import CallId, OfferId

DIRECT_QUEUE = "direct"
"""The queue of calls for one agent that a flow sends to no other queue. A site may have one of this
name, to set its ring time and music; it need not."""

_CALLS = UUID("6f1d3c52-6a0e-5d1b-9a3c-0d1f7c0a5e11")


def call_id(asterisk: str, uniqueid: str) -> CallId:
    """Our id of the call whose caller's leg has this Uniqueid on the Asterisk of this name.

    The same leg always gets the same id, so that an engine started anew, or a replay of the
    events, speaks of the same calls. The Uniqueid is used whole.
    """
    return CallId(uuid5(_CALLS, f"{asterisk}/{uniqueid}").hex)


def callback_id(wanted: CallId, attempt: int) -> CallId:
    """The id of the call by which a customer is called back: each attempt is a call of its own."""
    return CallId(uuid5(_CALLS, f"callback/{wanted}/{attempt}").hex)


def new_call() -> CallId:
    """A fresh id, of a call that an agent makes."""
    return CallId(secrets.token_hex(16))


def new_offer() -> OfferId:
    """A fresh offer id, fit to be an Asterisk ChannelId (under 150 characters, no ``/``)."""
    return OfferId(f"cordboard-{secrets.token_hex(8)}")


def recording_stem(offer: OfferId, at: float) -> str:
    """Where the talk of an offer is recorded: a path relative to the recordings folder.

    Each direction is a file of its own: the stem with ``-caller.wav`` and ``-agent.wav``.
    """
    return f"{_day(at)}/{offer}"


def drawn(call: CallId, share: float) -> bool:
    """Whether a call is of the share (0 to 1) whose talks are recorded: by its id, so that it is the same
    for all its talks and can be shown afterwards. Of the id's SHA-256 the first 8 hex digits, as a share of
    all there are, must be below it."""
    return int(hashlib.sha256(call.encode()).hexdigest()[:8], 16) < share * 2**32


def tape_stem(call: CallId, at: float) -> str:
    """Where a caller's voice is recorded without an agent, from ``at`` (Unix seconds) on: a path
    relative to the recordings folder, of one file, the stem with ``.wav``. With the time in it a
    menu that begins again, after a crash too, never writes over what the caller said before.
    """
    return f"{_day(at)}/tape-{call}-{round(at * 1000)}"


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y/%m/%d}"
