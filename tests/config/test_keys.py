"""`cordboard key`, as somebody sees it who types; and webhooks in site.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config import new_site, settings
from config.cli import app
from config.premises import CannotStart, make_folders, token_secret, webhook_secret
from cti.access import Scope
from cti.keys import KeyFolder
from cti.site.files import SiteError


@pytest.fixture
def site(tmp_path: Path) -> Path:
    new_site.write(tmp_path / "site")
    return tmp_path / "site"


def key(site: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["key", *words, "--site", str(site)], env={"COLUMNS": "200"})


def test_a_key_from_first_to_last(site: Path) -> None:
    made = key(site, "add", "crm", "--scope", "events", "--scope", "records:read")
    assert made.exit_code == 0
    shown = made.output.split()[0]
    holder = KeyFolder(settings.load(site).keys).holder(shown)
    assert holder is not None
    assert holder.scopes == frozenset({Scope.EVENTS, Scope.RECORDS_READ})
    listed = key(site, "list").output
    assert "events, records:read" in listed
    assert "never" not in listed
    assert shown not in listed
    assert key(site, "revoke", "crm").exit_code == 0
    assert "crm" not in key(site, "list").output


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["add", "Crm", "--scope", "events"], "not a key's name"),
        (["add", "crm", "--scope", "all"], "'all' is not one of"),
        (["add", "crm"], "--scope"),
        (["revoke", "crm"], "there is no key called 'crm'"),
    ],
)
def test_what_is_wrong_is_said(site: Path, words: list[str], wrong: str) -> None:
    result = key(site, *words)
    assert result.exit_code
    assert wrong in result.output


def test_only_a_webhook_that_is_there_is_told(site: Path) -> None:
    file = site / "site.yaml"
    text = file.read_text()
    file.write_text(text + "webhooks: {crm: 'https://crm.example/calls'}\ncall_events: [crm]\n")
    assert settings.load(site).settings.call_events == ("crm",)
    file.write_text(text + "webhooks: {crm: 'https://crm.example/calls'}\ncall_events: [crmm]\n")
    with pytest.raises(SiteError, match="there is no webhook called 'crmm'"):
        settings.load(site)
    file.write_text(text + "webhooks: {crm: 'file:///etc/passwd'}\ncall_events: [crm]\n")
    with pytest.raises(SiteError, match="http"):
        settings.load(site)


def test_secrets_are_made_once_and_for_us_only(site: Path) -> None:
    loaded = settings.load(site)
    make_folders(loaded)
    for make, file in ((token_secret, loaded.token_secret_file), (webhook_secret, loaded.webhook_secret_file)):
        made = make(loaded)
        assert make(loaded) == made
        assert len(made) >= 32
        assert file.stat().st_mode & 0o077 == 0
        file.write_text("short")
        with pytest.raises(CannotStart, match="does not hold a key"):
            make(loaded)
