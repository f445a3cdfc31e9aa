"""What an agent is to suggest to a caller: a site's rules, by queue, level and date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, HTTPException

from cti.access import AnyAgent
from cti.calls.words import CallId
from cti.desk.api import Calls
from cti.desk.view import Customers, audience_of, visible
from cti.problems import errors


@dataclass(frozen=True, slots=True)
class Rule:
    """``say`` is suggested to callers in one of ``queues`` with one of ``levels``, from the day ``start``
    to the day ``end``, both among them. Empty, or None, is any."""

    say: str
    queues: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    start: date | None = None
    end: date | None = None

    def fits(self, queue: str, levels: Collection[str], day: date) -> bool:
        """Whether it is for a caller with these levels in this queue, on this day."""
        return (
            (not self.queues or queue in self.queues)
            and (not self.levels or not self.levels.isdisjoint(levels))
            and (self.start is None or self.start <= day)
            and (self.end is None or day <= self.end)
        )


def routes(rules: Sequence[Rule], calls: Calls, customers: Customers, today: Callable[[], date]) -> APIRouter:
    """The route. ``customers`` says who calls, ``today`` the day it is for the site."""
    router = APIRouter(prefix="/api/calls", tags=["calls"], responses=errors(404))

    @router.get("/{id}/suggestions")
    async def suggestions(id: str, who: AnyAgent) -> list[str]:
        """What to suggest to the caller of a live call that you may see. His level is the one that the menu
        gave the call, or one on his card."""
        call = calls().get(CallId(id))
        if call is None or not visible(call, audience_of(who)):
            raise HTTPException(404, "no such call is live, or it is not yours")
        levels = {call.level, *(card["level"] for card in customers(call.id))}
        return [rule.say for rule in rules if rule.fits(call.queue, levels, today())]

    return router
