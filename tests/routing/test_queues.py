from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.policy import score
from routing.queues import Needs, Relaxation, merge, relaxed


def test_needs_take_the_higher_level_of_each_skill() -> None:
    needs = merge({"orders": 3, "english": 5}, {"orders": 1, "english": 7, "vip": 1})
    assert needs.skills == (("english", 7), ("orders", 3), ("vip", 1))
    assert merge({}) == Needs()


def test_who_suits_and_how_well() -> None:
    needs = merge({"orders": 3, "english": 5})
    assert score({"orders": 3, "english": 10, "other": 9}, needs) == 13
    assert score({"orders": 2, "english": 10}, needs) is None
    assert score({"english": 10}, needs) is None
    assert score({}, Needs()) == 0


def test_relaxation_step_by_step() -> None:
    needs = merge({"faults": 5, "english": 3}, groups=frozenset({"north"}))
    steps = (
        Relaxation(30, skills={"faults": 3, "chinese": 1}),
        Relaxation(60, drop=frozenset({"english"})),
        Relaxation(90, groups=frozenset({"south"})),
        Relaxation(120, anyone=True),
    )
    assert [relaxed(needs, steps[:n]) for n in range(5)] == [
        needs,
        Needs((("english", 3), ("faults", 3)), ("north",)),
        Needs((("faults", 3),), ("north",)),
        Needs((("faults", 3),), ("north", "south")),
        Needs((("faults", 3),), ()),
    ]


NAMES = st.sampled_from("abc")
LEVELS = st.dictionaries(NAMES, st.integers(1, 10), max_size=3)
STEPS = st.builds(
    Relaxation,
    after_s=st.just(1.0),
    skills=LEVELS,
    drop=st.frozensets(NAMES, max_size=2),
    groups=st.frozensets(NAMES, max_size=2),
    anyone=st.booleans(),
)


@given(LEVELS, st.frozensets(NAMES), st.lists(STEPS, max_size=5).map(tuple))
def test_a_step_never_asks_for_more(
    skills: dict[str, int], groups: frozenset[str], steps: tuple[Relaxation, ...]
) -> None:
    needs = merge(skills, groups=groups)
    for step in steps:
        less = relaxed(needs, (step,))
        before, after = dict(needs.skills), dict(less.skills)
        assert after.keys() <= before.keys()
        assert all(level <= before[skill] for skill, level in after.items())
        assert not less.groups or (needs.groups and set(less.groups) >= set(needs.groups))
        needs = less
    assert needs == relaxed(merge(skills, groups=groups), steps)
