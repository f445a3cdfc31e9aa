from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from demo import debian
from demo.debian import WANTED, Missing, Source, enough, fetch, libraries, loader, own, source, unpacked

TARGETS = "http://mirror.test/security|{0}-security|{1}\nhttp://mirror.test/main|{0}-updates|{1}\nhttp://mirror.test/main|{0}|{1}"


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("kind", "codename", "expected"),
    [
        ("debian", "bookworm", Source("Debian", "http://mirror.test/main", "sid", "main")),
        ("ubuntu", "noble", Source("Ubuntu", "http://mirror.test/main", "noble", "main universe")),
    ],
)
def test_packages_come_from_the_mirror_the_machine_uses(
    kind: str, codename: str, expected: Source, tmp_path: Path
) -> None:
    release = {"ID": kind, "VERSION_CODENAME": codename}
    for targets in (TARGETS.format(codename, kind.title()), TARGETS.format("stable", kind.title())):
        assert source(release, targets, tmp_path) == expected
    keyring = tmp_path / f"{kind}-archive-keyring.gpg"
    keyring.touch()
    signed = source(release, TARGETS.format(codename, ""), tmp_path)
    assert signed.line() == f"deb [signed-by={keyring}] {expected.mirror} {expected.suite} {expected.components}\n"


def test_an_older_release_comes_from_the_same_mirror(tmp_path: Path) -> None:
    debians, ubuntus = ({"ID": kind, "VERSION_CODENAME": "x"} for kind in ("debian", "ubuntu"))
    found = source(debians, TARGETS.format("x", "Debian"), tmp_path, "bullseye")
    assert found == Source("Debian", "http://mirror.test/main", "bullseye", "main")
    with pytest.raises(Missing, match="Debian's bullseye, and this is ubuntu"):
        source(ubuntus, TARGETS.format("x", "Ubuntu"), tmp_path, "bullseye")


@pytest.mark.parametrize(
    ("release", "targets", "why"),
    [
        ({"ID": "fedora"}, TARGETS, "this is fedora"),
        ({}, TARGETS, "this is unknown"),
        ({"ID": "debian", "VERSION_CODENAME": "bookworm"}, "", "names no mirror"),
        ({"ID": "debian", "VERSION_CODENAME": "bookworm"}, "http://x.test|focal|Other", "names no mirror"),
    ],
)
def test_no_place_to_fetch_from(release: dict[str, str], targets: str, why: str) -> None:
    with pytest.raises(Missing, match=why):
        source(release, targets.format("bookworm", "Debian"))


@pytest.mark.parametrize(("version", "fits"), [("16.0", True), ("22.10.1", True), ("13.38.3", False)])
def test_versions_are_compared_as_numbers(version: str, fits: bool) -> None:
    assert enough(version, (16,)) is fits


def test_the_systems_own_is_taken_when_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(debian, "SBIN", ())
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CORDBOARD_ASTERISK", raising=False)
    path = program(tmp_path / "asterisk", "Asterisk 18.2.0")
    found = own(WANTED["asterisk"], said.append)
    assert found
    assert (found.version, found.argv, found.root) == ("18.2.0", (str(path),), Path("/"))
    program(path, "Asterisk 13.1.0")
    assert own(WANTED["asterisk"], said.append) is None
    assert "16 or newer" in said[0]


def test_a_version_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "SBIN", ())
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("CORDBOARD_ASTERISK", "16")
    old = debian.asked_for(WANTED["asterisk"])
    assert (old.major, old.release, old.folder) == (16, "bullseye", "asterisk-16")
    assert debian.asked_for(WANTED["sipp"]) == WANTED["sipp"]
    path = program(tmp_path / "asterisk", "Asterisk 22.1.0")
    assert own(old, print) is None
    program(path, "Asterisk 16.2.1")
    found = own(old, print)
    assert found
    assert found.version == "16.2.1"
    monkeypatch.setenv("CORDBOARD_ASTERISK", "22")
    newest = debian.asked_for(WANTED["asterisk"])
    assert (newest.release, newest.folder) == ("", "asterisk"), "where any other test's is"


