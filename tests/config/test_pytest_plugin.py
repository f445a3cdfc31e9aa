"""A site's scenarios as tests of pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

FLOW = """
start: main
nodes:
  main: {menu: Press 1 for orders., keys: {"1": orders}, otherwise: bye}
  orders: {queue: orders}
  bye: {hangup: true}
"""
GOOD = "flow: main\nsteps:\n  - hear: Press 1\n  - press: '1'\n  - queued: orders\n"
BAD = "flow: main\nsteps:\n  - hear: Press 1\n  - press: '1'\n  - queued: support\n"


@pytest.fixture
def scenarios(site: Path) -> Path:
    for path in (site / "flows").glob("*.yaml"):
        path.unlink()
    (site / "flows" / "main.yaml").write_text(FLOW)
    (site / "queues.yaml").write_text("queues: {orders: {}}\n")
    folder = site / "scenarios"
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.yaml"):
        path.unlink()
    (folder / "orders.yaml").write_text(GOOD)
    return folder


def run(pytester: pytest.Pytester, *args: str | Path) -> pytest.RunResult:
    quiet = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
    return pytester.runpytest_inprocess("-p", "config.pytest_plugin", *quiet, *args)


def test_a_good_scenario(pytester: pytest.Pytester, scenarios: Path) -> None:
    run(pytester, "--cordboard-site", scenarios.parent, scenarios).assert_outcomes(passed=1)


def test_a_failing_one_tells_the_step_and_the_call(pytester: pytest.Pytester, scenarios: Path) -> None:
    (scenarios / "support.yaml").write_text(BAD)
    result = run(pytester, "--cordboard-site", scenarios.parent, scenarios)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["support.yaml:5: queued: *it waits in the queue orders*", "*“Press 1 for orders.”*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_configuration_names_the_site(pytester: pytest.Pytester, scenarios: Path) -> None:
    (scenarios.parent / "pytest.ini").write_text("[pytest]\ncordboard_site = .\n")
    run(pytester, "-c", scenarios.parent / "pytest.ini", scenarios).assert_outcomes(passed=1)


def test_a_site_that_is_wrong(pytester: pytest.Pytester, scenarios: Path) -> None:
    (scenarios.parent / "queues.yaml").write_text("queues: {}\n")
    result = run(pytester, "--cordboard-site", scenarios.parent, scenarios)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the site has no queue 'orders'*"])


def test_nothing_is_collected_without_a_site(pytester: pytest.Pytester, scenarios: Path) -> None:
    assert run(pytester, scenarios).ret == pytest.ExitCode.NO_TESTS_COLLECTED
