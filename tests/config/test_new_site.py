"""The example site is good, and its secrets are its own."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from pwdlib import PasswordHash

from config import new_site, settings
from cti.access import Role


def test_it_is_a_good_site(written: tuple[Path, Mapping[str, str]]) -> None:
    folder, passwords = written
    site = settings.load(folder)
    assert set(site.flows) == {"main", "faults", "bills", "service.length50"}
    assert all(set(flow.languages) == {"en", "zh"} for flow in site.flows.values())
    assert set(site.queues) == {"faults", "service"}
    assert {name: p.role for name, p in site.people.items()} == {
        "alice": Role.AGENT,
        "bob": Role.AGENT,
        "sue": Role.SUPERVISOR,
        "root": Role.ADMIN,
    }
    assert set(passwords) == set(site.people)


def test_the_passwords_told_are_those_written(written: tuple[Path, Mapping[str, str]]) -> None:
    folder, passwords = written
    people = settings.load(folder).people
    hasher = PasswordHash.recommended()
    assert hasher.verify(passwords["alice"], people["alice"].password)
    assert not hasher.verify(passwords["alice"], people["bob"].password)
    assert len({*passwords.values()}) == len(passwords)
    assert not any(word in path.read_text() for word in passwords.values() for path in folder.glob("**/*.yaml"))


def test_secrets_are_for_the_owner_only(written: tuple[Path, Mapping[str, str]]) -> None:
    folder, _ = written
    site = settings.load(folder)
    assert stat.S_IMODE(site.state.stat().st_mode) == 0o700
    assert stat.S_IMODE(site.ami_secret_file.stat().st_mode) == 0o600
    assert len(site.ami_secret_file.read_text().strip()) >= 32
    assert (folder / ".gitignore").read_text().split() == ["var/"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty; nothing was written"):
        new_site.write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="file"):
        new_site.write(tmp_path / "file")
