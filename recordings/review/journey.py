"""The moments of a call that its segments don't tell: the way through the menus, and what was done in a talk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from cti.calls.events import CallEvent, Chosen, Connected, Digit, EnteredMenu
from cti.calls.talk_events import ConsultAsked, HelpAsked, Joined, TransferAsked
from cti.calls.words import CallId, OfferId
from recordings.rows import call_events
from recordings.store import Store
from recordings.tables import journal

BURST_S = 3.0
"""Keys that follow each other sooner are pressed in one go."""


class MomentKind(StrEnum):
    """What a moment is."""

    MENU = "menu"
    """A node of a flow was reached: ``what``, in ``flow``."""
    CHOICE = "choice"
    """The caller's choice there, or the (not secret) value that he entered."""
    KEYS = "keys"
    """The caller pressed keys. Which and how many is not written down."""
    TRANSFER = "transfer"
    """``who`` sent the caller on, to ``what``."""
    CONFERENCE = "conference"
    """Caller, agent and ``who`` hear each other from now on."""
    HELP = "help"
    """``who`` asked for a supervisor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something happened at ``at`` (Unix seconds)."""

    at: float
    kind: MomentKind
    who: str = ""
    what: str = ""
    flow: str = ""


def moments(events: Iterable[CallEvent]) -> tuple[Moment, ...]:
    """Those of one call, in the order of its events."""
    found: list[Moment] = []
    thirds: dict[OfferId, str] = {}
    pressed_at = 0.0
    for event in events:
        match event:
            case EnteredMenu():
                found.append(Moment(at=event.at, kind=MomentKind.MENU, what=event.node, flow=event.flow))
            case Chosen():
                found.append(Moment(at=event.at, kind=MomentKind.CHOICE, what=event.value))
            case Digit():
                if event.at > pressed_at + BURST_S:
                    found.append(Moment(at=event.at, kind=MomentKind.KEYS))
                pressed_at = event.at
            case Connected():
                pressed_at = 0.0  # what was pressed in a menu before the talk is no part of what is in it
            case TransferAsked() if not event.again and not event.park_s:
                to = event.agent or event.queue or event.flow or event.number
                found.append(Moment(at=event.at, kind=MomentKind.TRANSFER, who=event.by, what=to))
            case ConsultAsked():
                thirds[event.offer] = event.agent or event.number
            case Joined():
                found.append(Moment(at=event.at, kind=MomentKind.CONFERENCE, who=thirds.get(event.offer, "")))
            case HelpAsked():
                found.append(Moment(at=event.at, kind=MomentKind.HELP, who=event.by))
    return tuple(found)


async def journey(store: Store, call: CallId) -> tuple[Moment, ...]:
    """The moments of a call that is over or goes on; none of one that is not known."""
    wanted = select(journal.c.data).where(journal.c.call == call).order_by(journal.c.seq)
    async with store.connect() as connection:
        return moments(call_events((await connection.execute(wanted)).scalars()))
