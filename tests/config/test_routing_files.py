"""What queues.yaml and people.yaml say of routing, in a whole site; and several sites side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import settings
from config.cli import app
from config.report import report
from ivr.prompt import Text
from routing.agents import Agent
from routing.queues import Exit, Overflow, Rule
from tests.config.test_settings import GOOD, HASH, problems, write

QUEUE = "queues:\n  orders:\n    skills: {tea: 3}\n    overflow: [{when: nobody, to: {message: %s}}]\n"
FLOW = GOOD["flows/main.yaml"]
FLOW_ZH = "languages: {en: en-us, zh: cmn}" + FLOW


def invoke(*folders: Path) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, ["check", *map(str, folders)])
    return result.exit_code, (result.stderr if result.exit_code else result.stdout).splitlines()


def test_an_agent_with_all_there_is(tmp_path: Path) -> None:
    people = (
        f"people:\n  ann: {{role: agent, phones: [PJSIP/ann, PJSIP/home], groups: [north, night], auto_answer: true,"
        f" skills: {{tea: 5}}, password: {HASH}}}\n  sue: {{role: supervisor, phones: [PJSIP/s], password: {HASH}}}\n"
    )
    site = settings.load(write(tmp_path, {"people.yaml": people}))
    groups = frozenset({"north", "night"})
    assert site.agents == {"ann": Agent("ann", "PJSIP/ann", {"tea": 5}, groups, ("PJSIP/home",), auto_answer=True)}
    assert site.access["sue"].phone == "PJSIP/s"


WRONG_PEOPLE = {
    "phones: [PJSIP/ann], phone: PJSIP/ann": "people.yaml:2: people.ann: has phone and phones:"
    " write all of them in phones, the usual one first",
    "phones: []": "people.yaml:2: people.ann: an agent needs a phone",
    "phones: PJSIP/ann": "people.yaml:2: people.ann.phones: must be a list",
    "phones: [PJSIP/ann, ann]": "people.yaml:2: people.ann.phones.1: 'ann' is not the dial string of one phone,"
    " such as PJSIP/1001",
    "phones: [PJSIP/ann, PJSIP/ann]": "people.yaml:2: people.ann.phones.1: PJSIP/ann is listed twice (take one out)",
    "phone: PJSIP/sue": "people.yaml:3: people.sue.phone: PJSIP/sue is the phone of ann already"
    " (a phone rings for one person: give each their own)",
    "phone: PJSIP/ann, groups: [a b]": "people.yaml:2: people.ann.groups.0: "
    r"String should match pattern '^\w[\w.-]{0,39}$'",
    "phone: PJSIP/ann, auto_answer: 1": "people.yaml:2: people.ann.auto_answer: must be true or false",
}


@pytest.mark.parametrize(("keys", "told"), WRONG_PEOPLE.items(), ids=WRONG_PEOPLE)
def test_people(tmp_path: Path, keys: str, told: str) -> None:
    people = (
        f"people:\n  ann: {{role: agent, skills: {{tea: 5}}, password: {HASH}, {keys}}}\n"
        f"  sue: {{role: supervisor, phone: PJSIP/sue, password: {HASH}}}\n"
    )
    assert problems(write(tmp_path, {"people.yaml": people})) == [told]


def test_a_message_becomes_a_flow(tmp_path: Path) -> None:
    message = "{en: Nobody is here., zh: 现在没有人。}"
    site = settings.load(write(tmp_path, {"queues.yaml": QUEUE % message, "flows/main.yaml": FLOW_ZH}))
    assert site.queues["orders"].overflow == (Overflow(Rule.NOBODY, 0, Exit.FLOW, "orders.nobody"),)
    made = site.flows["orders.nobody"]
    assert made.languages == {"en": "en-us", "zh": "cmn"}
    said = {
        (language, piece)
        for node in made.nodes.values()
        for _, prompt in node.prompts()
        for language, piece in prompt.all_pieces()
    }
    assert said == {("en", Text("Nobody is here.")), ("zh", Text("现在没有人。"))}
    assert set(report(site).certificates) == {"main"}  # of the menus


MESSAGES = {
    "{en: Hello}": [".message: is not there in zh (each of the flow's languages needs a text)"],
    "{en: Hello, zh: 你好, de: Hallo}": [
        ".message.de: the flow does not speak de (languages are given at the top: en, zh)"
    ],
    "'Hello {name}'": [".message: nothing sets 'name'"],
    "{file: gone.wav}": [".message: there is no sound file 'gone.wav' (sound files are in PROMPTS)"],
    "5": [
        ".message: a prompt is text, or file: name.wav, or a list of those, or one of each language",
    ],
}


@pytest.mark.parametrize(("message", "told"), MESSAGES.items(), ids=MESSAGES)
def test_a_message_is_checked_as_prompts_are(tmp_path: Path, message: str, told: list[str]) -> None:
    folder = write(tmp_path, {"queues.yaml": QUEUE % message, "flows/main.yaml": FLOW_ZH})
    found = [line.replace(str(tmp_path.resolve() / "prompts"), "PROMPTS") for line in problems(folder)]
    assert found == [f"queues.yaml:4: queues.orders.overflow.0.to{line}" for line in told]


def test_five_mistakes_at_once(tmp_path: Path) -> None:
    queues = """\
