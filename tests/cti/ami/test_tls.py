"""The link by TLS: who is believed, and what is said of who is not. Real TLS, on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.cti.ami.desk import QUICK, Desk, running
from tests.cti.ami.peer import Peer, certificate, served


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "authority.pem")


async def said(peer: Peer, **changes: Any) -> tuple[str, str]:
    """The trouble of a client that cannot be linked, and what to do; nothing but that has come of it."""
    desk = Desk(replace(QUICK, port=peer.port, **changes))
    task = asyncio.create_task(desk.client.run())
    await asyncio.wait_for(desk.client.tried.wait(), 5)
    task.cancel()
    await asyncio.wait({task})
    assert (desk.ups, desk.downs, peer.actions) == (0, [], []), "it was not linked, and never said its secret"
    return desk.client.trouble.replace(f":{peer.port}", ""), desk.client.remedy


async def test_with_the_sites_own_authority(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    async with Peer(tls=context) as peer, running(peer, host="localhost", tls=True, tls_ca=ca) as desk:
        assert (await desk.client.action("CoreStatus"))["Response"] == "Success"
        assert desk.client.certificate_ends == pytest.approx(time.time() + 86_400, abs=60)
        peer.drop()
        await desk.until(lambda: desk.ups == 2)
    with pytest.raises(ValueError, match="tls_ca"):
        Desk(replace(QUICK, tls=True, tls_ca=tmp_path / "none.pem"))


async def test_an_authority_that_is_not_known(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other.pem")
    async with Peer(tls=served(other.gives(tmp_path / "server.pem"))) as peer:
        for ca in (authority.path, None):  # None: those that the system believes
            why, do = await said(peer, host="localhost", tls=True, tls_ca=ca)
            assert why.startswith("the certificate of localhost is not believed: ")
            assert "asterisk.tls_ca" in do


@pytest.mark.parametrize(
    ("names", "days", "why", "do"),
    [
        (["localhost"], (-3, -1), "the certificate of localhost has expired, or its authority's", "tlscertfile"),
        (["localhost"], (1, 2), "the certificate of localhost is not good yet", "clocks"),
        (["pbx.example"], (-1, 1), "the certificate of localhost is not for localhost", "asterisk.host"),
    ],
    ids=["expired", "not yet good", "another's name"],
)
async def test_a_certificate_that_is_not_good(
    authority: Authority, tmp_path: Path, names: Sequence[str], days: tuple[float, float], why: str, do: str
) -> None:
    async with Peer(tls=served(authority.gives(tmp_path / "server.pem", names, days))) as peer:
        found = await said(peer, host="localhost", tls=True, tls_ca=authority.path)
    assert found[0] == why
    assert do in found[1]


async def test_an_address_that_is_not_in_the_certificate(authority: Authority, tmp_path: Path) -> None:
    async with Peer(tls=served(authority.gives(tmp_path / "server.pem"))) as peer:
        why, _ = await said(peer, host="127.0.0.1", tls=True, tls_ca=authority.path)
    assert why == "the certificate of 127.0.0.1 is not for 127.0.0.1"


async def test_a_port_without_tls_is_not_used_without(authority: Authority) -> None:
    async with Peer() as peer:
        why, do = await said(peer, host="localhost", tls=True, tls_ca=authority.path)
    assert why.startswith("localhost does not speak TLS as we do: ")
    assert "tlsbindaddr" in do


async def test_a_port_with_tls_to_which_none_is_spoken(authority: Authority, tmp_path: Path) -> None:
    async with Peer(tls=served(authority.gives(tmp_path / "server.pem"))) as peer:
        _, do = await said(peer)
    assert "asterisk.tls: true" in do


@pytest.mark.parametrize(
    ("host", "tls", "clear"),
    [
        ("127.0.0.1", False, False),
        ("127.8.8.8", False, False),
        ("::1", False, False),
        ("localhost", False, False),
        ("192.0.2.1", False, True),
        ("pbx.example", False, True),
        ("localhost.example", False, True),
        ("pbx.example", True, False),
    ],
)
def test_what_crosses_a_network_in_the_clear(host: str, tls: bool, clear: bool) -> None:
    assert replace(QUICK, host=host, tls=tls).in_the_clear is clear
