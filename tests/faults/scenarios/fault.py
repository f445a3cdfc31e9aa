"""What a fault is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.faults.accounts import Allowed
from tests.faults.crowd import EVERYWHERE, Kind
from tests.faults.world import USUAL, Setting, World

Inject = Callable[[World], Awaitable[str]]
"""Does it, and mends what an operator would mend; says in words what it did, and when."""
Look = Callable[[World], Awaitable[list[str]]]
"""What was lost besides, when all is over."""


NOTHING = Allowed()


async def no_more(world: World) -> list[str]:
    """The four accounts tell all."""
    return []


@dataclass(frozen=True, slots=True)
class Fault:
    """``nothing_lost`` is what must hold after it. ``crowd`` are shares of the callers; there are ``times`` as many
    of them as of others, ``rate`` a second, on the line for ``stay_s``, and they dial ``dialled``."""

    number: int
    name: str
    nothing_lost: str
    inject: Inject
    crowd: Mapping[Kind, int] = field(default_factory=lambda: dict.fromkeys(EVERYWHERE, 1))
    allowed: Allowed = NOTHING
    stay_s: float = 30.0
    while_coming: bool = False
    """Done as the callers come, not when all are in place."""
    look: Look = no_more
    times: int = 1
    rate: float = 20.0
    dialled: str = "100"
    setting: Setting = USUAL
