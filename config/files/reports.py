"""``reports`` in site.yaml: what counts as content, and reports that are sent by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from config.files.alerts import Address, MailSettings
from config.files.fields import Name
from cti.site.files import Document, Problem, SiteModel
from recordings.reports.figures import By
from recordings.reports.files import Format
from recordings.reports.intervals import Interval


def _minutes(given: Any) -> int:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", given, re.ASCII) if isinstance(given, str) else None
    if found is None:
        raise ValueError(f'{given!r} is no time of day; write it as text, such as "07:00"')
    return int(found[1]) * 60 + int(found[2])


Time = Annotated[int, BeforeValidator(_minutes)]
"""A pydantic field type: minutes after midnight, read from text such as ``07:00``."""


class SendSettings(SiteModel):
    """A report of each day, week or month that is over, sent to mail addresses, webhooks or both."""

    name: Name
    by: By
    every: Literal[Interval.DAY, Interval.WEEK, Interval.MONTH]
    at: Time = 7 * 60
    interval: Interval | None = None
    together: Annotated[bool, Field(strict=True)] = False
    format: Format = Format.XLSX
    mail: Annotated[tuple[Address, ...], Field(max_length=50)] = ()
    webhooks: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if not (self.mail or self.webhooks):
            raise ValueError("is sent to nobody: it needs mail, or webhooks")
        return self


class ReportSettings(SiteModel):
    """What reports need to know."""

    satisfied: Annotated[int, Field(ge=0, le=9)] = 4
    """The least score of a caller who is content."""
    send: Annotated[tuple[SendSettings, ...], Field(max_length=50)] = ()


def unsendable(
    document: Document, reports: ReportSettings, webhooks: Sequence[str], mail: MailSettings | None
) -> Iterator[Problem]:
    """What the reports to be sent need and the site does not have, and names that two of them have."""
    seen: set[str] = set()
    for number, send in enumerate(reports.send):
        key = ("reports", "send", number)
        if send.name in seen:
            yield document.problem((*key, "name"), f"there are two reports called {send.name!r}")
        seen.add(send.name)
        if send.mail and mail is None:
            yield document.problem((*key, "mail"), "the site has no mail server", "set mail in site.yaml")
        for place, name in enumerate(send.webhooks):
            if name not in webhooks:
                there = ", ".join(webhooks) or "none"
                yield document.problem(
                    (*key, "webhooks", place), f"there is no webhook called {name!r}", f"there is {there}"
                )
