"""No name leads out of the recordings folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.files import Files, NotARecording


def test_the_files_of_a_talk(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.caller("2026/05/01/cordboard-1") == tmp_path / "2026/05/01/cordboard-1-caller.wav"
    assert files.agent("2026/05/01/cordboard-1") == tmp_path / "2026/05/01/cordboard-1-agent.wav"
    assert files.stereo("2026/05/01/cordboard-1") == tmp_path / "2026/05/01/cordboard-1.wav"


@pytest.mark.parametrize(
    "stem",
    [
        *("", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", ".hidden", "a/.b", "a\\b"),
        *("a\0b", "a\nb", "a\n", "~/x", "☎", "a;rm", "a b", "x" * 300, "a/" * 3000 + "a"),
    ],
)
def test_other_names_are_refused(tmp_path: Path, stem: str) -> None:
    with pytest.raises(NotARecording, match="not the name of a recording"):
        Files(tmp_path).stereo(stem)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (tmp_path / "in" / "link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    for stem in ("link", "up/secret"):
        with pytest.raises(NotARecording, match="leads out"):
            Files(tmp_path / "in").stereo(stem)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert Files(tmp_path / "link").stereo("a") == tmp_path / "real" / "a.wav"


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    (tmp_path / "now").symlink_to(tmp_path / "2026")
    assert Files(tmp_path).stereo("now/a") == tmp_path / "2026" / "a.wav"
