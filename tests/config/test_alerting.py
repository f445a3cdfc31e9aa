"""Whom alerts are sent to, as site.yaml says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import settings
from cti.mail import Security
from cti.site.files import SiteError

MAIL = "mail: {host: mail.example, sender: cordboard@example.com}\n"


def test_targets_of_alerts(site: Path) -> None:
    file = site / "site.yaml"
    text = file.read_text()
    file.write_text(
        text + MAIL + "webhooks: {ops: 'https://ops.example/alerts'}\n"
        "alerts_to: {webhooks: [ops], mail: [floor@example.com]}\n"
    )
    loaded = settings.load(site).settings
    assert loaded.mail is not None
    assert (loaded.mail.port, loaded.mail.security) == (587, Security.STARTTLS)
    assert (loaded.alerts_to.webhooks, loaded.alerts_to.mail) == (("ops",), ("floor@example.com",))


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ("alerts_to: {webhooks: [ops]}\n", "there is no webhook called 'ops'"),
        ("alerts_to: {mail: [floor@example.com]}\n", "no mail server"),
        (MAIL + "alerts_to: {mail: ['floor@example.com, eve@example.com']}\n", "not a mail address"),
        (MAIL + 'alerts_to: {mail: ["floor@example.com\\nBcc: eve@example.com"]}\n', "not a mail address"),
        ("mail: {host: 'mail.example/x', sender: a@b.example}\n", "not a host"),
        ("mail: {host: mail.example, sender: a@b.example, user: u, security: none}\n", "open line"),
    ],
)
def test_what_is_wrong_is_said(site: Path, more: str, wrong: str) -> None:
    file = site / "site.yaml"
    file.write_text(file.read_text() + more)
    with pytest.raises(SiteError, match=wrong):
        settings.load(site)
