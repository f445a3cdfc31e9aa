"""Sends alerts to the site's targets, while the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from config.files.alerts import MailSettings
from config.premises import read_secret
from config.settings import Site
from cti.desk.alerts import Alert
from cti.desk.herald import Deliver, Herald, body, subject, text
from cti.mail import Mailer, MailServer
from ivr.fetch import Fetcher


@asynccontextmanager
async def alerting(site: Site, fetcher: Fetcher) -> AsyncIterator[Callable[[Alert], None]]:
    """What tells all of a site's targets of an alert, until the end of the block. Raises CannotStart."""
    heralds = [Herald(name, _hook(fetcher, site.settings.webhooks[name])) for name in site.settings.alerts_to.webhooks]
    if site.settings.alerts_to.mail and site.settings.mail is not None:
        heralds.append(Herald("mail", _mail(site.settings.mail, site.state, site.settings.alerts_to.mail)))
    tasks = [asyncio.create_task(herald.run(), name=f"alerts to {herald.name}") for herald in heralds]

    def tell(alert: Alert) -> None:
        for herald in heralds:
            herald.tell(alert)

    try:
        yield tell
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _hook(fetcher: Fetcher, url: str) -> Deliver:
    async def deliver(alert: Alert) -> bool:
        return await fetcher.deliver(url, body(alert))

    return deliver


def _mail(settings: MailSettings, state: Path, to: Sequence[str]) -> Deliver:
    by = mailer(settings, state)

    async def deliver(alert: Alert) -> bool:
        return await by.send(to, subject(alert), text(alert))

    return deliver


def mailer(settings: MailSettings, state: Path) -> Mailer:
    """What sends the site's mails. Raises CannotStart: its password is not to be had."""
    password = read_secret(state / "mail-password", "the password of the mail server") if settings.user else ""
    return Mailer(MailServer(settings.host, settings.port, settings.security, settings.sender, settings.user, password))
