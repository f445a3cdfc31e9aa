from __future__ import annotations

from pathlib import Path

import pytest

import config
from cti.site.files import SiteError, check, parse, read
from cti.site.hours import Hours
from routing.queues import Callbacks, Exit, Order, Overflow, Queue, Relaxation, Rule, Target
from routing.queues_file import QueuesFile

WRONG = """\
queues:
  orders:
    skills: {orders: 11, english: yes}
    ring: 15
  support:
    colour: red
    music: "default\\r\\nAction: Originate"
    record: "no"
    priority: high
  "a b\\n": {}
"""


FULL = """\
order: target
ageing: 2
levels: {gold: 20, vip: 50}
queues:
  faults:
    skills: {faults: 5, english: 3}
    groups: [north]
    relax:
      - {after: 30s, skills: {faults: 3}}
      - {after: 60s, drop: [english]}
      - {after: 90s, groups: [south, east]}
      - {after: 2m, anyone: true}
    priority: 10
    target: {share: 90%, within: 15s}
    strategy: longest-idle
    resume: 2m
    hours: {zone: Europe/Berlin, open: {mon-fri: "08:00-18:00"}}
    callbacks: {tries: 5, retry: 10m, ring: 20s}
    overflow:
      - {when: closed, to: {flow: closed}}
      - {when: nobody, to: {message: Nobody is here.}}
      - {when: length, over: 50, to: {queue: service}}
      - {when: wait, over: 10m, to: {number: "+49301234"}}
      - {when: estimate, over: 15m, to: {message: {en: It will take long., zh: 请稍后再试。}}}
  service: {}
"""


def test_every_key() -> None:
    file = check(QueuesFile, parse(FULL, "queues.yaml"))
    queues = file.build()
    assert (queues.order, queues.ageing, queues.levels) == (Order.TARGET, 2.0, {"gold": 20, "vip": 50})
    assert queues["faults"] == Queue(
        "faults",
        {"faults": 5, "english": 3},
        priority=10,
        groups=frozenset({"north"}),
        relax=(
            Relaxation(30, skills={"faults": 3}),
            Relaxation(60, drop=frozenset({"english"})),
            Relaxation(90, groups=frozenset({"south", "east"})),
            Relaxation(120, anyone=True),
        ),
        target=Target(0.9, 15.0),
        strategy="longest-idle",
        resume_s=120.0,
        overflow=(
            Overflow(Rule.CLOSED, 0, Exit.FLOW, "closed"),
            Overflow(Rule.NOBODY, 0, Exit.FLOW, "faults.nobody"),
            Overflow(Rule.LENGTH, 50, Exit.QUEUE, "service"),
            Overflow(Rule.WAIT, 600, Exit.NUMBER, "+49301234"),
            Overflow(Rule.ESTIMATE, 900, Exit.FLOW, "faults.estimate900"),
        ),
        hours=Hours.model_validate({"zone": "Europe/Berlin", "open": {"mon-fri": "08:00-18:00"}}),
        callbacks=Callbacks(5, 600.0, 20.0),
    )
    assert file.messages() == {"faults.nobody": ("faults", 1), "faults.estimate900": ("faults", 4)}


def test_the_shipped_example_is_right() -> None:
    path = Path(config.__file__).parent / "site" / "queues.yaml"
    queues = check(QueuesFile, read(path)).build()
    assert set(queues) == {"faults", "service"}
    assert queues["faults"].priority > queues["service"].priority


def test_what_is_left_out_has_a_default() -> None:
    assert check(QueuesFile, parse("queues: {all: {}}", "q.yaml")).build().by_name == {"all": Queue("all", {})}


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    with pytest.raises(SiteError) as found:
        check(QueuesFile, parse(WRONG, "queues.yaml"))
    told = [(problem.line, problem.key) for problem in found.value.problems]
    assert told == [
        (3, "queues.orders.skills.orders"),
        (3, "queues.orders.skills.english"),
        (4, "queues.orders.ring"),
        (6, "queues.support.colour"),
        (7, "queues.support.music"),
        (8, "queues.support.record"),
        (9, "queues.support.priority"),
        (10, "queues.a b\n"),
    ]


@pytest.mark.parametrize("ring", ["0s", "301s", "1h"])
def test_a_ring_time_that_makes_no_sense_is_refused(ring: str) -> None:
    with pytest.raises(SiteError, match=r"queues\.all\.ring"):
        check(QueuesFile, parse(f"queues: {{all: {{ring: {ring}}}}}", "q.yaml"))


