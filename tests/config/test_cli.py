"""The command line, as somebody sees it who types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import structlog
from pwdlib import PasswordHash
from typer.testing import CliRunner, Result

from config import dialplan, doctor, settings
from config.cli import app


def invoke(*args: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], input=typed)


@pytest.fixture
def deep(site: Path) -> Path:
    """A site whose path is longer than a line of a terminal."""
    folder = site.parent / ("a-rather-long-name-" * 8) / "[bold]site"
    folder.parent.mkdir()
    return site.rename(folder)


def test_a_good_site(deep: Path) -> None:
    result = invoke("check", deep)
    assert result.exit_code == 0
    first, *rest = result.stdout.splitlines()
    assert re.fullmatch(rf"{re.escape(str(deep))} is good: \d flow\(s\), \d queues, 4 people\.", first)
    assert "Flow main, at the longest" in rest
    assert max(map(len, rest[:-1])) <= 80


def test_callers_who_need_too_long_to_a_human(site: Path) -> None:
    assert invoke("check", site, "--max-time-to-human", "1h").exit_code == 0
    result = invoke("check", site, "--max-time-to-human", "2s")
    assert result.exit_code == 1
    assert re.search(r"flow main: up to \d+ min \d\d s to a human, not 2.0 s: \w+ → \w+", result.stderr)
    wrong = invoke("check", site, "--max-time-to-human", "90")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "--max-time-to-human must be a duration" in wrong.stderr


def test_every_problem_of_a_broken_site(deep: Path) -> None:
    (deep / "queues.yaml").write_text("queues: {orders: {ring: soon}, support: {}}\n")
    (deep / "people.yaml").unlink()
    result = invoke("check", deep)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"people.yaml: the file is not there (expected at {deep / 'people.yaml'})",
        "queues.yaml:1: queues.orders.ring: must be a duration such as 500ms, 5s, 2m or 1h",
        f"2 problems in {deep}",
    ]


def where(command: str, site: Path) -> list[str | Path]:
    return [site] if command == "check" else ["--site", site]


@pytest.mark.parametrize("command", ["check", "run", "doctor", "dialplan"])
def test_each_command_says_what_is_wrong_with_the_site(command: str, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("numbers: [")
    result = invoke(command, *where(command, tmp_path))
    assert result.exit_code == 1
    assert "site.yaml:1: " in result.stderr
    assert f"4 problems in {tmp_path}" in result.stderr


@pytest.mark.parametrize("command", ["check", "run", "doctor", "dialplan"])
def test_no_such_folder(command: str, tmp_path: Path) -> None:
    result = invoke(command, *where(command, tmp_path / "gone"))
    assert result.exit_code == 2
    assert "does not exist" in re.sub(r"\W+", " ", result.stderr)


def test_init(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    result = invoke("init", folder)
    assert result.exit_code == 0
    assert f"A site is in {folder}." in result.stdout
    assert f"  cordboard run --site {folder}\n" in result.stdout
    people = settings.load(folder).people
    rows = [line.split() for line in result.stdout.splitlines()]
    told = {row[0]: row[1] for row in rows if row and row[0] in people}
    assert set(told) == set(people)
    assert PasswordHash.recommended().verify(told["sue"], people["sue"].password)


def test_init_writes_over_nothing(site: Path) -> None:
    result = invoke("init", site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{site} is not empty; nothing was written\n"


def test_the_dialplan_is_shown_or_written(site: Path, tmp_path: Path) -> None:
    text = dialplan.render(settings.load(site))
    shown = invoke("dialplan", "--site", site)
    assert (shown.exit_code, shown.stdout) == (0, text)
    written = invoke("dialplan", "--site", site, "--to", tmp_path / "x.conf")
    assert written.exit_code == 0
    assert (tmp_path / "x.conf").read_text() == text
    assert written.stdout == f"Written to {tmp_path / 'x.conf'}. Now: asterisk -rx 'dialplan reload'\n"


def test_a_dialplan_that_cannot_be(site: Path, tmp_path: Path) -> None:
    nowhere = invoke("dialplan", "--site", site, "--to", tmp_path / "gone" / "x.conf")
    assert nowhere.exit_code == 1
    assert nowhere.stderr == f"{tmp_path / 'gone' / 'x.conf'} cannot be written: No such file or directory\n"
    spaced = site.rename(tmp_path / "my site")
    refused = invoke("dialplan", "--site", spaced)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has ' ' in it, which a dialplan would take for syntax" in refused.stderr


def test_a_password_becomes_a_hash() -> None:
    result = invoke("password", typed="hunter2\nhunter2\n")
    assert result.exit_code == 0
    assert PasswordHash.recommended().verify("hunter2", result.stdout.strip())
    assert "hunter2" not in result.output


def test_a_password_typed_in_two_ways() -> None:
    result = invoke("password", typed="hunter2\nhunter3\n")
    assert result.exit_code == 1
    assert "$argon2" not in result.output


@pytest.fixture
def _quiet() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize(("verdict", "code"), [(doctor.Verdict.DOUBTFUL, 0), (doctor.Verdict.BAD, 1)])
def test_findings(deep: Path, monkeypatch: pytest.MonkeyPatch, verdict: doctor.Verdict, code: int) -> None:
    async def examine(site: settings.Site) -> object:
        yield doctor.good("disk", f"{site.folder} [free]")
        yield doctor.Finding("phone", verdict, "gone", "does its [cordboard] have this secret?")

    monkeypatch.setattr(doctor, "examine", examine)
    result = invoke("doctor", "--site", deep)
    assert result.exit_code == code
    assert result.stdout.splitlines() == [
        f"good      disk  {deep} [free]",
        f"{verdict:<8}  phone  gone",
        "          → does its [cordboard] have this secret?",
    ]


@pytest.mark.usefixtures("_quiet")
def test_a_server_that_cannot_start_says_why(site: Path) -> None:
    (site / "var/state/lock").mkdir()
    result = invoke("run", "--site", site)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert result.stderr == f"{site / 'var/state/lock'} cannot be written: Is a directory\n"


HELP: Mapping[str, str] = {
    "init": "Writes a small commented site to go on from.",
    "check": "Reads the site, says all that is wrong with it, and certifies its flows.",
    "run": "Runs the server until Ctrl-C.",
    "doctor": "Looks at everything the site needs: Asterisk, phones, folders, clock, disk.",
    "dialplan": "Writes the include file for Asterisk's extensions.conf.",
    "password": "Asks for a password and prints the hash that people.yaml wants.",
    "walk": "Goes through a flow in the terminal, with the keyboard's keys.",
    "graph": "Draws a flow.",
    "schema": "Writes the JSON Schema of flow files, for editors.",
    "diff": "Tells in words what differs for callers between two sites or flows.",
    "reload": "Has the running server load changed menus, for new calls.",
}


def test_help() -> None:
    text = " ".join(re.sub(r"[^\w.,:'-]+", " ", invoke("--help").stdout).split())
    for name, what in HELP.items():
        assert f" {name} {what}" in text
    for name, what in HELP.items():
        assert what in invoke(name, "--help").stdout
