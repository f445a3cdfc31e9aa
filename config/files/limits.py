"""The key ``limits`` of site.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from config.files.fields import fits
from cti.floods import Floods
from cti.site.files import SiteModel
from cti.tolls import Limits, Tolls

_Times = Annotated[int, Field(ge=1, le=1_000_000)]
_Priced = Annotated[str, fits(r"\+?[0-9]{1,32}\*?|\*", "{} is neither a number nor what numbers begin with, as +49*")]


class LimitSettings(SiteModel):
    """How often numbers may be called, and how many calls of one caller are taken."""

    agent: _Times = 60
    """Calls by one agent in an hour: dialled, consulted, or callers sent there."""
    site: _Times = 1000
    """All calls to numbers in an hour, callbacks too."""
    destination: _Times = 300
    """Calls in an hour to the numbers of one entry of an ``allow``."""
    number: _Times = 20
    """Calls to one number in 24 hours."""
    prices: Mapping[_Priced, Annotated[float, Field(ge=0, le=1_000_000)]] = {}
    """What a minute costs, by numbers or by what they begin with; ``*`` is all others."""
    cost: Annotated[float, Field(gt=0)] | None = None
    """What all calls may cost in 24 hours, by ``prices``."""
    caller_at_once: _Times = 20
    """Calls at a time from one number; more are not answered."""
    caller_a_minute: _Times = 60
    """Calls from one number in a minute; more are not answered."""

    def tolls(self) -> Tolls:
        """What counts calls to numbers."""
        return Tolls(Limits(self.agent, self.site, self.destination, self.number, self.prices, self.cost))

    def floods(self) -> Floods:
        """What counts callers."""
        return Floods(self.caller_at_once, self.caller_a_minute)