levels: {gold: 20}
queues:
  orders:
    skills: {tea: 3, coffee: 1}
    relax:
      - {after: 30s, skills: {tea: 3}}
    overflow:
      - {when: wait, over: 5m, to: {queue: support}}
  support:
    overflow:
      - {when: wait, over: 5m, to: {queue: orders}}
      - {when: nobody, to: {message: "Good {day}."}}
"""
    flow = FLOW.replace("queue: orders", "queue: support, level: god")
    people = GOOD["people.yaml"] + f"  bob: {{role: agent, phone: PJSIP/ann, password: {HASH}}}\n"
    folder = write(tmp_path, {"queues.yaml": queues, "flows/main.yaml": flow, "people.yaml": people})
    assert problems(folder) == [
        "flows/main.yaml:5: nodes.wait.level: queues.yaml has no level 'god' (did you mean gold?)",
        "people.yaml:5: people.bob.phone: PJSIP/ann is the phone of ann already"
        " (a phone rings for one person: give each their own)",
        "queues.yaml:4: queues.orders.skills.coffee: nobody can take calls of orders, even when it asks for the least:"
        " no agent has the skill 'coffee' (there is tea)",
        "queues.yaml:8: queues.orders.overflow.0.to.queue: calls would go round in a circle: orders → support → orders"
        " (let one of them give its calls to a flow, a number or a message)",
    ]
    # What is asked for besides the queue, and what the messages are spoken in, only good flows tell.
    (folder / "flows/main.yaml").write_text(FLOW.replace("queue: orders", "queue: support, level: gold"))
    left = [line.split(": ")[1] for line in problems(folder)]
    assert left == [
        "people.bob.phone",
        "queues.orders.skills.coffee",
        "queues.orders.relax.0.skills.tea",
        "queues.orders.overflow.0.to.queue",
        "queues.support.overflow.1.to.message",
    ]


def test_flows_and_relaxation_know_of_each_other(tmp_path: Path) -> None:
    """What a call needs in the end is what the queue and the flow ask for, less what is relaxed."""
    asking = FLOW.replace("queue: orders", "queue: orders, skills: {english: 5}")
    folder = write(tmp_path, {"flows/main.yaml": asking})
    (told,) = problems(folder)
    assert told.startswith("flows/main.yaml:5: nodes.wait.queue: nobody can take calls of orders: no agent has the")
    (folder / "queues.yaml").write_text(
        "queues:\n  orders: {skills: {tea: 3}, relax: [{after: 1m, drop: [english]}]}\n", encoding="utf-8"
    )
    assert settings.load(folder)
    (folder / "flows/main.yaml").write_text(FLOW)
    (told,) = problems(folder)
    assert told.startswith("queues.yaml:2: queues.orders.relax.0.drop: widens nothing: neither the queue nor a flow")


def test_the_same_lack_is_told_once(tmp_path: Path) -> None:
    folder = write(tmp_path, {"queues.yaml": "queues:\n  orders: {skills: {tea: 9}}\n"})
    (told,) = problems(folder)
    assert told.startswith("queues.yaml:2: queues.orders.skills.tea: nobody can take calls of orders")


def test_overflow_into_flows_and_numbers(tmp_path: Path) -> None:
    queues = (
        "queues:\n  orders:\n    overflow:\n      - {when: nobody, to: {flow: nobody}}\n"
        '      - {when: wait, over: 5m, to: {number: "+4930123"}}\n      - {when: length, over: 9, to: {flow: gone}}\n'
    )
    back = "start: a\nnodes:\n  a: {say: Nobody is here., next: return}\n"
    told = problems(write(tmp_path, {"queues.yaml": queues, "flows/nobody.yaml": back}))
    assert told == [
        "flows/nobody.yaml:3: nodes.a.next: there is nothing to return to:"
        " calls of a number or a queue begin in this flow (end the call instead)",
        "queues.yaml:5: queues.orders.overflow.1.to.number: callers may not be sent to the number '+4930123'"
        " (allow it in site.yaml: transfers_to_numbers)",
    ]
    end = "start: a\nnodes:\n  a: {hangup: true}\n"
    allow = "transfers_to_numbers: {context: out, allow: ['+4930*']}\n"
    told = problems(write(tmp_path, {"flows/nobody.yaml": end, "site.yaml": GOOD["site.yaml"] + allow} | {
        "queues.yaml": queues,
    }))  # fmt: skip
    assert told == [
        "queues.yaml:6: queues.orders.overflow.2.to.flow: the site has no flow 'gone' (there is main, nobody)"
    ]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two sites with the same people; each has an Asterisk and a Redis of its own."""
    north, south = tmp_path / "north", tmp_path / "south"
    write(north, {"site.yaml": GOOD["site.yaml"] + "asterisk: {host: a.example}\nredis: 'redis://r.example/1'\n"})
    write(south, {"site.yaml": GOOD["site.yaml"] + "asterisk: {host: b.example}\nredis: 'redis://r.example/2'\n"})
    return north, south


