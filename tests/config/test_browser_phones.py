"""Phones in the browser: who has one, its password, and the file for Asterisk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import browser_phones, settings
from config.cli import app
from config.premises import CannotStart
from config.settings import Site
from tests.config.test_settings import GOOD, HASH, problems, write

URL = 'web: {phone_url: "wss://pbx.example:8089/ws"}\n'
PEOPLE = f"""
people:
  ann: {{role: agent, phone: PJSIP/ann, browser_phone: PJSIP/ann-web, password: {HASH}, skills: {{tea: 5}}}}
  ben: {{role: agent, browser_phone: PJSIP/ben-web, password: {HASH}}}
  sue: {{role: supervisor, password: {HASH}}}
"""


def site(folder: Path) -> Site:
    return settings.load(write(folder, {"site.yaml": GOOD["site.yaml"] + URL, "people.yaml": PEOPLE}))


def test_a_browser_phone_is_one_of_a_persons_phones(tmp_path: Path) -> None:
    agents = site(tmp_path).agents
    assert agents["ann"].all_phones == ("PJSIP/ann", "PJSIP/ann-web")
    assert agents["ben"].all_phones == ("PJSIP/ben-web",)


def test_the_file_and_the_pages_have_the_same_accounts(tmp_path: Path) -> None:
    found = site(tmp_path)
    accounts = browser_phones.accounts(found)
    assert {name: (a.url, a.user) for name, a in accounts.items()} == {
        "ann": ("wss://pbx.example:8089/ws", "ann-web"),
        "ben": ("wss://pbx.example:8089/ws", "ben-web"),
    }
    assert len({a.password for a in accounts.values()}) == 2
    text = browser_phones.render(found)
    for account in accounts.values():
        assert account.password not in repr(account)
        assert f"username = {account.user}\npassword = {account.password}\n" in text
        assert f"[{account.user}](cordboard-browser-phone)\n" in text
    assert browser_phones.accounts(found) == accounts


def test_a_new_key_is_a_new_password_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    found = site(tmp_path)
    before = browser_phones.accounts(found)["ann"].password
    assert stat.S_IMODE(found.phone_secret_file.stat().st_mode) == 0o600
    found.phone_secret_file.unlink()
    assert browser_phones.accounts(found)["ann"].password != before


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    found = site(tmp_path)
    found.state.mkdir(parents=True)
    found.phone_secret_file.write_text("abc")
    with pytest.raises(CannotStart, match="phone-secret does not hold a key"):
        browser_phones.accounts(found)


def test_a_site_without_browser_phones_makes_no_key(tmp_path: Path) -> None:
    found = settings.load(write(tmp_path, {}))
    assert browser_phones.accounts(found) == {}
    assert not found.phone_secret_file.exists()


def test_the_command_writes_a_file_for_asterisk_only(tmp_path: Path) -> None:
    site(tmp_path / "site")
    to = tmp_path / "pjsip_cordboard.conf"
    done = CliRunner().invoke(app, ["phones", "--site", str(tmp_path / "site"), "--to", str(to)])
    assert done.exit_code == 0, done.output
    assert "pjsip reload" in done.output
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert to.read_text() == browser_phones.render(settings.load(tmp_path / "site"))


def test_the_command_says_that_nobody_has_one(tmp_path: Path) -> None:
    write(tmp_path, {})
    done = CliRunner().invoke(app, ["phones", "--site", str(tmp_path)])
    assert (done.exit_code, "nobody has a phone in the browser" in done.output) == (1, True)


def test_browsers_must_be_told_where_asterisk_is(tmp_path: Path) -> None:
    [found] = problems(
        write(
            tmp_path,
            {
                "people.yaml": PEOPLE.replace("ben-web", "ben")
                .replace("PJSIP/ann-web", "PJSIP/a")
                .replace("browser_phone: PJSIP/ben", "phone: PJSIP/ben")
            },
        )
    )
    assert "people.ann.browser_phone: site.yaml does not say where browsers reach Asterisk" in found


@pytest.mark.parametrize(
    "url",
    ["https://pbx.example/ws", "ws://pbx.example/ws", "wss://a b/", "wss://x/;script-src", "wss://u:p@x/", "wss://"],
)
def test_urls_that_browsers_would_not_take(tmp_path: Path, url: str) -> None:
    [found] = problems(write(tmp_path, {"site.yaml": GOOD["site.yaml"] + f'web: {{phone_url: "{url}"}}\n'}))
    assert "web.phone_url" in found


@pytest.mark.parametrize(
    "url", ["wss://desk.example/sip", "wss://[::1]:8089/ws", "ws://127.0.0.1:8088/ws", "ws://localhost/ws"]
)
def test_urls_that_browsers_take(tmp_path: Path, url: str) -> None:
    found = settings.load(write(tmp_path, {"site.yaml": GOOD["site.yaml"] + f'web: {{phone_url: "{url}"}}\n'}))
    assert found.settings.web.phone_url == url


@pytest.mark.parametrize("phone", ["SIP/ann", "PJSIP/ann@trunk", "PJSIP/a;b", "PJSIP/"])
def test_dial_strings_that_are_no_endpoint(tmp_path: Path, phone: str) -> None:
    people = PEOPLE.replace("PJSIP/ann-web", phone)
    [found] = problems(write(tmp_path, {"site.yaml": GOOD["site.yaml"] + URL, "people.yaml": people}))
    assert "browser_phone" in found