TO = "to: {queue: b}"
REFUSED = {
    "relax: [{after: 30s}]": ["relax.0: asks for nothing less: give skills, drop, groups or anyone: true"],
    "relax: [{skills: {a: 1}}]": ["relax.0.after: is missing"],
    "relax: [{after: 30s, skills: {a: 1}, drop: [a]}]": ["relax.0: both lowers and drops a: do one of them"],
    "relax: [{after: 30s, groups: [a], anyone: true}]": [
        "relax.0: has groups and anyone: whoever is in the groups is anyone; take the groups out"
    ],
    "relax: [{after: 0s, anyone: true}]": ["relax.0.after: must be greater than or equal to 1"],
    "relax: [{after: 30, anyone: yes please}]": [
        "relax.0.after: must be a duration such as 500ms, 5s, 2m or 1h",
        "relax.0.anyone: must be true or false",
    ],
    "ageing: 2": ["ageing: is not known here"],
    "target: {share: 100%}": ["target.share: cannot be 100%: that is beyond any number of agents; 99% is the most"],
    "target: {share: 0.8}": ["target.share: must be a share from 1% to 99%, such as 80%"],
    "target: {share: 101%, within: 0s}": [
        "target.share: must be a share from 1% to 99%, such as 80%",
        "target.within: must be greater than or equal to 1",
    ],
    "resume: 2h": ["resume: must be less than or equal to 3600"],
    "callbacks: {tries: 0, retry: 1s, ring: 10m}": [
        "callbacks.tries: must be greater than or equal to 1",
        "callbacks.retry: must be greater than or equal to 10",
        "callbacks.ring: must be less than or equal to 300",
    ],
    "groups: north": ["groups: must be a list"],
    f"overflow: [{{when: wait, {TO}}}]": ["overflow.0.over: is missing: wait needs a duration, such as over: 10m"],
    f"overflow: [{{when: estimate, over: 50, {TO}}}]": [
        "overflow.0.over: must be a duration such as 500ms, 5s, 2m or 1h"
    ],
    f"overflow: [{{when: wait, over: 25h, {TO}}}]": ["overflow.0.over: must be a duration from 1s to 24h"],
    f"overflow: [{{when: length, {TO}}}]": [
        "overflow.0.over: is missing: length needs a number of calls, such as over: 50"
    ],
    f"overflow: [{{when: length, over: 10m, {TO}}}]": [
        "overflow.0.over: must be a whole number of calls from 1 to 10000"
    ],
    f"overflow: [{{when: length, over: true, {TO}}}]": [
        "overflow.0.over: must be a whole number of calls from 1 to 10000"
    ],
    f"overflow: [{{when: closed, over: 1h, {TO}}}]": [
        "overflow.0.over: has no meaning here: closed has no limit; take it out"
    ],
    f"overflow: [{{when: late, over: 1h, {TO}}}]": [
        "overflow.0.when: must be 'wait', 'length', 'estimate', 'nobody' or 'closed'"
    ],
}
NOWHERE = "must lead to one place: {queue: ...}, {flow: ...}, {number: ...} or {message: ...}"


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=REFUSED)
def test_what_is_refused(text: str, told: list[str]) -> None:
    with pytest.raises(SiteError) as found:
        check(QueuesFile, parse(f"queues:\n  a:\n    {text}\n", "q.yaml"))
    assert [str(p).partition(" (")[0] for p in found.value.problems] == [f"q.yaml:3: queues.a.{line}" for line in told]


@pytest.mark.parametrize("to", ["home", "[home]", "{}", "{queue: b, flow: c}", "{flow: null}", "null"])
def test_an_overflow_leads_to_one_place(to: str) -> None:
    with pytest.raises(SiteError) as found:
        check(QueuesFile, parse(f"queues: {{a: {{overflow: [{{when: nobody, to: {to}}}]}}}}", "q.yaml"))
    assert [(p.key, p.message) for p in found.value.problems] == [("queues.a.overflow.0.to", NOWHERE)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("order: newest", "order: must be 'wait' or 'target'"),
        ("ageing: 0", "ageing: must be more than 0, so that no queue starves"),
        ("ageing: .nan", "ageing: must be more than 0, so that no queue starves"),
        ("ageing: 0.05", "ageing: must be greater than or equal to 0.1"),
        ("ageing: .inf", "ageing: must be less than or equal to 1000"),
        ("ageing: true", "ageing: must be a valid number"),
        ("levels: {gold: 2000}", "levels.gold: must be less than or equal to 1000"),
        ("levels: {gold: much}", "levels.gold: must be a whole number"),
        ("levels: [gold]", "levels: must be keys with values"),
    ],
)
def test_what_holds_for_all_queues(text: str, told: str) -> None:
    with pytest.raises(SiteError) as found:
        check(QueuesFile, parse(f"{text}\nqueues: {{}}", "q.yaml"))
    assert [str(p) for p in found.value.problems] == [f"q.yaml:1: {told}"]
