"""What is wrong with queues and people taken together, which shows in no line of them alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from cti.site.files import Document, Key, Problem
from cti.site.hints import meant, there_are
from routing.agents import Agent
from routing.queues import Exit, Needs, Overflow, Queue, Queues, Relaxation, Rule, merge, relaxed

Skills = Mapping[str, int]
"""Skill to level, 1 to 10."""
Asked = Mapping[str, Sequence[Skills]]
"""What calls of each queue may ask for besides what the queue does: a mapping for each way into it."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the site has around its queues. What is None is not known, and not checked.

    ``messages`` are the flows made of messages, ``numbers`` those that callers may be sent to, and
    ``asked`` what the flows ask for besides.
    """

    strategies: Collection[str]
    agents: Mapping[str, Agent] | None = None
    flows: Collection[str] | None = None
    messages: Collection[str] = ()
    numbers: Collection[str] | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """Why nobody can take a call. ``key`` is where that stands in the queue, if it does."""

    key: Key
    message: str
    hint: str


def check(document: Document, queues: Queues, around: Around) -> Iterator[Problem]:
    """All that is wrong. ``document`` is queues.yaml as it was read."""
    asked = None if around.asked is None else _with_overflow(around.asked, queues)
    for name, queue in queues.items():
        at: Key = ("queues", name)
        if queue.strategy not in around.strategies:
            message = f"there is no strategy {queue.strategy!r}"
            yield document.problem((*at, "strategy"), message, there_are(queue.strategy, around.strategies))
        if around.agents:  # a site without any is told of by the flows that lead to queues
            for lack in lacks(queue, {}, around.agents):
                yield document.problem((*at, *lack.key), lack.message, lack.hint)
            yield from _empty_groups(document, queue, around.agents)
        if queue.dispositions and queue.dispositions not in queues.dispositions:
            message = f"there is no tree of dispositions {queue.dispositions!r}"
            hint = there_are(queue.dispositions, queues.dispositions)
            yield document.problem((*at, "disposition", "tree"), message, hint)
        yield from _relaxing(document, queue, None if asked is None else asked.get(name, ()))
        yield from _overflow(document, queue, queues, around)
        if around.agents and asked is not None:
            yield from _forsaken(document, queue, queues, asked.get(name, ()), around.agents)
    yield from _circles(document, queues)


def lacks(queue: Queue, besides: Skills, agents: Mapping[str, Agent]) -> list[Lack]:
    """Why no agent can ever take a call of the queue that wants these skills ``besides``; nothing if
    one can, at the latest when the queue asks for the least. There is no timetable of agents: they
    are taken as always there."""
    if not agents:
        return [Lack((), f"nobody can take calls of {queue.name}: the site has no agent", "see people.yaml")]
    needs = relaxed(merge(queue.skills, besides, groups=queue.groups), queue.relax)
    levels = dict(needs.skills)
    crew = {n: a.skills for n, a in agents.items() if not needs.groups or a.groups & set(needs.groups)}
    if any(_meets(skills, needs) for skills in crew.values()):
        return []
    nobody = f"nobody can take calls of {queue.name}" + (", even when it asks for the least" if queue.relax else "")
    where = f" in {' or '.join(needs.groups)}" if needs.groups else ""
    if not crew:
        known = {group for agent in agents.values() for group in agent.groups}
        hint = f"the groups of people.yaml are {', '.join(sorted(known)) or 'none'}"
        return [Lack(("groups",), f"{nobody}: no agent is{where}", hint)]
    found: list[Lack] = []
    for skill, level in levels.items():
        best, who = max((skills.get(skill, 0), agent) for agent, skills in crew.items())
        key = ("skills", skill) if skill in queue.skills else ()
        if not best:
            hint = there_are(skill, {s for skills in crew.values() for s in skills})
            found.append(Lack(key, f"{nobody}: no agent{where} has the skill {skill!r}", hint))
        elif best < level:
            message = f"{nobody}: no agent{where} has {skill} at {level} or better"
            found.append(Lack(key, message, f"the best is {who} at {best}"))
    if not found:
        all_of = ", ".join(f"{skill} {level}" for skill, level in sorted(levels.items()))
        found.append(Lack(("skills",), f"{nobody}: no agent{where} alone has {all_of}", "see people.yaml"))
    return found


def _meets(skills: Skills, needs: Needs) -> bool:
    return all(skills.get(skill, 0) >= level for skill, level in needs.skills)


def phones(document: Document, dialled: Mapping[str, Sequence[tuple[Key, str]]]) -> Iterator[Problem]:
    """Phones that two people have, or one twice. ``dialled`` are each person's phones, each with where
    that stands under the person."""
    taken: dict[str, str] = {}
    for name, own in dialled.items():
        for key, phone in own:
            at: Key = ("people", name, *key)
            if phone not in taken:
                taken[phone] = name
            elif taken[phone] == name:
                yield document.problem(at, f"{phone} is listed twice", "take one out")
            else:
                message = f"{phone} is the phone of {taken[phone]} already"
                yield document.problem(at, message, "a phone rings for one person: give each their own")


def _empty_groups(document: Document, queue: Queue, agents: Mapping[str, Agent]) -> Iterator[Problem]:
    """Groups that nobody is in, beside others."""
    known = {group for agent in agents.values() for group in agent.groups}
    if not known & queue.groups:
        return  # told of already: nobody can take its calls, or a relaxation lets others
    listed: list[tuple[Key, frozenset[str]]] = [(("groups",), queue.groups)]
    listed += [(("relax", i, "groups"), step.groups) for i, step in enumerate(queue.relax)]
    for key, groups in listed:
        for group in sorted(groups - known):
            message = f"no agent is in the group {group!r}"
            yield document.problem(("queues", queue.name, *key), message, there_are(group, known))


# Relaxation


def _with_overflow(asked: Asked, queues: Queues) -> Asked:
    """What calls may ask for in each queue that come to it from a flow, or by overflow."""
    found: dict[str, list[Skills]] = {name: list(asked.get(name, ())) for name in queues}
    for start in queues:
        todo, seen = [start], {start}
        while todo:
            for rule in queues[todo.pop()].overflow:
                if rule.exit is Exit.QUEUE and rule.to in queues and rule.to not in seen:
                    seen.add(rule.to)
                    todo.append(rule.to)
                    found[rule.to] += asked.get(start, ())
    return found


def _relaxing(document: Document, queue: Queue, besides: Sequence[Skills] | None) -> Iterator[Problem]:
    """Steps that widen nothing. One that does so for the calls of one way into the queue is good."""
    wanted = [merge(queue.skills, skills, groups=queue.groups) for skills in ({}, *(besides or ()))]
    before: Relaxation | None = None
    for i, step in enumerate(queue.relax):
        at: Key = ("queues", queue.name, "relax", i)
        if before is not None and step.after_s <= before.after_s:
            message = f"comes no later than the step before it, which is after {_time(before.after_s)}"
            yield document.problem((*at, "after"), message, "write the steps in the order of their time")
        levels: dict[str, int] = {}
        for needs in wanted:
            for skill, level in needs.skills:
                levels[skill] = max(level, levels.get(skill, 0))
        if besides is not None:
            yield from _skills_of(document, at, step, levels)
        groups = set(wanted[0].groups)
        key = "groups" if step.groups else "anyone"
        if not groups and (step.groups or step.anyone):
            message = "widens nothing: anyone can take the calls by then"
            yield document.problem((*at, key), message, "limit the queue by groups, or take it out")
        elif step.groups and step.groups <= groups:
            message = f"widens nothing: {', '.join(sorted(step.groups))} can take the calls already"
            yield document.problem((*at, key), message, "name another group, or take it out")
        wanted = [relaxed(needs, (step,)) for needs in wanted]
        before = step


def _skills_of(document: Document, at: Key, step: Relaxation, levels: Skills) -> Iterator[Problem]:
    """Skills that a step lowers or drops in vain: ``levels`` are what may be asked for before it."""
    for skill, level in step.skills.items():
        if skill not in levels:
            yield document.problem((*at, "skills", skill), *_not_asked(skill, levels))
        elif level >= levels[skill]:
            message = f"widens nothing: {skill} {level} is not below the {levels[skill]} that is asked for by then"
            yield document.problem((*at, "skills", skill), message, "ask for less, or take it out")
    for skill in sorted(step.drop - levels.keys()):
        yield document.problem((*at, "drop"), *_not_asked(skill, levels))


def _not_asked(skill: str, levels: Skills) -> tuple[str, str]:
    message = f"widens nothing: neither the queue nor a flow asks for {skill!r} by then"
    return message, meant(skill, levels) or "take it out"


# Overflow


def _overflow(document: Document, queue: Queue, queues: Queues, around: Around) -> Iterator[Problem]:
    """Overflow to what is not there, and rules that never come to pass."""
    for i, rule in enumerate(queue.overflow):
        at: Key = ("queues", queue.name, "overflow", i)
        if message := _nowhere(rule, queues, around):
            yield document.problem((*at, "to", str(rule.exit)), *message)
        if rule.rule is Rule.CLOSED and queue.hours is None:
            message = "never comes: the queue has no hours", "give the queue hours, or take this out"
            yield document.problem((*at, "when"), *message)
        for earlier in queue.overflow[:i]:
            if message := _never(rule, earlier):
                yield document.problem((*at, "over" if rule.limit else "when"), *message)
                break


def _forsaken(
    document: Document, queue: Queue, queues: Queues, besides: Sequence[Skills], agents: Mapping[str, Agent]
) -> Iterator[Problem]:
    """Queues whose agents lack what a flow asked for: it goes along with the call."""
    for i, rule in enumerate(queue.overflow):
        other = queues.get(rule.to) if rule.exit is Exit.QUEUE else None
        if other is None or lacks(other, {}, agents):
            continue
        found = {lack.message: lack for skills in besides for lack in lacks(other, skills, agents)}
        for lack in found.values():
            key: Key = ("queues", queue.name, "overflow", i, "to", "queue")
            message = f"{lack.message}; what a flow asks for goes along with the call"
            yield document.problem(key, message, lack.hint)


def _nowhere(rule: Overflow, queues: Queues, around: Around) -> tuple[str, str] | None:
    there: Collection[str] | None
    match rule.exit:
        case Exit.QUEUE:
            there = queues
        case Exit.FLOW:
            there = around.flows
        case Exit.NUMBER:
            there = around.numbers
    if there is None or rule.to in there or (rule.exit is Exit.FLOW and rule.to in around.messages):
        return None
    if rule.exit is Exit.NUMBER:
        return f"callers may not be sent to the number {rule.to!r}", "allow it in site.yaml: transfers_to_numbers"
    return f"the site has no {rule.exit} {rule.to!r}", there_are(rule.to, there)


def _never(rule: Overflow, earlier: Overflow) -> tuple[str, str] | None:
    """Why one of two rules never comes to pass, and what to do."""
    first, last = (earlier, rule) if rule.rule is not Rule.WAIT or earlier.limit <= rule.limit else (rule, earlier)
    if rule.rule is not earlier.rule or first.exit is Exit.NUMBER:  # a number may not answer
        return None
    match rule.rule:
        case Rule.NOBODY | Rule.CLOSED:
            return f"never comes: there is a rule for {rule.rule} before it", "take one of them out"
        case Rule.WAIT:
            message = (
                f"over {_time(last.limit)} never comes: after {_time(first.limit)} the call is gone by another rule"
            )
            return message, "keep one rule for wait"
        case Rule.LENGTH | Rule.ESTIMATE if rule.limit >= earlier.limit:
            shown = f"{earlier.limit:g}" if rule.rule is Rule.LENGTH else _time(earlier.limit)
            return f"never comes: the rule over {shown} before it takes those calls too", "put the greater one first"
    return None


def _circles(document: Document, queues: Queues) -> Iterator[Problem]:
    """Circles of queues that give calls to one another."""
    ways = {n: [r.to for r in q.overflow if r.exit is Exit.QUEUE and r.to in queues] for n, q in queues.items()}
    order = list(queues)
    while True:
        try:
            TopologicalSorter(ways).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][:0:-1]  # it goes against the calls, and ends where it begins
        else:
            return
        first = circle.index(min(circle, key=order.index))
        circle = [*circle[first:], *circle[:first]]
        start, to = circle[0], circle[1 % len(circle)]
        i = next(i for i, r in enumerate(queues[start].overflow) if r.exit is Exit.QUEUE and r.to == to)
        message = f"calls would go round in a circle: {' → '.join([*circle, start])}"
        hint = "let one of them give its calls to a flow, a number or a message"
        yield document.problem(("queues", start, "overflow", i, "to", "queue"), message, hint)
        ways[start] = [other for other in ways[start] if other != to]


def _time(seconds: float) -> str:
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
