"""``alerts`` in site.yaml, and whom they are sent to: ``alerts_to`` and ``mail``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from config.files.fields import Name, fits
from cti.desk.alerts import Figure, Rule
from cti.mail import Security
from cti.site.durations import Duration, seconds
from cti.site.files import Document, Problem, SiteModel

_CALLS = (Figure.WAITING, Figure.ABANDONED)
_WAITS = (Figure.LONGEST_WAIT, Figure.WAIT_MEAN)
_MOST = 1_000_000

Limit = Annotated[
    float | None, WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}], "examples": [10, "2m", "80%"]})
]
"""Calls, seconds or a share, as the figure is counted."""


Address = Annotated[
    str, fits(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,250}", "{} is not a mail address")
]
Host = Annotated[str, fits(r"[A-Za-z0-9.:-]{1,250}", "{} is not a host's name or address")]


class AlertSettings(SiteModel):
    """One threshold: a figure of a queue, and the limit beyond which supervisors are alerted."""

    queue: Name
    figure: Figure
    above: Limit = None
    below: Limit = None
    held: Annotated[Duration, Field(ge=1, le=3600)] = Field(default=30.0, alias="for")

    @field_validator("above", "below", mode="before")
    @classmethod
    def _limit(cls, given: Any, info: ValidationInfo) -> float | None:
        figure = info.data.get("figure")
        if given is None or figure is None:
            return None
        if figure in _WAITS:
            return seconds(given)
        if figure in _CALLS:
            if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= _MOST:
                raise ValueError(f"must be a number of calls, such as 10, for {figure}")
            return float(given)
        text = given.strip().removesuffix("%").strip() if isinstance(given, str) and "%" in given else ""
        if not (text.isascii() and text.isdecimal() and int(text) <= 100):
            raise ValueError(f"must be a share from 0% to 100%, such as 80%, for {figure}")
        return int(text) / 100

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.above is None) is (self.below is None):
            raise ValueError("needs either above or below")
        return self

    def rule(self) -> Rule:
        if self.above is not None:
            return Rule(self.queue, self.figure, above=True, limit=self.above, for_s=self.held)
        return Rule(self.queue, self.figure, above=False, limit=self.below or 0.0, for_s=self.held)


def unknown_queues(document: Document, alerts: Sequence[AlertSettings], queues: Collection[str]) -> Iterator[Problem]:
    """Queues that rules name and the site does not have."""
    for number, alert in enumerate(alerts):
        if alert.queue not in queues:
            yield document.problem(("alerts", number, "queue"), f"there is no queue called {alert.queue!r}")


class MailSettings(SiteModel):
    """The site's mail server. The password of ``user`` is in the file mail-password of the state folder."""

    host: Host
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    user: Annotated[str, Field(max_length=250)] = ""
    sender: Address

    @model_validator(mode="after")
    def _no_open_password(self) -> Self:
        if self.user and self.security is Security.NONE:
            raise ValueError(
                "a password would go over an open line: leave out user, or set security to starttls or tls"
            )
        return self


class AlertTargets(SiteModel):
    """Who is told when an alert is raised, and when it is over."""

    webhooks: tuple[Name, ...] = ()
    """Of ``webhooks``."""
    mail: Annotated[tuple[Address, ...], Field(max_length=50)] = ()


def missing(
    document: Document, targets: AlertTargets, webhooks: Sequence[str], mail: MailSettings | None
) -> Iterator[Problem]:
    """What the targets need and the site does not have."""
    for place, name in enumerate(targets.webhooks):
        if name not in webhooks:
            there = ", ".join(webhooks) or "none"
            key = ("alerts_to", "webhooks", place)
            yield document.problem(key, f"there is no webhook called {name!r}", f"there is {there}")
    if targets.mail and mail is None:
        yield document.problem(("alerts_to", "mail"), "the site has no mail server", "set mail in site.yaml")
