"""Scenarios: callers in virtual time, and what is said when they do not find what was expected."""

from __future__ import annotations

import textwrap

import pytest

from cti.site.files import SiteError, parse
from ivr import scenario
from ivr.rehearsal import Rehearsal
from ivr.scenario import Failed
from tests.ivr.flows import flow

FLOW = flow("""
start: hi
nodes:
  hi: {say: Welcome to Acme., barge_in: false, next: main}
  main:
    menu: For orders press 1. For support press 2. For a person press 0.
    keys: {"1": orders, "2": account, "0": desk}
    timeout: 5s
    retries: 1
    no_input: {say: I heard nothing.}
    no_match: {say: Nothing is on that key.}
    otherwise: bye
  account: {collect: Your account number, digits: 4, name: account, next: pin, otherwise: bye}
  pin: {collect: Your PIN, digits: 4, name: pin, secret: true, next: support, otherwise: bye}
  orders: {queue: orders, priority: 5}
  support: {queue: support, skills: {support: 3}}
  desk: {transfer: front-desk, otherwise: sorry}
  sorry: {say: Nobody is there., next: bye}
  bye: {hangup: true}
""")


def run(steps: str, head: str = "flow: main") -> Rehearsal:
    text = f"{head}\nsteps:\n{textwrap.indent(textwrap.dedent(steps).strip(), '  ')}\n"
    return scenario.run(scenario.parsed(parse(text, "test.yaml")), {"main": FLOW})


GOOD = {
    "a choice": """
        - hear: welcome to acme
        - hear: For support
        - press: "1"
        - queued: {queue: orders, priority: 5}
        - within: 10s
    """,
    "a key during a prompt that is heard whole waits": """
        - hear: Welcome
        - press: "1"
        - queued: orders
    """,
    "silence, twice": """
        - hear: press 1
        - silence: 5s
        - hear: [I heard nothing, press 1]
        - silence: 5s
        - hung_up: true
    """,
    "a wrong key": """
        - hear: press 1
        - press: "9"
        - hear: Nothing is on that key
        - press: "1"
        - queued: orders
    """,
    "digits, and data": """
        - hear: press 1
        - press: "2"
        - hear: account number
        - press: "1234"
        - node: pin
        - data: {account: "1234"}
        - press: "9876"
        - queued: {queue: support, skills: {support: 3}}
    """,
    "a transfer": """
        - hear: press 1
        - press: "0"
        - transferred: front-desk
    """,
    "a transfer that fails": """
        - hear: press 1
        - press: "0"
        - transfer_fails: true
        - hear: Nobody is there
        - hung_up: true
    """,
}


@pytest.mark.parametrize("steps", GOOD.values(), ids=GOOD)
def test_scenarios_that_come_true(steps: str) -> None:
    run(steps)


FAILING = {
    "another prompt": (
        "- hear: Goodbye",
        3,
        "'Goodbye' was not heard: heard instead: Welcome to Acme. | For orders press 1. For support press 2. "
        "For a person press 0.; main (menu) waits for the caller",
    ),
    "another queue": ('- press: "1"\n- queued: support', 4, "it waits in the queue orders"),
    "heard before the key, not after": ('- hear: press 1\n- press: "9"\n- hear: Welcome', 5, "'Welcome' was not heard"),
    "dropped": (
        '- press_now: "1"\n- queued: orders',
        4,
        "heard instead: For orders press 1. For support press 2. For a person press 0.; main (menu) waits",
    ),
    "not over": ("- hung_up: true", 3, "main (menu) waits for the caller"),
    "transferred": ('- press: "0"\n- hung_up: true', 4, "it was transferred to front-desk"),
    "over": ('- press: "1"\n- press: "1"', 4, "the call is over"),
    "too long": ("- hear: press 1\n- within: 500ms", 4, "it took 1.1 s"),
    "another node": ("- node: orders", 3, "the caller never came to orders; main (menu) waits"),
    "nothing is recorded": ("- speak: 5s", 3, "nothing is recorded here"),
    "no queue": ("- talk: 5s", 3, "the caller waits in no queue"),
    "no such field": ('- press: "1"\n- queued: {quueue: orders}', 4, "quueue is not known of it"),
}


@pytest.mark.parametrize(("steps", "line", "why"), FAILING.values(), ids=FAILING)
def test_scenarios_that_fail_say_what_came_instead(steps: str, line: int, why: str) -> None:
    with pytest.raises(Failed) as failed:
        run(steps)
    assert failed.value.line == line
    assert why in failed.value.why


