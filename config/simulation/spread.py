"""How long something takes, with its spread."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cti.site.durations import Duration
from cti.site.files import SiteModel

_NORMAL = NormalDist()


class Spread(SiteModel):
    """A time by its mean and the shape of its distribution. ``cv``, for lognormal, is the standard
    deviation over the mean."""

    mean: Duration
    shape: Literal["exponential", "lognormal", "fixed"] = "exponential"
    cv: Annotated[float, Field(gt=0, le=10)] | None = None

    @model_validator(mode="after")
    def _only_lognormal_has_cv(self) -> Self:
        if (self.cv is not None) != (self.shape == "lognormal"):
            raise ValueError("cv (the standard deviation over the mean) belongs to lognormal, which needs it")
        return self

    def at(self, u: float) -> float:
        """The seconds below which a share ``u`` of all are (0 <= u < 1): with an even ``u``, a draw."""
        if self.shape == "exponential":
            return -self.mean * math.log1p(-u)
        if self.cv is None or not self.mean:
            return self.mean
        variance = math.log1p(self.cv * self.cv)
        normal = _NORMAL.inv_cdf(u) if u > 0 else -math.inf
        return self.mean * math.exp(math.sqrt(variance) * normal - variance / 2)


def spread(mean_s: float, shape: Literal["exponential", "fixed"] = "exponential") -> Spread:
    """A time as it is not written in a file: ``mean_s`` are seconds."""
    return Spread.model_construct(mean=mean_s, shape=shape, cv=None)