def test_a_version_that_no_package_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "SBIN", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("CORDBOARD_ASTERISK", "21")
    program(tmp_path / "asterisk/usr/sbin/asterisk", "Asterisk 22.1.0")
    loads = program(tmp_path / "asterisk/usr/lib/ld-linux.so.2", "")
    loads.write_text('#!/bin/sh\nshift 2; exec "$@"\n')
    with pytest.raises(Missing, match=r"asterisk 21 is not to be had: the packages here have 22\.1\.0"):
        debian.programs(["asterisk"], print, tmp_path)


@pytest.mark.parametrize(("says", "why"), [("Asterisk 13.1.0", "is asterisk 13.1.0, and 16"), ("", "does not run")])
def test_an_override_that_will_not_do_is_an_error(
    says: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDBOARD_ASTERISK", str(program(tmp_path / "mine", says)))
    with pytest.raises(Missing, match=why):
        own(WANTED["asterisk"], print)


@pytest.mark.parametrize(
    "place",
    [
        "usr/lib64/ld-linux-x86-64.so.2",
        "usr/lib/ld-linux-aarch64.so.1",
        "usr/lib/arm-linux-gnueabihf/ld-linux-armhf.so.3",
        "lib/x86_64-linux-gnu/ld-2.31.so",
    ],
)
def test_the_loader_of_any_architecture_is_found(place: str, tmp_path: Path) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).touch()
    assert loader(tmp_path) == tmp_path / place


def test_a_loader_outside_the_folder_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "root/usr/lib64").mkdir(parents=True)
    (tmp_path / "ld-outside.so.2").touch()
    (tmp_path / "root/usr/lib64/ld-linux.so.2").symlink_to(tmp_path / "ld-outside.so.2")
    with pytest.raises(Missing, match="no dynamic loader"):
        loader(tmp_path / "root")


def test_library_folders_of_old_and_new_packages(tmp_path: Path) -> None:
    for place in ("usr/lib/x86_64-linux-gnu/pulseaudio", "lib/x86_64-linux-gnu"):
        (tmp_path / place).mkdir(parents=True)
    assert [str(path.relative_to(tmp_path)) for path in libraries(tmp_path)] == [
        "usr/lib/x86_64-linux-gnu",
        "lib/x86_64-linux-gnu",
        "usr/lib/x86_64-linux-gnu/pulseaudio",
        "usr/lib",
        "lib",
    ]


def test_a_broken_off_fetch_does_not_count(tmp_path: Path) -> None:
    program(tmp_path / "asterisk.part/usr/sbin/asterisk", "Asterisk 22.1.0")
    assert unpacked(WANTED["asterisk"], tmp_path) is None


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ("echo 'E: Failed to fetch http://mirror.test  Could not connect' >&2; exit 100", "Could not connect"),
        ("echo 'E: You do not have enough free space' >&2; exit 100", "enough free space"),
        (None, "no apt-get"),
    ],
)
def test_a_failed_fetch_says_what_is_missing_and_what_to_do(
    tool: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    if tool:
        for name in ("apt-get", "dpkg-deb"):
            program(bin_folder / name, "").write_text(f"#!/bin/sh\n{tool}\n")
    monkeypatch.setenv("PATH", str(bin_folder))
    with pytest.raises(Missing, match=f"sipp: not installed.*{why}.*sudo apt-get install sip-tester"):
        fetch([WANTED["sipp"]], print, tmp_path)
    assert not (tmp_path / "sipp").exists()


def test_a_full_disk_is_noticed_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    with pytest.raises(Missing, match=r"1 MB left, and 500 MB are needed.*CORDBOARD_ASTERISK="):
        fetch([WANTED["asterisk"]], print, tmp_path)
