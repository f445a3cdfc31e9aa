"""Mails handed in at a real mail server, in each way."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from cti.mail import Mailer, MailServer, Security
from tests.cti.ami.peer import certificate
from tests.mailbox import Mailbox, mailbox

TO = ["floor@example.com", "boss@example.com"]


def server(box: Mailbox, security: Security, password: str = "") -> MailServer:
    user = "cordboard" if password else ""
    return MailServer("localhost", box.port, security, "cordboard@example.com", user, password)


async def test_a_mail_arrives_as_it_was_meant() -> None:
    async with mailbox(Mailbox()) as box:
        assert await Mailer(server(box, Security.NONE)).send(TO, "队列 orders: waiting above 10", "Ünder\nway.\n")
    [(to, mail)] = box.mails
    assert (to, mail["Subject"]) == (TO, "队列 orders: waiting above 10")
    assert mail.get_content().splitlines() == ["Ünder", "way."]
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_by_starttls_with_a_password(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path)
    trusts = ssl.create_default_context(cafile=str(cert))
    async with mailbox(Mailbox(user="cordboard", password="a secret"), starttls=context) as box:
        secured = server(box, Security.STARTTLS, "a secret")
        assert await Mailer(secured, trusts).send(TO, "s", "t")
        assert not await Mailer(server(box, Security.STARTTLS, "wrong"), trusts).send(TO, "s", "t")
        assert not await Mailer(secured).send(TO, "s", "t"), "nobody vouches for this certificate"
        assert not await Mailer(server(box, Security.NONE)).send(TO, "s", "t"), "it wants a secret line"
    assert len(box.mails) == 1
    assert "a secret" not in repr(secured)


async def test_by_tls_from_the_start(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path)
    async with mailbox(Mailbox(), tls=context) as box:
        trusts = ssl.create_default_context(cafile=str(cert))
        assert await Mailer(server(box, Security.TLS), trusts).send(TO, "s", "t")
    assert len(box.mails) == 1


async def test_what_is_not_taken_is_said() -> None:
    async with mailbox(Mailbox(refuses=1)) as box:
        at = server(box, Security.NONE)
        assert not await Mailer(at).send(TO, "s", "t")
    assert not await Mailer(at).send(TO, "s", "t"), "nobody is there"


async def test_no_head_of_ones_own_gets_in() -> None:
    async with mailbox(Mailbox()) as box:
        with pytest.raises(ValueError, match="linefeed"):
            await Mailer(server(box, Security.NONE)).send(TO, "s\nBcc: eve@example.com", "t")
    assert box.mails == []
