"""`cordboard pin set`, and the settings that lookups and one-time codes need."""

from __future__ import annotations

from asyncio import to_thread
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config import settings
from config.cli import app
from cti.site.files import SiteError
from ivr.pins import Pins
from ivr.questions import CheckSecret, Verdict
from routing.redis_server import RedisServer
from routing.store import connect

HOTLINE = """
start: look
nodes:
  look: {lookup: "https://crm.example/{caller}", save: {account: id}, next: code, otherwise: bye}
  code: {verify: code, account: account, webhook: sms, say: Code?, digits: 6, next: bye, otherwise: bye, locked: bye}
  bye: {hangup: true}
"""
PEOPLE = """
people:
  sue: {role: supervisor, password: "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"}
"""
OUTSIDE = """
lookups: {hosts: [crm.example, "10.0.0.1:8443"]}
webhooks: {sms: "https://sms.example/send?key=topsecret"}
"""


def write(folder: Path, outside: str = OUTSIDE) -> Path:
    """A small site."""
    (folder / "flows").mkdir()
    (folder / "site.yaml").write_text(f'numbers: {{"*": hotline}}\n{outside}')
    (folder / "queues.yaml").write_text("queues: {orders: {}}\n")
    (folder / "people.yaml").write_text(PEOPLE)
    (folder / "flows" / "hotline.yaml").write_text(HOTLINE)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write(tmp_path)


def pin(site: Path, *typed: str, account: str = "4711") -> Result:
    return CliRunner().invoke(app, ["pin", "set", account, "--site", str(site)], input="".join(f"{t}\n" for t in typed))


@pytest.mark.parametrize("typed", ["123", "12a4", "1" * 33, "١٢٣٤"])
def test_what_is_no_pin(typed: str, site: Path) -> None:
    result = pin(site, typed, typed)
    assert result.exit_code == 1
    assert result.stderr.endswith("a PIN is 4 to 32 digits\n")
    assert typed not in result.output


def test_redis_is_away(tmp_path: Path) -> None:
    site = write(tmp_path, f"{OUTSIDE}\nredis: unix:///nowhere/redis.sock\n")
    result = pin(site, "258013", "258013")
    assert result.exit_code == 1
    assert "258013" not in result.output


async def right(url: str, entered: str) -> bool:
    async def post(url: str, body: object) -> bool:
        return False

    async with connect(url) as redis:
        verdict = await Pins(redis, {}, post).check(CheckSecret("4711", "", entered, code=False))
    return verdict == Verdict(right=True)


@pytest.mark.real
async def test_a_pin_is_set_while_the_server_runs_and_while_not(site: Path) -> None:
    folder = settings.load(site).state / "redis"
    assert (await to_thread(pin, site, "1234", "1234")).exit_code == 0
    async with RedisServer(folder) as server:
        assert await right(server.url, "1234")
        result = await to_thread(pin, site, "2345", "9999", "258013", "258013")
        assert result.exit_code == 0, result.output
        assert result.stdout.split("\n")[-2] == "The PIN is set."
        assert "258013" not in result.output
        assert await right(server.url, "258013")
        assert not await right(server.url, "1234")


def test_hosts_and_webhooks(site: Path) -> None:
    found = settings.load(site)
    assert found.settings.lookups.hosts == ("crm.example", "10.0.0.1:8443")
    assert "hotline" in found.flows


@pytest.mark.parametrize(
    ("there", "instead", "message"),
    [
        ("crm.example", "other.example", "the site has no host 'crm.example'"),
        ("sms:", "letter:", "the site has no webhook 'sms'"),
        ("crm.example", "https://crm.example", "is no host; write it small"),
        ("crm.example", "CRM.example", "is no host; write it small"),
        ("crm.example", '"crm.example/x"', "is no host; write it small"),
        ("https://sms", "ftp://sms", "must begin with http:// or https://"),
        ("https://sms", "https://me:topsecret@sms", "may have no user, password or fragment"),
    ],
)
def test_what_is_wrong_with_them(there: str, instead: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SiteError) as caught:
        settings.load(write(tmp_path, OUTSIDE.replace(there, instead)))
    assert message in str(caught.value)
    assert "topsecret" not in str(caught.value)
