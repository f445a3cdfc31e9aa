"""The command simulate, as somebody sees it who types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.cli import app


def simulate(site: Path, *more: str) -> Result:
    return CliRunner().invoke(
        app, ["simulate", str(site), "--arrivals", str(site / "arrivals.yaml"), *more], env={"COLUMNS": "100"}
    )


def test_the_example_is_simulated_out_of_the_box(site: Path, tmp_path: Path) -> None:
    told = simulate(site, "--json", str(tmp_path / "day.json"), "--plots", str(tmp_path / "plots"))
    assert told.exit_code == 0, told.output
    assert "Monday, 23 November 2026, seed 1" in told.output
    for word in ("By queue", "By quarter-hour", "Occupancy", "faults", "service", "alice", "skill chinese"):
        assert word in told.output
    assert json.loads((tmp_path / "day.json").read_text())["queues"]["faults"]["answered"] > 0
    assert len(list((tmp_path / "plots").glob("*.svg"))) == 4


def test_bars_that_hold_and_that_do_not(site: Path) -> None:
    told = simulate(site, "--bar", "offered.faults>=10", "--bar", "service_level.faults>=99%", "--bar", "wait_max<=1s")
    assert told.exit_code == 1
    assert "holds: offered.faults>=10" in told.output
    assert "service_level.faults>=99%: it is 0." in told.output
    assert "wait_max<=1s: it is " in told.output


@pytest.mark.long
def test_another_seed_is_another_day_and_the_same_seed_is_not(site: Path) -> None:
    first, again, other = (simulate(site, "--seed", seed).output for seed in ("5", "5", "6"))
    assert first == again
    assert first.splitlines()[1:] != other.splitlines()[1:]


@pytest.mark.long
def test_several_days(site: Path) -> None:
    assert "an average of 2 such days, seeds 1 to 2" in simulate(site, "--days", "2").output


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--bar", "luck>=1"), "no figure is called 'luck'"),
        (("--bar", "service_level.tea>=1"), "there is no queue called 'tea'"),
        (("--days", "0"), "--days"),
    ],
)
def test_what_cannot_be_done_says_why(site: Path, more: tuple[str, ...], why: str) -> None:
    told = simulate(site, *more)
    assert told.exit_code != 0
    assert why in " ".join(told.output.split())


def test_a_file_that_cannot_be_written(site: Path) -> None:
    told = simulate(site, "--json", str(site / "site.yaml" / "day.json"))
    assert told.exit_code == 1
    assert "cannot be written" in told.output


def test_a_bad_arrivals_file_is_told_with_its_lines(site: Path) -> None:
    path = site / "arrivals.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("seed: 1", "sead: 1"), encoding="utf-8")
    told = simulate(site)
    assert told.exit_code == 1
    assert "arrivals.yaml:5: sead: is not known here" in told.output
