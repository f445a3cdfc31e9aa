"""A real mail server on this machine, by aiosmtpd."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.real.hotline import PATIENCE_S


class Mailbox:
    """``refuses`` so many mails from now on, for a while; ``user`` and ``password`` are who may hand mails in."""

    def __init__(self, refuses: int = 0, user: str = "", password: str = "") -> None:
        self.refuses = refuses
        self.port = 0
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self._login = user.encode(), password.encode()
        self._news = asyncio.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuses:
            self.refuses -= 1
            return "451 later"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        async with self._news:
            self._news.notify_all()
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        good = isinstance(login, LoginPassword) and (login.login, login.password) == self._login
        return AuthResult(success=good, handled=False)

    async def until(self, count: int) -> list[str]:
        """The subjects of what came, as soon as there are so many."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.mails) >= count)
        return [mail["Subject"] for _, mail in self.mails]


@asynccontextmanager
async def mailbox(
    box: Mailbox, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Mailbox]:
    """The server, with STARTTLS or TLS from the start where a context is given."""
    loop = asyncio.get_running_loop()

    def serve() -> SMTP:
        secured = starttls is not None
        return SMTP(
            box,
            hostname="localhost",
            loop=loop,
            tls_context=starttls,
            require_starttls=secured,
            authenticator=box.authenticate,
            auth_required=secured,
        )

    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
