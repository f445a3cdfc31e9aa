"""Who may see and hear what of past calls."""

from __future__ import annotations

import time

from cti.access import Person, Right
from recordings.records.record import Recording
from recordings.review import shares
from recordings.review.shares import Share
from recordings.store import CallDetails, Store
from recordings.words import SegmentKind


def may_see(who: Person, call: CallDetails) -> bool:
    talked = {s.agent for s in call.segments if s.kind is SegmentKind.TALK}
    return who.may(Right.REVIEW) or who.name in talked


def may_hear(who: Person, recording: Recording) -> bool:
    return who.may(Right.REVIEW) or who.name == recording.agent


async def opened(store: Store, who: Person, id: str) -> Share | None:
    """The share of this id, if it is good for this person now."""
    async with store.connect() as connection:
        share = await shares.find(connection, id)
    return share if share is not None and share.opens(who, time.time()) else None


async def hears(store: Store, who: Person, recording: Recording, share: str | None) -> bool:
    """Whether one may hear a recording, by oneself or by a share."""
    if may_hear(who, recording):
        return True
    good = await opened(store, who, share) if share else None
    return good is not None and good.recording == recording.stem
