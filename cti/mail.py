"""Sends a mail by the site's own mail server: the standard library in a thread, for mails are few.

What is written in a mail is never logged, nor to whom it went.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from enum import StrEnum

import structlog

TIMEOUT_S = 20.0
"""For each step of the talk with the server."""

log = structlog.get_logger(__name__)


class Security(StrEnum):
    """How the line to the mail server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in. ``user`` is empty where there is no log-in."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail; ``media`` is its type, such as text/csv."""

    name: str
    media: str
    body: bytes = field(repr=False)


class Mailer:
    """Hands mails in at ``server``. ``trusts`` says whose certificates are good, the system's where left out."""

    def __init__(self, server: MailServer, trusts: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._trusts = trusts or ssl.create_default_context()

    async def send(self, to: Sequence[str], subject: str, text: str, files: Sequence[Attachment] = ()) -> bool:
        """Sends a plain text, with files. Whether the server took it, for all it is to."""
        mail = EmailMessage()
        mail["From"] = self._server.sender
        mail["To"] = ", ".join(to)
        mail["Subject"] = subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain=self._server.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody who is away answers
        mail.set_content(text)
        for file in files:
            main, _, sub = file.media.partition("/")
            mail.add_attachment(file.body, maintype=main, subtype=sub, filename=file.name)
        try:
            refused = await asyncio.to_thread(self._hand_in, mail)
        except (OSError, smtplib.SMTPException) as error:
            code = getattr(error, "smtp_code", None)
            log.warning("a mail was not taken", host=self._server.host, error=type(error).__name__, code=code)
            return False
        if refused:
            log.warning("a mail was not taken for some", host=self._server.host, refused=refused)
        return True

    def _hand_in(self, mail: EmailMessage) -> int:
        """How many addressees were refused, of several. Raises OSError, smtplib.SMTPException."""
        at, where = self._server, (self._server.host, self._server.port)
        if at.security is Security.TLS:
            line: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=TIMEOUT_S, context=self._trusts)
        else:
            line = smtplib.SMTP(*where, timeout=TIMEOUT_S)
        with line:
            if at.security is Security.STARTTLS:
                line.starttls(context=self._trusts)
            if at.user:
                line.login(at.user, at.password)
            return len(line.send_message(mail))
