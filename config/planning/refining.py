"""Staff refined by the simulator: how many agents of each kind, where agents have several skills.

Erlang's formulas give each queue agents of its own. Here made-up agents of the kinds that the site has live
through the day, with the site's own flows, queues and routing, and their numbers are changed until each queue
meets its target with the fewest of them. Through the day the number of a kind goes up and down as Erlang's need
of the queues that it serves does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, fsum

from config.files.roster import Duty
from config.simulation.arrivals import QUARTER_S, ArrivalsFile
from config.simulation.figures import BUSY, ON_DUTY
from config.simulation.run import DRAIN_S, Hotline, simulate
from config.simulation.tally import Came, Day
from routing.agents import Agent
from routing.policy import score
from routing.queues import Queue, Target, merge, relaxed
from routing.staffing import QUARTERS, Staffing, refine

ENOUGH_CALLS = 1500
"""So many are lived through for each staffing tried, or those of ``MOST_DAYS`` days; a day that has more is cut
to the quarter-hours around its busiest."""
MOST_DAYS = 6
WARM_UP_S = QUARTER_S
"""When a day is cut, all agents are free at first: so long nothing is counted."""
MOST_KINDS = 8
IDLE = "(idle)"
"""Beside the queues' targets: the share of their time that agents are to be idle. No queue has this name."""

Progress = Callable[[int, Staffing], None]
"""Told how many staffings were tried, and the one that is tried now."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Agents who are alike to the queues: of the same skills, taken by each queue at the same time.
    ``like`` is the first of the ``agents`` that the site has of them; ``queues`` are those that he serves,
    each with the seconds that a call waits before it is for him."""

    like: Agent
    agents: int
    queues: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Refined:
    """``sizes`` has the agents of each kind in each quarter-hour, ``levels`` the share of calls that each
    queue answered in time on ``days`` other days, and ``busy`` the agents' occupancy on them. ``whole``:
    whole days were lived through, not the quarter-hours around the busiest. ``tried`` counts staffings."""

    kinds: Mapping[str, Kind]
    sizes: Mapping[str, tuple[int, ...]]
    levels: Mapping[str, float]
    busy: float
    days: int
    whole: bool
    tried: int

    @property
    def needed(self) -> tuple[int, ...]:
        return tuple(sum(quarter) for quarter in zip(*self.sizes.values(), strict=True))


def kinds_of(agents: Mapping[str, Agent], queues: Mapping[str, Queue]) -> dict[str, Kind]:
    """The kinds of agents who serve any of these queues, by the name of the first agent of each."""
    found: dict[tuple[frozenset[str], tuple[tuple[str, float], ...]], list[Agent]] = {}
    for agent in agents.values():
        after = ((name, _after_s(agent, queue)) for name, queue in queues.items())
        if serves := tuple((name, wait) for name, wait in after if wait is not None):
            found.setdefault((frozenset(agent.skills), serves), []).append(agent)
    return {alike[0].name: Kind(alike[0], len(alike), dict(serves)) for (_, serves), alike in found.items()}


def shared(kinds: Mapping[str, Kind]) -> bool:
    """Whether any agent serves more than one of the queues: then Erlang asks for too many."""
    return any(len(kind.queues) > 1 for kind in kinds.values())


def _after_s(agent: Agent, queue: Queue) -> float | None:
    """The wait after which a queue takes the agent; None for never."""
    needs = merge(queue.skills, groups=queue.groups)
    if score(agent.skills, needs, agent.groups) is not None:
        return 0.0
    for i, step in enumerate(queue.relax):
        if score(agent.skills, relaxed(needs, queue.relax[: i + 1]), agent.groups) is not None:
            return step.after_s
    return None


def sizes_of(staffing: Staffing, shapes: Mapping[str, Sequence[float]], least: Sequence[int]) -> dict[str, list[int]]:
    """The agents of each kind in each quarter-hour, for numbers at the busiest: by the kind's shape (0 to
    1), and of all of them together never fewer than the least."""
    sizes = {kind: [ceil(count * share - 1e-9) for share in shapes[kind]] for kind, count in staffing.items()}
    largest = sorted(staffing, key=lambda kind: (-staffing[kind], kind))
    used = [kind for kind in largest if staffing[kind]] or largest
    for quarter, fewest in enumerate(least):
        more = fewest - sum(of_kind[quarter] for of_kind in sizes.values())
        for i in range(more):
            sizes[used[i % len(used)]][quarter] += 1
    return sizes


