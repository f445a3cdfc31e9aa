from __future__ import annotations

import os

import pytest

from bench.cpu import Gone, children, parse, process, resident_mb

STAT = "4242 {name} S 17 4242 4242 0 -1 4194560 900 5 0 0 150 50 7 9 20 0 12 0 100 1 2 3"


def test_reads_what_the_process_itself_has_used() -> None:
    found = parse(STAT.format(name="(asterisk)"), ticks_per_s=100)
    assert (found.pid, found.name, found.parent, found.cpu_s) == (4242, "asterisk", 17, 2.0)


def test_a_name_may_look_like_fields() -> None:
    assert parse(STAT.format(name="(a) S 1 (b)"), 100).name == "a) S 1 (b"


def test_a_living_process() -> None:
    me = process(os.getpid())
    assert me.parent == os.getppid()
    assert me.cpu_s > 0
    assert resident_mb(os.getpid()) > 1
    assert os.getpid() in {child.pid for child in children(os.getppid())}


def test_a_process_that_is_gone() -> None:
    with pytest.raises(Gone):
        process(2**22 + 1)  # above the highest that Linux gives out
    with pytest.raises(Gone):
        resident_mb(2**22 + 1)
