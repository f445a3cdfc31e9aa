"""When somebody sees the numbers of people whole: by role, and as the site says.

Programs with keys see what their scopes let them read as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from fastapi.requests import HTTPConnection

from cti.access import Person, Role


class Sight(StrEnum):
    """When a role sees numbers whole that are not of one's own calls; each has what those before it have."""

    NEVER = "never"
    ASKED = "asked"
    """Of one call or customer, where one asks for it: that is in the audit log, each time."""
    OPENED = "opened"
    """Of the record or the card that one opens, too: the audit log has that one looked at it."""
    ALWAYS = "always"
    """In lists and on the board, too."""

    def reaches(self, other: Sight) -> bool:
        """Whether it has all that ``other`` has."""
        order = list(Sight)
        return order.index(self) >= order.index(other)


SIGHTS: Mapping[Role, Sight] = {
    # His own calls are whole in any case: he must dial, and verify.
    Role.AGENT: Sight.OPENED,
    Role.SUPERVISOR: Sight.OPENED,
    Role.AUDITOR: Sight.ASKED,
    Role.ADMIN: Sight.ASKED,
    Role.SYSTEM: Sight.NEVER,
}
"""Where the site says nothing else."""


NOT_SHOWN = "numbers of people are not shown to your role: see numbers_shown in site.yaml"


def sight_of(who: Person, connection: HTTPConnection) -> Sight:
    """What this person or program has. The app keeps the site's table in ``app.state.sights``, if it has one."""
    sights: Mapping[Role, Sight] = getattr(connection.app.state, "sights", SIGHTS)
    return Sight.ALWAYS if who.scopes is not None else sights.get(who.role, Sight.NEVER)
