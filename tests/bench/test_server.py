from __future__ import annotations

from pathlib import Path

from pwdlib import PasswordHash

from bench.server import BOSS, QUEUE, write_site
from config import settings


def test_the_site_is_good_and_records_all(tmp_path: Path) -> None:
    password = write_site(tmp_path / "site", ["a001", "a002"])
    site = settings.load(tmp_path / "site")
    assert {name: agent.phone for name, agent in site.agents.items()} == {"a001": "PJSIP/a001", "a002": "PJSIP/a002"}
    assert PasswordHash.recommended().verify(password, site.people[BOSS].password)
    assert (site.queues[QUEUE].record, site.queues[QUEUE].wrap_up_s) == (True, 0.0)
