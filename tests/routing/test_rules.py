"""The rules of routing one by one, as scenarios: each step, and all that it brings about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cti.calls.events import Offered, StateAsked
from cti.calls.standing import Standing
from cti.calls.words import AgentState, CallId
from cti.site.hours import Hours
from routing.agents import Agent, NotAllowed
from routing.handler import RoutingPart
from routing.memory_store import MemoryStore
from routing.queues import Exit, Order, Overflow, Queue, Queues, Relaxation, Rule, Target
from tests.routing.line import Line
from tests.routing.test_handler import Scenario

AGENTS = {
    "ann": Agent("ann", "PJSIP/ann", {"faults": 8, "english": 5}, groups=frozenset({"north"})),
    "ben": Agent("ben", "PJSIP/ben", {"faults": 4}, groups=frozenset({"north"}), phones=("PJSIP/ben-home",)),
    "cid": Agent("cid", "PJSIP/cid", {"faults": 8}, groups=frozenset({"south"}), auto_answer=True),
    "dan": Agent("dan", "PJSIP/dan", {"bills": 3}),
    "eva": Agent("eva", "PJSIP/eva", {"bills": 9}),
}
FAULTS = Queue(
    "faults",
    {"faults": 5, "english": 3},
    wrap_up_s=0.0,
    groups=frozenset({"north"}),
    relax=(
        Relaxation(30.0, skills={"faults": 3}),
        Relaxation(60.0, drop=frozenset({"english"})),
        Relaxation(90.0, groups=frozenset({"south"})),
    ),
    resume_s=120.0,
)
CLOSED = Hours.model_validate({"zone": "UTC", "open": {"mon": "08:00-09:00"}, "special": {"1970-01-01": "closed"}})


def bills(*overflow: Overflow, **more: object) -> Queue:
    return Queue("bills", {"bills": 1}, wrap_up_s=0.0, overflow=overflow, **more)  # type: ignore[arg-type]


def queues(*others: Queue, order: Order = Order.WAIT) -> Queues:
    return Queues({queue.name: queue for queue in (FAULTS, *others)}, order, {"gold": 5})


TO_FAULTS = Overflow(Rule.WAIT, 20.0, Exit.QUEUE, "faults")

RULES: Mapping[str, tuple[Queues, Scenario]] = {
    "relaxation: a level after 30 s, a skill after 60 s, a group after 90 s": (
        queues(),
        [
            ("ben ready", ["ben ready"]),
            ("cid ready", ["cid ready"]),
            ("c1 queued faults", ["-> music c1 default"]),
            ("wait 29", []),
            ("wait 30", []),
            ("wait 1", ["offered c1 ben", "ben reserved c1", "-> offer c1 PJSIP/ben 15s"]),
            ("c1 refused no answer", ["ben not ready (no answer)"]),
            ("wait 29", []),
            ("wait 1", ["offered c1 cid", "cid reserved c1", "-> offer c1 PJSIP/cid 15s"]),
        ],
    ),
    "a call that comes back has its place and its relaxation at once": (
        queues(),
        [
            ("ben ready", ["ben ready"]),
            (
                "c1 queued faults since=900",
                ["-> music c1 default", "offered c1 ben", "ben reserved c1", "-> offer c1 PJSIP/ben 15s"],
            ),
        ],
    ),
    "a better customer goes first": (
        queues(bills()),
        [
            ("c1 queued bills", ["-> music c1 default"]),
            ("c2 queued bills level=gold", ["-> music c2 default"]),
            ("c3 queued bills level=tin", ["-> music c3 default"]),
            ("dan ready", ["dan ready", "offered c2 dan", "dan reserved c2", "-> offer c2 PJSIP/dan 15s"]),
            ("eva ready", ["eva ready", "offered c1 eva", "eva reserved c1", "-> offer c1 PJSIP/eva 15s"]),
        ],
    ),
    "but not before who has waited for long enough": (
        queues(bills()),
        [
            ("c1 queued bills since=699", ["-> music c1 default"]),
            ("c2 queued bills level=gold", ["-> music c2 default"]),
            ("dan ready", ["dan ready", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"]),
        ],
    ),
    "the queue nearer to missing its target goes first": (
        Queues(
            {
                "slow": Queue("slow", {"bills": 1}, target=Target(0.8, 60.0)),
                "fast": Queue("fast", {"bills": 1}, target=Target(0.8, 10.0)),
            },
            Order.TARGET,
        ),
        [
            ("c1 queued slow since=970", ["-> music c1 default"]),
            ("c2 queued fast since=995", ["-> music c2 default"]),
            ("dan ready", ["dan ready", "offered c2 dan", "dan reserved c2", "-> offer c2 PJSIP/dan 15s"]),
        ],
    ),
    "the preferred agent is waited for, up to a time": (
        queues(bills()),
        [
            ("eva ready", ["eva ready"]),
            ("dan break", ["dan not ready (break)"]),
            ("c1 queued bills prefer=dan for=20", ["-> music c1 default"]),
            ("wait 19", []),
            ("wait 1", ["offered c1 eva", "eva reserved c1", "-> offer c1 PJSIP/eva 15s"]),
        ],
    ),
    "the preferred agent is asked first, were another better": (
        queues(bills()),
        [
            ("eva ready", ["eva ready"]),
            ("dan ready", ["dan ready"]),
            (
                "c1 queued bills prefer=dan for=20",
                ["-> music c1 default", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"],
            ),
        ],
    ),
    "a preferred agent who isn't there, or can't, isn't waited for": (
        queues(bills()),
        [
            ("eva ready", ["eva ready"]),
            (
                "c1 queued bills prefer=dan for=20",
                ["-> music c1 default", "offered c1 eva", "eva reserved c1", "-> offer c1 PJSIP/eva 15s"],
            ),
            ("ann ready", ["ann ready"]),
            ("dan ready", ["dan ready"]),
            (
                "c2 queued bills prefer=ann for=20",
                ["-> music c2 default", "offered c2 dan", "dan reserved c2", "-> offer c2 PJSIP/dan 15s"],
            ),
        ],
    ),
    "overflow by wait, to a queue, with the waiting counted": (
        queues(bills(TO_FAULTS)),
        [
            ("c1 queued bills", ["-> music c1 default"]),
            ("wait 19", []),
            (
                "wait 1",
                ["left c1 overflow: waited 20 s", "queued c1 faults since 1000", "-> music c1 default"],
            ),
        ],
    ),
    "no overflow while an agent's phone rings; at once when he doesn't answer": (
        queues(bills(TO_FAULTS)),
        [
            ("c1 queued bills", ["-> music c1 default"]),
            ("wait 15", []),
            ("dan ready", ["dan ready", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"]),
            ("wait 10", []),
            ("c1 refused no answer", ["dan not ready (no answer)"]),
            ("wait 0", ["left c1 overflow: waited 20 s", "queued c1 faults since 1000", "-> music c1 default"]),
        ],
    ),
    "overflow by length, to a flow": (
        queues(bills(Overflow(Rule.LENGTH, 2, Exit.FLOW, "full"))),
        [
            ("c1 queued bills", ["-> music c1 default"]),
            ("c2 queued bills", ["-> music c2 default"]),
            ("c3 queued bills", ["diverted c3 full: overflow: 2 calls before it"]),
            ("c4 queued bills urgent", ["-> music c4 default"]),
        ],
    ),
    "overflow to a number; where that fails the call goes on waiting": (
        queues(bills(Overflow(Rule.NOBODY, 0, Exit.NUMBER, "+4930"))),
        [
            ("c1 queued bills", ["-> music c1 default", "-> transfer c1 +4930"]),
            ("c1 failed Transfer", []),
            ("dan ready", ["dan ready", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"]),
        ],
    ),
    "overflow when the last agent logs out": (
        queues(bills(Overflow(Rule.NOBODY, 0, Exit.FLOW, "sorry"))),
        [
            ("dan break", ["dan not ready (break)"]),
            ("ann ready", ["ann ready"]),
            ("c1 queued bills", ["-> music c1 default"]),
            ("dan offline", ["dan offline", "diverted c1 sorry: overflow: nobody logged in"]),
            ("c2 queued bills", ["diverted c2 sorry: overflow: nobody logged in"]),
        ],
    ),
    "overflow when closed": (
        queues(bills(Overflow(Rule.CLOSED, 0, Exit.FLOW, "closed"), hours=CLOSED)),
        [("c1 queued bills", ["diverted c1 closed: overflow: closed"])],
    ),
    "a flow that sends the call back: the rule is spent, and the call waits": (
        queues(bills(Overflow(Rule.WAIT, 20, Exit.FLOW, "again"))),
        [
            ("c1 queued bills", ["-> music c1 default"]),
            ("wait 20", ["diverted c1 again: overflow: waited 20 s"]),
            ("c1 queued bills since=1000", ["-> music c1 default"]),
            ("wait 99", []),
        ],
    ),
    "overflow by the estimated wait": (
        queues(bills(Overflow(Rule.ESTIMATE, 15, Exit.FLOW, "busy"))),
        [
            ("dan ready", ["dan ready"]),
            (
                "c1 queued bills",
                ["-> music c1 default", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"],
            ),
            ("c1 accepted", ["-> connect c1"]),
            ("c1 connected", ["dan talking c1"]),
            ("wait 20", []),
            ("c2 queued bills", ["-> music c2 default"]),
            ("c1 left talk", ["dan ready", "offered c2 dan", "dan reserved c2", "-> offer c2 PJSIP/dan 15s"]),
            ("c3 queued bills", ["diverted c3 busy: overflow: an estimated wait of 15 s"]),
        ],
    ),
    "no overflow by the estimated wait while an agent is ready": (
        queues(bills(Overflow(Rule.ESTIMATE, 15, Exit.FLOW, "busy"))),
        [
            ("dan ready", ["dan ready"]),
            (
                "c1 queued bills",
                ["-> music c1 default", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"],
            ),
            ("c1 accepted", ["-> connect c1"]),
            ("c1 connected", ["dan talking c1"]),
            ("wait 20", []),
            ("c1 left talk", ["dan ready"]),
            (
                "c2 queued bills",
                ["-> music c2 default", "offered c2 dan", "dan reserved c2", "-> offer c2 PJSIP/dan 15s"],
            ),
            ("c3 queued bills", ["diverted c3 busy: overflow: an estimated wait of 15 s"]),
        ],
    ),
    "a caller who was cut off and calls again has his place back": (
        queues(),
        [
            ("c1 queued faults", ["-> music c1 default"]),
            ("wait 80", []),
            ("c2 queued faults", ["-> music c2 default"]),
            ("c1 ended", []),
            ("wait 60", []),
            ("c3 queued faults", ["-> music c3 default"]),
            ("cid ready", ["cid ready", "offered c3 cid", "cid reserved c3", "-> offer c3 PJSIP/cid 15s"]),
        ],
    ),
    "who calls again too late has not": (
        queues(),
        [
            ("c1 queued faults", ["-> music c1 default"]),
            ("wait 80", []),
            ("c1 ended", []),
            ("wait 121", []),
            ("c3 queued faults", ["-> music c3 default"]),
            ("cid ready", ["cid ready"]),
        ],
    ),
    "round robin, whoever took the last call": (
        queues(bills(strategy="round-robin")),
        [
            ("dan ready", ["dan ready"]),
            ("wait 1", []),
            ("eva ready", ["eva ready"]),
            (
                "c1 queued bills",
                ["-> music c1 default", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"],
            ),
            ("c1 ended", ["-> withdraw c1", "refused c1 dan withdrawn", "dan ready"]),
            (
                "c2 queued bills",
                ["-> music c2 default", "offered c2 eva", "eva reserved c2", "-> offer c2 PJSIP/eva 15s"],
            ),
        ],
    ),
    "at the phone that he logged in from": (
        queues(),
        [
            ("x asked PJSIP/ben-home ready", ["ben ready"]),
            (
                "c1 queued faults since=900",
                ["-> music c1 default", "offered c1 ben", "ben reserved c1", "-> offer c1 PJSIP/ben-home 15s"],
            ),
            ("x asked PJSIP/nobody ready", []),
        ],
    ),
}


@pytest.mark.parametrize("name", RULES)
async def test_a_rule(name: str) -> None:
    site, steps = RULES[name]
    line = Line(MemoryStore(), AGENTS, site)
    await line.start()
    for step, expected in steps:
        assert await line.do(step) == expected, step


async def test_a_decision_says_why() -> None:
    line = Line(MemoryStore(), AGENTS, queues())
    await line.start()
    await line.do("c1 queued faults")
    await line.do("ann ready")
    await line.do("c1 refused refused")
    await line.do("ann ready")
    await line.do("c2 queued faults since=990")
    await line.do("ann offline")
    await line.wait(50)
    seen: list[Offered] = []
    tell = line.part.on_event

    async def watch(event, call, now):  # type: ignore[no-untyped-def]
        if isinstance(event, Offered):
            seen.append(event)
        return await tell(event, call, now)

    line.part.on_event = watch  # type: ignore[method-assign]
    await line.do("ben ready")
    assert [(e.call, e.agent, e.step, e.candidates, e.strategy) for e in seen] == [("c2", "ben", 2, 1, "best-skill")]
    await line.do("c3 queued faults")
    why = line.part.why(CallId("c3"), line.now)
    assert why is not None
    assert (why.position, why.step, why.steps, why.needs) == (2, 0, 3, "english 3, faults 5; one of north")
    assert why.ahead == ("c1",)
    assert why.next_step_s == 30.0
    assert dict(why.agents) == {"hasn't english 3, faults 5; one of north": 4, "logged out": 1}
    assert line.part.why(CallId("nobody"), line.now) is None


async def test_wrap_up_is_longer_on_request() -> None:
    line = Line(MemoryStore())
    await line.start()
    for step in ("alice ready", "c1 queued orders", "c1 accepted", "c1 connected", "c1 left talk"):
        await line.do(step)
    await line.part.extend_wrap_up("alice", 30.0, line.now)
    assert await line.wait(39) == []
    assert await line.wait(1) == ["alice ready"]
    with pytest.raises(NotAllowed, match="not in wrap-up"):
        await line.part.extend_wrap_up("alice", 30.0, line.now)


async def test_what_callers_are_told_of_their_wait_and_how_far_out_it_was() -> None:
    errors: list[tuple[str, float]] = []
    line = Line(MemoryStore(), AGENTS, queues(bills()))
    line.part = RoutingPart(queues(bills()), AGENTS, MemoryStore(), lambda queue, error: errors.append((queue, error)))
    await line.start()
    await line.do("dan ready")
    for call in ("c1", "c2", "c3"):
        await line.do(f"{call} queued bills")
    assert line.part.standing(CallId("c3"), line.now) == Standing(2, None)
    await line.do("c1 accepted")
    await line.do("c1 connected")
    await line.wait(60)
    await line.do("c1 left talk")
    await line.do("c2 accepted")
    await line.do("c2 connected")
    assert line.part.standing(CallId("c3"), line.now) == Standing(1, 60.0)
    await line.wait(50)
    await line.do("c2 left talk")
    await line.do("c3 accepted")
    await line.do("c3 connected")
    assert errors == [("bills", -10.0)]
    assert line.part.standing(CallId("c3"), line.now) is None


async def test_who_logs_in_from_outside_sits_at_his_usual_phone() -> None:
    line = Line(MemoryStore(), AGENTS, queues())
    await line.start()
    for phone, sits_at in (("PJSIP/trunk", "PJSIP/ben"), ("PJSIP/ann", "PJSIP/ann")):
        asked = StateAsked(at=line.now, call=CallId("x"), phone=phone, agent="ben", state=AgentState.READY)
        await line.happen(asked)
        assert line.part.floor.crew.phone("ben") == sits_at
