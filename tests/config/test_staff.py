"""`cordboard staff`, as somebody sees it who types."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from config import settings
from config.cli import app
from config.files.forecast import Forecast
from config.planning import refining
from config.planning.staffing import FEWEST_ABANDONED, as_json, typical_day, work_out
from cti.calls.events import Arrived, Connected, Ended, Event, Queued
from cti.calls.words import CallId, OfferId, Party
from recordings.records.history import History, Past, Slot
from recordings.store import JournalRow, Store
from routing.queues import Queue, Target
from routing.shifts import NoCover, Shift
from routing.staffing import QUARTERS, Load, Need

FORECAST = """
queues:
  faults: {total: 960, shape: [1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 1], aht: 4m}
  service: {calls: [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4], aht: 2m, patience: 1m}
shrinkage: 20%
least: {"20:00-08:00": 6}
shifts:
  early: {hours: "08:00-20:00", break: 60m}
  late: {hours: "09:00-21:00", break: 60m}
  night: {hours: "20:00-08:00", break: 45m}
"""


def invoke(*args: str | Path) -> Result:
    return CliRunner().invoke(app, ["staff", *(str(a) for a in args)])


@pytest.fixture
def forecast(tmp_path: Path) -> Path:
    path = tmp_path / "monday.yaml"
    path.write_text(FORECAST)
    return path


def test_a_day_with_three_shifts(site: Path, forecast: Path, tmp_path: Path) -> None:
    result = invoke(site, "--forecast", forecast, "--json", tmp_path / "day.json")
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    hint = "Agents of the site serve several of these queues: --refine tells how many fewer will do."
    assert lines.count(hint) == 1
    lines.remove(hint)
    assert max(map(len, lines[:-1])) <= 80
    assert lines[:4] == [
        "With just the agents needed",
        "queue    calls    AHT  patience       target  in time    wait  abandon  busy",
        "faults     960  240 s  for ever  80% in 20 s    88.2%  14.6 s     0.0%   53%",
        "service     96  120 s      60 s  80% in 20 s    89.3%   4.9 s     8.2%   12%",
    ]
    hours = [line.split() for line in lines if line[2:3] == ":"]
    assert hours[9][:4] == ["09:00", "64", "7", "1"]
    assert {cell.split("/")[0] for cell in hours[9][4:]} == {"8"}
    assert lines[-2].endswith(" on the roster, 264 paid hours a day; no plan on these shifts has fewer.")
    assert lines[-1] == f"Written to {tmp_path / 'day.json'}."
    day = json.loads((tmp_path / "day.json").read_text())
    assert [quarter["from"] for quarter in day["quarters"]][:3] == ["00:00", "00:15", "00:30"]
    for quarter in day["quarters"]:
        assert quarter["at_work"] >= quarter["needed"] >= sum(q["agents"] for q in quarter["queues"].values())
    assert [quarter["needed"] for quarter in day["quarters"]] == [6] * 32 + [8] * 48 + [6] * 16
    assert day["queues"]["faults"]["day"]["service_level"] == pytest.approx(0.882, abs=1e-3)
    assert {shift["name"]: (shift["from"], shift["until"]) for shift in day["shifts"]} == {
        "early": ("08:00", "20:00"),
        "late": ("09:00", "21:00"),
        "night": ("20:00", "08:00"),
    }
    assert (day["paid_hours"], day["fewest"]) == (264, True)


def test_options_go_before_the_file(site: Path, forecast: Path, tmp_path: Path) -> None:
    options = ("--target", "95%", "--within", "10s", "--occupancy", "60%", "--shrinkage", "0%")
    result = invoke(site, "--forecast", forecast, *options, "--json", tmp_path / "day.json")
    assert result.exit_code == 0, result.output
    day = json.loads((tmp_path / "day.json").read_text())
    for queue in day["queues"].values():
        assert queue["target"] == {"share": 0.95, "within_s": 10}
    for quarter in day["quarters"]:
        for queue in quarter["queues"].values():
            assert queue["service_level"] >= 0.95
            assert queue["occupancy"] <= 0.6
    assert all(shift["agents"] == shift["on_roster"] for shift in day["shifts"])


def test_without_shifts_it_tells_the_need(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "monday.yaml"
    path.write_text(FORECAST.partition("shifts:")[0])
    result = invoke(site, "--forecast", path, "--json", tmp_path / "day.json")
    assert result.exit_code == 0, result.output
    assert "The forecast has no shifts, so none are planned." in result.stdout
    day: dict[str, Any] = json.loads((tmp_path / "day.json").read_text())
    assert (day["shifts"], day["paid_hours"], day["quarters"][0]["at_work"]) == ([], None, None)


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "say what calls to expect: --forecast FILE, --from-records DAYS, or both"),
        (("--forecast", "gone.yaml"), "gone.yaml: the file is not there (expected at gone.yaml)"),
        (("--from-records", "7"), "the records cannot be read: there is no file "),
        (
            ("--from-records", "7", "--weekday", "monday"),
            "--weekday is one of mon, tue, wed, thu, fri, sat, sun, and goes with --from-records",
        ),
        (("--forecast", "FILE", "--target", "80"), "--target must be a percentage such as 80%"),
        (("--forecast", "FILE", "--within", "20"), "--within must be a duration such as 500ms, 5s, 2m or 1h"),
        (
            ("--forecast", "FILE", "--target", "100%"),
            "faults: the share of calls to answer in time must be above 0% and below 100%",
        ),
        (
            ("--forecast", "FILE", "--refine", "--target", "100%"),
            "faults: the share of calls to answer in time must be",
        ),
        (("--forecast", "FILE", "--occupancy", "0%"), "faults: agents are busy for a share above 0"),
        (("--forecast", "FILE", "--shrinkage", "100%"), "the shrinkage is a share of at least 0 and below 1"),
        (("--forecast", "FILE", "--json", "/gone/x.json"), "/gone/x.json cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(site: Path, forecast: Path, args: tuple[str, ...], why: str) -> None:
    result = invoke(site, *(str(forecast) if arg == "FILE" else arg for arg in args))
    assert result.exit_code == 1
    assert result.stderr.startswith(why), result.output


def test_the_example_site_works_out_of_the_box(site: Path) -> None:
    result = invoke(site, "--forecast", site / "forecast.yaml")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[:2] for line in lines if line[1:2] and line[0] in ("early", "late", "night")] == [
        ["early", "08:00-20:00"],
        ["late", "09:00-21:00"],
        ["night", "20:00-08:00"],
    ]
    at_night = next(line for line in lines if line[:1] == ["02:00"])
    assert all(int(cell.split("/")[0]) == 2 <= int(cell.split("/")[1]) for cell in at_night[-4:])


@pytest.mark.long
def test_refined_by_the_simulator(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refining, "ENOUGH_CALLS", 100)
    path = tmp_path / "day.json"
    result = invoke(site, "--forecast", site / "forecast.yaml", "--refine", "--json", path)
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert max(map(len, lines[:-1])) <= 80
    assert "--refine" not in result.stdout
    day = json.loads(path.read_text())
    assert set(day["refined"]["kinds"]) == {"alice", "bob"}
    for quarter in day["quarters"]:
        assert quarter["needed"] == sum(quarter["kinds"].values()) <= quarter["at_work"]
    assert sum(quarter["needed"] for quarter in day["quarters"]) < sum(q["summed"] for q in day["quarters"])
    assert all(sum(shift["kinds"].values()) == shift["agents"] for shift in day["shifts"])
    erlang = next(line for line in lines if line.startswith("by Erlang"))
    assert float(erlang.split()[-1]) == sum(quarter["summed"] for quarter in day["quarters"]) / 4


def test_a_forecast_with_its_own_calls_is_refined_too(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refining, "ENOUGH_CALLS", 50)
    path = tmp_path / "monday.yaml"
    path.write_text(FORECAST)
    result = invoke(site, "--forecast", path, "--refine")
    assert result.exit_code == 0, result.output
    assert "On 1 other day (its busiest hours) they are busy for" in result.stdout


@pytest.mark.parametrize(
    ("text", "args", "why"),
    [
        ("arrivals: gone.yaml", (), "gone.yaml: the file is not there"),
        ("arrivals: arrivals.yaml", ("--from-records", "7"), "the calls are those of "),
        (
            "{arrivals: arrivals.yaml, queues: {faults: {total: 90}}}",
            (),
            "monday.yaml:1: the calls are those of arrivals.yaml: queues.faults can have a target only",
        ),
    ],
)
def test_a_forecast_that_names_an_arrivals_file(site: Path, text: str, args: tuple[str, ...], why: str) -> None:
    monday = site / "monday.yaml"
    monday.write_text(text)
    result = invoke(site, "--forecast", monday, *args)
    assert result.exit_code == 1
    assert why in result.stderr


def test_a_target_for_the_calls_of_an_arrivals_file(site: Path) -> None:
    monday = site / "monday.yaml"
    monday.write_text("{arrivals: arrivals.yaml, queues: {faults: {target: {share: 95%, within: 10s}}}}")
    result = invoke(site, "--forecast", monday)
    assert result.exit_code == 0, result.output
    assert "95% in 10 s" in result.stdout


def _call(number: int, at: float, talk_s: float) -> list[Event]:
    call = CallId(f"call-{number}")
    return [
        Arrived(at=at, call=call, channel="", uniqueid="", caller="", caller_name="", dialled="1"),
        Queued(at=at, call=call, queue="service"),
        Connected(at=at + 10, call=call, offer=OfferId(f"o{number}"), agent="alice"),
        Ended(at=at + 10 + talk_s, call=call, by=Party.CALLER),
    ]


def test_from_records(site: Path, tmp_path: Path) -> None:
    noon = datetime.now().replace(hour=12, minute=0, second=0) - timedelta(days=1)  # noqa: DTZ005 this machine's clock
    happened = [event for n in range(50) for event in _call(n, noon.timestamp() + n, 170)]
    happened += [event for n in range(50, 60) for event in _call(n, noon.timestamp() - 7 * 86_400 + n, 170)]

    async def write() -> None:
        store = await Store.open(settings.load(site).database)
        await store.write([JournalRow("run", number, event) for number, event in enumerate(happened)])
        await store.close()

    asyncio.run(write())
    weekday = noon.strftime("%a").lower()
    for args, days, calls in ((("20",), 2, 30), (("1",), 1, 50), (("20", "--weekday", weekday), 2, 30)):
        result = invoke(site, "--from-records", *args, "--json", tmp_path / "day.json")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(
            f"From the records: the mean of {days} day{'s' if days > 1 else ''} with calls."
        )
        day = json.loads((tmp_path / "day.json").read_text())
        assert sum(quarter["queues"]["service"]["calls"] for quarter in day["quarters"]) == pytest.approx(calls)
        assert day["queues"]["service"]["aht_s"] == pytest.approx(170)
    other = "mon" if weekday != "mon" else "tue"
    nothing = invoke(site, "--from-records", "20", "--weekday", other)
    assert nothing.stderr == "there are no calls to expect: neither the forecast nor the records have any\n"


def test_a_typical_day() -> None:
    past = {
        Slot("sales", 0, 40): Past(30, 25, 5, 300.0, 2000.0, 500.0),
        Slot("sales", 1, 40): Past(10, 5, 5, 200.0, 500.0, 0.0),
        Slot("sales", 1, 41): Past(8, 8, 0, 0.0, 800.0, 0.0),
        Slot("closed down", 1, 41): Past(8, 8, 0, 0.0, 800.0, 0.0),
    }
    queues = {"sales": Queue("sales", {}, target=Target(0.7, 5)), "new": Queue("new", {})}
    loads = typical_day(History({0: 1, 1: 3}, past), queues)
    assert set(loads) == {"sales"}
    assert loads["sales"].calls == (0.0,) * 40 + (10.0, 2.0) + (0.0,) * 54
    assert loads["sales"].aht_s == 100
    assert loads["sales"].target == Target(0.7, 5)
    assert FEWEST_ABANDONED == 10
    assert loads["sales"].patience_s == 50
    past[Slot("sales", 0, 40)].abandoned -= 1
    assert typical_day(History({0: 1, 1: 3}, past), queues)["sales"].patience_s is None


def test_a_day_without_calls() -> None:
    idle = work_out(Forecast({"sales": Load((0.0,) * QUARTERS, 180)}, 1.0, 0.0, (2,) * QUARTERS, ()))
    assert idle.whole_day("sales") == Need(0, 1.0, 0.0, 0.0, 0.0)
    assert set(idle.needed) == {2}


def test_the_day_as_a_whole() -> None:
    load = Load((0.0,) * 48 + (20.0,) * 48, 180, 60)
    day = work_out(Forecast({"sales": load}, 1.0, 0.25, (1,) * QUARTERS, (Shift("day", 48, 48), Shift("night", 0, 48))))
    whole, one = day.whole_day("sales"), day.needs["sales"][60]
    for name in ("agents", "service_level", "mean_wait_s", "abandoned", "occupancy"):
        assert getattr(whole, name) == pytest.approx(getattr(one, name))
    assert [crew.agents for crew in day.plan.crews] == [one.agents, 1] if day.plan else False
    assert day.on_roster == (8, 2)
    assert day.paid_hours == 120
    assert json.loads(json.dumps(as_json(day)))["paid_hours"] == 120
    with pytest.raises(NoCover, match="00:00"):
        work_out(Forecast({"sales": load}, 1.0, 0.0, (1,) * QUARTERS, (Shift("day", 48, 48),)))
