from __future__ import annotations

from pathlib import Path

import pytest

import config
from cti.site_files import SiteError, check, parse, read
from routing.policy import score
from routing.queues import Needs, Queue, merge
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


def test_the_shipped_example_is_right() -> None:
    path = Path(config.__file__).parent / "site" / "queues.yaml"
    queues = check(QueuesFile, read(path)).build()
    assert queues["faults"] == Queue("faults", {"faults": 3}, 50, 15.0, 20.0, "default", True)
    assert queues["service"].wrap_up_s == 30.0


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
