"""What the samples for systemd and for containers allow is enough: no root, nothing to write but the site."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from bench.processes import last_words, program
from bench.server import UP
from demo.configuration import Ports
from demo.debian import Program
from demo.stage import point_site
from tests.docs.pages import ROOT, SAMPLES

EXPOSED = 2.0
"""Of 10, by systemd's own measure; a service without any limits has 9.6."""

_SHUT_IN = """
mount --bind "$1" "$1"
mount -o remount,bind,ro /
shift
exec unshare --user --map-user=10001 --map-group=10001 setpriv --no-new-privs --inh-caps=-all "$@"
"""
"""A mount namespace whose root is read-only but for the site, and a user who is not root in it."""


async def test_it_runs_without_root_and_writes_in_its_site_alone(
    site: Path, peers: Mapping[str, Program], tmp_path: Path
) -> None:
    point_site(
        site, Ports(sip=1, ami=1, web=1, ami_tls=1, rtp_first=2, rtp_last=3), peers["espeak-ng"], {"web": {"port": 0}}
    )
    shut_in = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", _SHUT_IN, "sh", str(site)]
    refused = tmp_path / "refused"
    async with program([*shut_in, "touch", str(tmp_path / "elsewhere")], refused) as touching:
        assert await touching.wait()
    assert "Read-only file system" in refused.read_text()
    log = tmp_path / "log"
    argv = [*shut_in, sys.executable, "-B", "-m", "config", "run", "--site", str(site)]
    async with program(argv, log, talks=True) as process, httpx.AsyncClient(trust_env=False) as client:
        assert process.stdout is not None
        while line := (await process.stdout.readline()).decode():
            if UP in line:
                break
        assert line, last_words(log)
        url = line.partition(UP)[2].strip()
        assert (await client.get(f"{url}/login.html")).status_code == httpx.codes.OK
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(r"^CapEff:\s+0+$", status, re.M)


def test_the_service_is_shut_in() -> None:
    unit = SAMPLES / "cordboard.service"
    analysed = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={round(EXPOSED * 10)}", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert analysed.returncode == 0, analysed.stdout[-500:]


def test_the_container_is_made_of_what_is_here_and_is_nobodys_root() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    taken = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert [name for name in taken if not (ROOT / name).exists()] == []
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    let_in = (ROOT / ".containerignore").read_text().splitlines()
    assert {f"!{Path(name).parts[0]}" for name in taken} <= set(let_in)