def test_no_secret_is_in_a_failure() -> None:
    with pytest.raises(Failed) as failed:
        run('- press: "2"\n- press: "1234"\n- press: "9876"\n- data: {pin: "1111"}')
    assert "9876" not in str(failed.value) + "".join(failed.value.story)


WRONG = {
    "steps:\n  - {hear: a}": "flow: is missing",
    "flow: main\nsteps: []": "steps: must not be empty",
    "flow: main\nsteps:\n  - {listen: a}": "test.yaml:3: steps.0: is no step",
    "flow: main\nsteps:\n  - hear: a\n    press: '1'": "test.yaml:3: steps.0: is no step",
    "flow: main\nsteps:\n  - hear: a\n  - press: 1": "test.yaml:4: steps.1.press: must be a valid string",
    "flow: main\nsteps:\n  - press: '1x'": "must be keys of a telephone in quotes",
    "flow: main\nsteps:\n  - silence: 5": "must be a duration such as 500ms",
    "flow: main\nat: soon\nsteps:\n  - hear: a": "at: must be a moment such as",
}


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_what_is_no_scenario(text: str, message: str) -> None:
    with pytest.raises(SiteError) as error:
        scenario.parsed(parse(text, "test.yaml"))
    assert message in str(error.value)


def test_a_flow_that_is_not_there() -> None:
    with pytest.raises(SiteError, match="there is no flow called 'gone'"):
        run("- hear: a", "flow: gone")


def test_moments() -> None:
    with_zone = scenario.parsed(parse("flow: a\nat: 2026-11-23T10:00:00+01:00\nsteps: [{hear: a}]", "a"))
    without = scenario.parsed(parse("flow: a\nat: 2026-11-23T09:00:00\nsteps: [{hear: a}]", "a"))
    assert with_zone.at == without.at == scenario.moment("2026-11-23T10:00:00+01:00") == 1_795_424_400


WAITING = flow("""
start: orders
nodes:
  orders:
    queue: orders
    prefer: last
    waiting:
      - {after: 5s, say: ["You are number {position}.", "It will take about {estimate} minutes."]}
      - {every: 30s, say: Please wait.}
    keys: {"1": call_me}
    after: survey
  call_me: {callback: orders, say: Shall we call you?, next: bye, otherwise: bye}
  survey: {survey: [{question: happy, say: Are you happy?}], next: bye}
  bye: {hangup: true}
""")
WAITS = {
    "messages at their times": """
        - queued: {queue: orders, prefer: alice}
        - silence: 5s
        - hear: [You are number 3., about 4 minutes]
        - silence: 24s
        - hear: Please wait.
    """,
    "the answer may change": """
        - answer: {standing: {position: 1}}
        - silence: 10s
        - hear: You are number 1.
    """,
    "a key while waiting": """
        - queued: orders
        - silence: 7s
        - press: "1"
        - node: call_me
        - press: "1"
        - callback: {number: "5550123", queue: orders, since: 0.0}
        - hung_up: true
    """,
    "an agent in the midst of a message": """
        - queued: orders
        - silence: 4900ms
        - talk: 60s
        - hear: Are you happy?
        - press: "5"
        - survey: {score: 5}
    """,
}
ANSWERS = "answers: {standing: {position: 3, estimate: 4m}, last_agent: alice}"


@pytest.mark.parametrize("steps", WAITS.values(), ids=WAITS)
def test_waiting(steps: str) -> None:
    head = f"flow: main\ncaller: '5550123'\n{ANSWERS}"
    text = f"{head}\nsteps:\n{textwrap.indent(textwrap.dedent(steps).strip(), '  ')}\n"
    scenario.run(scenario.parsed(parse(text, "test.yaml")), {"main": WAITING})


@pytest.mark.parametrize(
    "wrong", ["{standing: 3}", "{standing: {position: 0}}", "{standing: {position: 1, estimate: 4}}"]
)
def test_no_such_standing(wrong: str) -> None:
    text = f"flow: main\nanswers: {wrong}\nsteps:\n  - silence: 6s\n"
    with pytest.raises(Failed, match="the answer to a standing is such as"):
        scenario.run(scenario.parsed(parse(text, "test.yaml")), {"main": WAITING})


def test_what_is_made_up_where_nothing_is_given() -> None:
    text = "flow: main\nsteps:\n  - silence: 12s\n  - hear: [You are number 1., about 1 minutes]\n"
    scenario.run(scenario.parsed(parse(text, "test.yaml")), {"main": WAITING})