def change(site: Path, file: str, old: str, new: str) -> None:
    text = (site / file).read_text()
    assert old in text
    (site / file).write_text(text.replace(old, new))


def test_sites_that_share_nothing(pair: tuple[Path, Path]) -> None:
    code, lines = invoke(*pair)
    assert code == 0
    good = [line for line in lines if line.endswith("is good: 1 flow(s), 1 queues, 2 people.")]
    assert good == [f"{site} is good: 1 flow(s), 1 queues, 2 people." for site in pair]


@pytest.mark.parametrize(
    ("file", "old", "new", "shared"),
    [
        ("site.yaml", "b.example", "A.example", "an Asterisk"),
        ("site.yaml", "redis://r.example/2", "redis://me:secret@r.example:6379/1", "a Redis"),
        ("site.yaml", "b.example}\nredis: 'redis://r.example/2'", "a.example}\nredis: 'redis://r.example?db=1'",
         "a Redis and an Asterisk"),
    ],
)  # fmt: skip
def test_an_agent_in_two_sites(pair: tuple[Path, Path], file: str, old: str, new: str, shared: str) -> None:
    north, south = pair
    change(south, file, old, new)
    code, lines = invoke(north, south)
    assert code == 1
    assert lines == [
        f"{south}/people.yaml:3: people.ann: ann is an agent at {north}/people.yaml:3, and the sites share {shared}"
        " (give one of them another name, or one site the agent)",
        f"{south}/people.yaml:3: people.ann.phone: PJSIP/ann is the phone of ann at {north}/people.yaml:3,"
        f" and the sites share {shared} (a phone rings for one person: give each their own)",
        f"2 problems in {north}, {south}",
    ]


def test_the_same_phone_under_another_name(pair: tuple[Path, Path]) -> None:
    north, south = pair
    change(south, "site.yaml", "b.example", "a.example")
    change(south, "people.yaml", "ann: {", "anne: {")
    code, lines = invoke(north, south)
    assert (code, len(lines)) == (1, 2)
    assert lines[0].startswith(f"{south}/people.yaml:3: people.anne.phone: PJSIP/ann is the phone of ann at {north}/")


def test_sites_are_checked_each_and_all_is_told(pair: tuple[Path, Path]) -> None:
    north, south = pair
    (north / "queues.yaml").write_text("queues: {orders: {ring: 5}}\n")
    (south / "people.yaml").unlink()
    code, lines = invoke(north, south)
    assert code == 1
    assert [line.partition(": ")[0] for line in lines[:-1]] == [f"{north}/queues.yaml:1", f"{south}/people.yaml"]
    assert lines[-1] == f"2 problems in {north}, {south}"


def test_a_site_given_twice_does_not_clash_with_itself(pair: tuple[Path, Path]) -> None:
    code, lines = invoke(pair[0], pair[0] / ".")
    assert code == 0
    assert sum("is good" in line for line in lines) == 1