def refined(
    hotline: Hotline,
    plan: ArrivalsFile,
    needs: Mapping[str, Sequence[int]],
    targets: Mapping[str, Target],
    least: Sequence[int],
    most_busy: float,
    progress: Progress,
) -> Refined:
    """The fewest agents of the site's kinds with whom the callers of ``plan`` are answered as the targets
    say; ``needs`` is what Erlang gives each queue in each quarter-hour. Raises ValueError where the
    agents of the site cannot do it, however many, or are of too many kinds."""
    kinds = kinds_of(hotline.agents, {name: hotline.queues[name] for name in needs})
    for name in needs:
        if not any(name in kind.queues for kind in kinds.values()):
            raise ValueError(f"no agent of the site can serve {name}: give one the skills in people.yaml")
    if len(kinds) > MOST_KINDS:
        raise ValueError(
            f"the site has {len(kinds)} kinds of agents, and the simulator refines {MOST_KINDS} at most: "
            "give those who are much alike the same skills in people.yaml"
        )
    shapes = {name: _shape(needs[queue] for queue in kind.queues) for name, kind in kinds.items()}
    part, days = _enough(plan)
    tried, missed = 0, list[str]()

    def lived(staffing: Staffing, seeds: Iterable[int]) -> tuple[dict[str, float], float]:
        sizes = sizes_of(staffing, shapes, least)
        made = {
            f"{kind}-{i}": replace(kinds[kind].like, name=f"{kind}-{i}", phone=f"made-up/{kind}-{i}", phones=())
            for kind, of_kind in sizes.items()
            for i in range(max(of_kind))
        }
        working = [duty for kind, of_kind in sizes.items() for duty in _duties(kind, of_kind, plan.midnight)]
        days = [simulate(replace(hotline, agents=made), part, seed, working=working) for seed in seeds]
        after = 0.0 if part is plan else WARM_UP_S
        return {name: _in_time(days, name, target, after) for name, target in targets.items()}, _busy(days, after)

    def levels(staffing: Staffing) -> Mapping[str, float]:
        nonlocal tried, missed
        tried += 1
        progress(tried, staffing)
        of_queues, busy = lived(staffing, range(plan.seed, plan.seed + days))
        missed = [name for name, level in of_queues.items() if level < targets[name].share]
        return {**of_queues, IDLE: 1 - busy}

    peak = max(map(sum, zip(*needs.values(), strict=True)))
    start = {name: ceil(peak / len(kinds)) for name in kinds}
    wanted = {name: target.share for name, target in targets.items()}
    try:
        found = refine(start, levels, {**wanted, IDLE: 1 - most_busy} if most_busy < 1 else wanted)
    except ValueError:
        raise ValueError(
            f"no number of agents like those of the site makes {', '.join(missed)} meet its target in the simulator: "
            "`cordboard simulate` shows what becomes of the calls"
        ) from None
    # On the days that it was chosen by, it looks better than it is.
    others = range(plan.seed + days, plan.seed + 2 * days)
    of_queues, busy = lived(found, others)
    sizes = {kind: tuple(of_kind) for kind, of_kind in sizes_of(found, shapes, least).items()}
    return Refined(kinds, sizes, of_queues, busy, days, part is plan, tried)


def _shape(needs: Iterable[Sequence[int]]) -> list[float]:
    both = [sum(quarter) for quarter in zip(*needs, strict=True)]
    return [count / max(*both, 1) for count in both]


def _enough(plan: ArrivalsFile) -> tuple[ArrivalsFile, int]:
    """The plan, or its quarter-hours around the busiest, and on how many days it has enough calls."""
    by_quarter = [fsum(calls) for calls in zip(*map(plan.expected, plan.wants.values()), strict=True)]
    calls = fsum(by_quarter)
    if calls <= ENOUGH_CALLS:
        return plan, min(MOST_DAYS, ceil(ENOUGH_CALLS / calls))
    first = max(range(QUARTERS), key=by_quarter.__getitem__)
    last = first + 1
    while fsum(by_quarter[first:last]) < ENOUGH_CALLS:
        earlier = by_quarter[first - 1] if first else -1.0
        later = by_quarter[last] if last < QUARTERS else -1.0
        first, last = (first - 1, last) if earlier > later else (first, last + 1)
    first = max(0, first - round(WARM_UP_S / QUARTER_S))
    wants = {
        name: want.model_copy(update={"calls": tuple(plan.expected(want)[first:last]), "begin": first, "shape": None})
        for name, want in plan.wants.items()
    }
    return plan.model_copy(update={"wants": wants}), 1


def _duties(kind: str, sizes: Sequence[int], midnight: float) -> list[Duty]:
    """Who works when: the first of the kind whenever anybody of it does, and so on."""
    found: list[Duty] = []
    for i in range(max(sizes)):
        since: int | None = None
        for quarter, count in enumerate([*sizes, 0]):
            if count > i and since is None:
                since = quarter
            elif count <= i and since is not None:
                end = midnight + quarter * QUARTER_S + (DRAIN_S if quarter == QUARTERS else 0.0)
                found.append(Duty(f"{kind}-{i}", midnight + since * QUARTER_S, end))
                since = None
    return found


def _in_time(days: Sequence[Day], queue: str, target: Target, after_s: float) -> float:
    """The share of calls answered in time, of those that came to the queue from ``after_s`` on."""
    waits = [wait for day in days for wait in day.waits if wait.queue == queue and wait.at >= day.start + after_s]
    good = sum(wait.came is Came.ANSWERED and wait.seconds <= target.within_s for wait in waits)
    return good / len(waits) if waits else 1.0


def _busy(days: Sequence[Day], after_s: float) -> float:
    busy = there = 0.0
    for day in days:
        for stretch in (stretch for own in day.agents.values() for stretch in own):
            seconds = max(0.0, min(stretch.end, day.end) - max(stretch.start, day.start + after_s))
            busy += seconds if stretch.state in BUSY else 0.0
            there += seconds if stretch.state in ON_DUTY else 0.0
    return busy / there if there else 0.0
