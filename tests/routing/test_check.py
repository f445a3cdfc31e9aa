"""Queues and people that are good by themselves and wrong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.site.files import Key, check, parse
from routing.agents import Agent
from routing.check import Around, lacks, phones
from routing.check import check as together
from routing.queues import Queue, Queues, Relaxation, merge, relaxed
from routing.queues_file import QueuesFile

AGENTS = {
    "ann": Agent("ann", "PJSIP/ann", {"faults": 8, "english": 2}, frozenset({"north"})),
    "bob": Agent("bob", "PJSIP/bob", {"faults": 3, "english": 9}, frozenset({"south", "night"})),
}
SKILLS = "skills: {faults: 5, english: 3}"


def told(text: str, **around: Any) -> list[str]:
    """What is wrong with queues.yaml; the agents are AGENTS, and all else as given."""
    document = parse(text, "q.yaml")
    known = Around(**{"strategies": ("best-skill", "longest-idle"), "agents": AGENTS, "asked": {}, **around})
    return [str(problem) for problem in together(document, check(QueuesFile, document).build(), known)]


def of(*lines: str, **around: Any) -> list[str]:
    """What is wrong with one queue of these lines, by the key inside of it."""
    start = "q.yaml:"
    found = told("queues:\n  a:\n    " + "\n    ".join(lines) + "\n  b: {}\n", **around)
    assert all(line.startswith(start) for line in found)
    return [line.partition(": queues.a.")[2] or line for line in found]


def test_what_is_right() -> None:
    assert not of(
        "skills: {faults: 5, english: 3}",
        "groups: [north]",
        "relax: [{after: 30s, skills: {english: 2}}, {after: 1m, groups: [south]}, {after: 2m, anyone: true}]",
        "hours: {zone: UTC, open: {mon: '08:00-09:00'}}",
        "overflow:",
        "  - {when: closed, to: {flow: closed}}",
        "  - {when: nobody, to: {message: Nobody is here.}}",
        "  - {when: length, over: 50, to: {number: '110'}}",
        "  - {when: length, over: 20, to: {queue: b}}",
        "  - {when: wait, over: 10m, to: {queue: b}}",
        flows={"closed"},
        messages={"a.nobody"},
        numbers={"110"},
    )


def test_several_mistakes_are_told_at_once() -> None:
    assert told(
        "queues:\n"
        "  a:\n"
        "    skills: {faults: 9}\n"
        "    relax: [{after: 30s, skills: {faults: 9}}]\n"
        "    strategy: longest\n"
        "    overflow: [{when: nobody, to: {queue: b}}]\n"
        "  b:\n"
        "    overflow: [{when: nobody, to: {queue: a}}]\n"
    ) == [
        "q.yaml:5: queues.a.strategy: there is no strategy 'longest' (did you mean longest-idle?)",
        "q.yaml:3: queues.a.skills.faults: nobody can take calls of a, even when it asks for the least:"
        " no agent has faults at 9 or better (the best is ann at 8)",
        "q.yaml:4: queues.a.relax.0.skills.faults: widens nothing: faults 9 is not below the 9 that is asked for"
        " by then (ask for less, or take it out)",
        "q.yaml:6: queues.a.overflow.0.to.queue: calls would go round in a circle: a → b → a"
        " (let one of them give its calls to a flow, a number or a message)",
    ]


NOBODY = {
    "skills: {fault: 1}": "skills.fault: nobody can take calls of a: no agent has the skill 'fault'"
    " (did you mean faults?)",
    "skills: {faults: 9}": "skills.faults: nobody can take calls of a: no agent has faults at 9 or better"
    " (the best is ann at 8)",
    SKILLS: "skills: nobody can take calls of a: no agent alone has english 3, faults 5 (see people.yaml)",
    "groups: [east]": "groups: nobody can take calls of a: no agent is in east"
    " (the groups of people.yaml are night, north, south)",
}


@pytest.mark.parametrize(("line", "said"), NOBODY.items(), ids=NOBODY)
def test_a_queue_that_nobody_can_take_calls_of(line: str, said: str) -> None:
    assert of(line) == [said]


def test_skills_are_looked_for_in_the_groups() -> None:
    assert of("skills: {faults: 5}", "groups: [south]") == [
        "skills.faults: nobody can take calls of a: no agent in south has faults at 5 or better (the best is bob at 3)"
    ]


@pytest.mark.parametrize(
    "relax", ["{after: 1s, skills: {faults: 3}}", "{after: 1s, drop: [faults]}", "{after: 1s, skills: {english: 2}}"]
)
def test_relaxation_may_let_somebody_take_them(relax: str) -> None:
    assert of(SKILLS) != []
    assert of(SKILLS, f"relax: [{relax}]") == []
    assert of("skills: {faults: 5}", "groups: [south]", "relax: [{after: 1s, groups: [north]}]") == []


def test_what_a_flow_asks_for_besides() -> None:
    queue = Queue("a", {"faults": 5})
    relaxing = Queue("a", {"faults": 5}, relax=(Relaxation(30, drop=frozenset({"english"})),))
    (lack,) = lacks(queue, {"english": 3}, AGENTS)
    assert lack.message == "nobody can take calls of a: no agent alone has english 3, faults 5"
    assert lacks(relaxing, {"english": 3}, AGENTS) == []
    (lack,) = lacks(queue, {}, {})
    assert lack.message == "nobody can take calls of a: the site has no agent"


def test_a_group_that_nobody_is_in() -> None:
    assert of("groups: [north, est]", "relax: [{after: 1s, groups: [soth]}]") == [
        "groups: no agent is in the group 'est' (there is night, north, south)",
        "relax.0.groups: no agent is in the group 'soth' (did you mean south?)",
    ]


NOTHING = {
    "{after: 1m, skills: {english: 3}}": "relax.0.skills.english: widens nothing: english 3 is not below the 3 that is"
    " asked for by then (ask for less, or take it out)",
    "{after: 1m, skills: {englsh: 1}}": "relax.0.skills.englsh: widens nothing: neither the queue nor a flow asks for"
    " 'englsh' by then (did you mean english?)",
    "{after: 1m, drop: [tea]}": "relax.0.drop: widens nothing: neither the queue nor a flow asks for 'tea' by then"
    " (take it out)",
    "{after: 1m, groups: [south]}": "relax.0.groups: widens nothing: anyone can take the calls by then"
    " (limit the queue by groups, or take it out)",
    "{after: 1m, anyone: true}": "relax.0.anyone: widens nothing: anyone can take the calls by then"
    " (limit the queue by groups, or take it out)",
    "{after: 1m, drop: [english]}, {after: 2m, drop: [english]}": "relax.1.drop: widens nothing: neither the queue nor"
    " a flow asks for 'english' by then (take it out)",
    "{after: 1m, drop: [english]}, {after: 1m, skills: {faults: 1}}": "relax.1.after: comes no later than the step"
    " before it, which is after 1m (write the steps in the order of their time)",
}


@pytest.mark.parametrize(("relax", "said"), NOTHING.items(), ids=NOTHING)
def test_a_relaxation_that_widens_nothing(relax: str, said: str) -> None:
    assert of("skills: {faults: 3, english: 3}", f"relax: [{relax}]") == [said]


def test_groups_that_are_there_already() -> None:
    assert of("groups: [north, south]", "relax: [{after: 1s, groups: [south]}]") == [
        "relax.0.groups: widens nothing: south can take the calls already (name another group, or take it out)"
    ]
    assert of("groups: [north]", "relax: [{after: 1s, anyone: true}, {after: 2s, groups: [south]}]") == [
        "relax.1.groups: widens nothing: anyone can take the calls by then (limit the queue by groups, or take it out)"
    ]


def test_relaxation_of_what_flows_ask_for() -> None:
    relax = "relax: [{after: 1m, skills: {english: 3}}, {after: 2m, drop: [english]}]"
    assert len(of(relax)) == 2
    assert of(relax, asked={"a": [{}, {"english": 5}]}) == []
    assert len(of(relax, asked={"b": [{"english": 5}]})) == 2
    assert of(relax, asked=None) == []  # no flow could be read


def test_relaxation_of_what_overflow_brings() -> None:
    text = (
        "queues:\n  a: {overflow: [{when: nobody, to: {queue: b}}]}\n"
        "  b: {overflow: [{when: nobody, to: {queue: c}}]}\n  c: {relax: [{after: 1m, drop: [english]}]}\n"
    )
    assert told(text, asked={"a": [{"english": 5}]}) == []
    assert len(told(text)) == 1


OVERFLOW = {
    "{when: nobody, to: {queue: c}}": "overflow.0.to.queue: the site has no queue 'c' (there is a, b)",
    "{when: nobody, to: {flow: clsed}}": "overflow.0.to.flow: the site has no flow 'clsed' (did you mean closed?)",
    "{when: nobody, to: {number: '112'}}": "overflow.0.to.number: callers may not be sent to the number '112'"
    " (allow it in site.yaml: transfers_to_numbers)",
    "{when: closed, to: {flow: closed}}": "overflow.0.when: never comes: the queue has no hours"
    " (give the queue hours, or take this out)",
    "{when: nobody, to: {queue: b}}, {when: nobody, to: {flow: closed}}": "overflow.1.when: never comes: there is a"
    " rule for nobody before it (take one of them out)",
    "{when: wait, over: 5m, to: {queue: b}}, {when: wait, over: 10m, to: {flow: closed}}": "overflow.1.over: over 10m"
    " never comes: after 5m the call is gone by another rule (keep one rule for wait)",
    "{when: wait, over: 1h, to: {queue: b}}, {when: wait, over: 90s, to: {flow: closed}}": "overflow.1.over: over 1h"
    " never comes: after 90s the call is gone by another rule (keep one rule for wait)",
    "{when: length, over: 20, to: {queue: b}}, {when: length, over: 50, to: {flow: closed}}": "overflow.1.over: never"
    " comes: the rule over 20 before it takes those calls too (put the greater one first)",
    "{when: estimate, over: 5m, to: {queue: b}}, {when: estimate, over: 5m, to: {flow: closed}}": "overflow.1.over:"
    " never comes: the rule over 5m before it takes those calls too (put the greater one first)",
    "{when: wait, over: 5m, to: {queue: a}}": "overflow.0.to.queue: calls would go round in a circle: a → a"
    " (let one of them give its calls to a flow, a number or a message)",
}


@pytest.mark.parametrize(("overflow", "said"), OVERFLOW.items(), ids=OVERFLOW)
def test_overflow(overflow: str, said: str) -> None:
    assert of(f"overflow: [{overflow}]", flows={"closed"}, numbers={"110"}) == [said]
    if "the site has no flow" in said:
        assert of(f"overflow: [{overflow}]", flows=None, numbers=None) == []  # they could not be read


def test_a_number_may_not_answer_and_then_the_next_rule_comes() -> None:
    number = "{when: wait, over: 5m, to: {number: '110'}}"
    assert of(f"overflow: [{number}, {{when: wait, over: 10m, to: {{queue: b}}}}]", numbers={"110"}) == []
    assert of(f"overflow: [{{when: wait, over: 10m, to: {{queue: b}}}}, {number}]", numbers={"110"}) == []


def test_what_a_flow_asks_for_goes_along_with_the_call() -> None:
    text = "queues:\n  a: {overflow: [{when: nobody, to: {queue: b}}]}\n  b: {skills: {faults: 5}}\n"
    assert told(text, asked={"a": [{"english": 1}, {"english": 3}, {"english": 3}]}) == [
        "q.yaml:2: queues.a.overflow.0.to.queue: nobody can take calls of b: no agent alone has english 3, faults 5"
        "; what a flow asks for goes along with the call (see people.yaml)"
    ]


def test_circles_are_shown_in_the_way_of_the_calls() -> None:
    text = "queues:\n" + "".join(
        f"  {name}: {{overflow: [{', '.join(f'{{when: wait, over: 1m, to: {{queue: {to}}}}}' for to in tos)}]}}\n"
        for name, tos in {"a": "b", "b": "c", "c": "d", "d": "b", "e": "f", "f": "e", "g": "a"}.items()
    )
    shown = [line.partition(" in a circle: ")[2].partition(" (")[0] for line in told(text)]
    assert sorted(shown) == ["b → c → d → b", "e → f → e"]


PHONES: Sequence[tuple[Mapping[str, Sequence[tuple[Key, str]]], list[str]]] = [
    ({"ann": [(("phones", 0), "PJSIP/a"), (("phones", 1), "PJSIP/b")], "bob": [(("phone",), "PJSIP/c")]}, []),
    (
        {"ann": [(("phones", 0), "PJSIP/a"), (("phones", 1), "PJSIP/b")], "bob": [(("phone",), "PJSIP/b")]},
        ["people.bob.phone: PJSIP/b is the phone of ann already"],
    ),
    (
        {"ann": [(("phones", 0), "PJSIP/a"), (("phones", 1), "PJSIP/a")]},
        ["people.ann.phones.1: PJSIP/a is listed twice"],
    ),
]


@pytest.mark.parametrize(("dialled", "said"), PHONES)
def test_phones(dialled: Mapping[str, Sequence[tuple[Key, str]]], said: list[str]) -> None:
    document = parse("people: {}", "people.yaml")
    assert [f"{p.key}: {p.message}" for p in phones(document, dialled)] == said


NAMES = st.sampled_from("abc")
LEVELS = st.dictionaries(NAMES, st.integers(1, 10), max_size=3)
STEP = st.builds(
    Relaxation,
    after_s=st.integers(1, 600).map(float),
    skills=LEVELS,
    drop=st.frozensets(NAMES, max_size=2),
    groups=st.frozensets(NAMES, max_size=2),
    anyone=st.booleans(),
)


@given(LEVELS, st.frozensets(NAMES), st.lists(STEP, max_size=4), st.lists(LEVELS, max_size=2))
def test_a_step_that_changes_nothing_is_always_refused(
    skills: dict[str, int], groups: frozenset[str], steps: list[Relaxation], besides: list[dict[str, int]]
) -> None:
    """Whatever calls may ask for; of a step with several parts, each must do something."""
    queue = Queue("a", skills, groups=groups, relax=tuple(steps))
    found = together(parse("", "q.yaml"), Queues({"a": queue}), Around(("best-skill",), asked={"a": besides}))
    refused = {int(problem.key.split(".")[3]) for problem in found}
    wanted = [merge(skills, more, groups=groups) for more in ({}, *besides)]
    for i, step in enumerate(steps):
        after = [relaxed(needs, (step,)) for needs in wanted]
        if after == wanted and (step.skills or step.drop or step.groups or step.anyone):
            assert i in refused
        wanted = after
