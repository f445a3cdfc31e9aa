"""Two versions of a flow, told apart in words."""

from __future__ import annotations

import pytest

from ivr.differences import differences
from tests.ivr.flows import flow

OLD = """
start: opening
languages: {en: en, zh: cmn}
nodes:
  opening:
    hours: {zone: Europe/Berlin, open: {mon-fri: "08:00-20:00"}, closed_on: [2026-12-25]}
    open: main
    closed: bye
  main:
    menu: {en: Press 1., zh: 请按一。}
    keys: {"1": orders, "2": support}
    no_input: {say: Nothing.}
    otherwise: bye
  orders: {queue: orders, skills: {orders: 3}}
  support: {queue: support}
  bye: {say: Goodbye., next: end}
  end: {hangup: true}
"""

CHANGES = {
    "reworded": ("en: Press 1.,", "en: Press one.,", "at main, callers hear “Press one.” in en (was: “Press 1.”)"),
    "a key elsewhere": ('"2": support', '"2": orders, "3": support', "at main, key 2 leads to orders (was: support)"),
    "a new key": ('"2": support', '"2": support, "3": bye', "at main, key 3 is new and leads to bye"),
    "a key gone": (
        '"1": orders, "2": support}',
        '"1": orders, "3": support}',
        "at main, key 2 is gone (led to support)",
    ),
    "otherwise": ("otherwise: bye", "otherwise: orders", "at main, otherwise leads to orders (was: bye)"),
    "tries": ("no_input: {say: Nothing.}", "no_input: {say: Nothing., retries: 1}", "at main, no_input is retries 1"),
    "a pause": ("otherwise: bye", "otherwise: bye\n    timeout: 8s", "at main, timeout is 8 (was: 5)"),
    "said no more": (
        "no_input: {say: Nothing.}",
        "retries: 2",
        "at main, callers no longer hear “Nothing.” (no_input say)",
    ),
    "hours": (
        'mon-fri: "08:00-20:00"',
        'mon: "08:00-12:00, 22:00-02:00", tue-fri: "08:00-20:00"',
        "at opening, on mon it is open 08:00-12:00, 22:00-02:00 (was: 08:00-20:00)",
    ),
    "a day": ("[2026-12-25]", "[2026-12-24]", "at opening, on 2026-12-25 it is no longer closed"),
    "another day": ("[2026-12-25]", "[2026-12-24]", "at opening, on 2026-12-24 it is closed"),
    "a queue": ("{queue: support}", "{queue: orders}", "at support, queue is orders (was: support)"),
    "what is heard while waiting": (
        "skills: {orders: 3}",
        "skills: {orders: 3}, waiting: [{every: 20s, say: Soon.}]",
        "at orders, waiting is after none, every 20, in_turn none (was: none)",
    ),
    "skills": ("{orders: 3}", "{orders: 5}", "at orders, skills is orders 5 (was: orders 3)"),
    "a verb": ("{queue: support}", "{transfer: front-desk}", "at support, transfer stands where queue was: front-desk"),
    "a node": ("next: end}", "next: more}\n  more: {say: More., next: end}", "the node more (say) is new: “More.”"),
    "the start": ("start: opening", "start: first", "callers begin at first (was: opening)"),
    "a voice": ("zh: cmn", "zh: yue", "zh is spoken by the voice yue (was: cmn)"),
}


@pytest.mark.parametrize(("old", "new", "words"), CHANGES.values(), ids=CHANGES)
def test_each_difference_has_its_words(old: str, new: str, words: str) -> None:
    text = OLD.replace(old, new)
    if "start: first" in text:
        text += "  first: {goto: opening}\n"
    found = differences({"main": flow(OLD)}, {"main": flow(text)})
    assert any(one.startswith(f"main: {words}") for one in found), found


def test_nothing_differs() -> None:
    assert differences({"main": flow(OLD)}, {"main": flow(OLD.replace("nodes:", "# only a comment\nnodes:"))}) == []


def test_whole_flows() -> None:
    old, new = {"main": flow(OLD), "gone": flow(OLD)}, {"main": flow(OLD), "fresh": flow(OLD)}
    assert differences(old, new) == ["gone: the flow is gone", "fresh: the flow is new, with 6 nodes"]


def test_a_node_gone() -> None:
    text = OLD.replace('"1": orders, "2": support}', '"1": orders}').replace("  support: {queue: support}\n", "")
    assert "main: the node support (queue) is gone" in differences({"main": flow(OLD)}, {"main": flow(text)})
