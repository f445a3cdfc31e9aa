"""Callers in menus: what they do, and what they then hear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import codec
from cti.calls.commands import Hangup, Play
from cti.calls.events import Answered, CallEvent, Digit, EnteredFlow, Event, Failed, Queued
from ivr.session import MAX_NODES, TooFar
from ivr.tree import Flow
from ivr.verbs.leave import Goto
from tests.ivr.flows import CALL, Caller, flow, told

HOTLINE = flow("""
start: hi
nodes:
  hi: {say: [Hi., Welcome.], next: main}
  main:
    menu: Choose.
    keys: {"1": orders, "2": number, "3": news, "#": desk}
    timeout: 5s
    retries: 1
    no_input: {say: Silence., retries: 2}
    no_match: {say: Wrong.}
    otherwise: desk
  number:
    collect: Number?
    name: account
    digits: 4-6
    timeout: 5s
    interdigit_timeout: 2s
    retries: 1
    no_match: {say: Bad number.}
    next: support
  news: {say: Long news., barge_in: false, next: legal}
  legal: {menu: Legal., keys: {"1": bye, "2": orders}, barge_in: false}
  orders: {queue: orders, skills: {orders: 3}, priority: 5}
  support: {say: Thanks., next: support_queue}
  support_queue: {queue: support}
  desk: {transfer: front-desk, otherwise: bye}
  bye: {hangup: true}
""")

TO_NUMBER = """
    start -> at hi; play Hi. / cut -> at main; play Choose. / 2 ->
    cut -> chosen main=2; at number; play Number? / whole ->
"""

SCENARIOS = {
    "a choice after the prompt": """
        start -> at hi; play Hi. / whole -> play Welcome. / whole -> at main; play Choose. / whole ->
        1 -> chosen main=1; at orders; queued orders {'orders': 3} 5 / 2 -> / whole -> / wait ->
    """,
    "barge-in": """
        start -> at hi; play Hi. / whole -> play Welcome. / whole -> at main; play Choose.
        1 -> / cut -> chosen main=1; at orders; queued orders {'orders': 3} 5
    """,
    "type-ahead through prompts not heard": """
        start -> at hi; play Hi. / 2 -> / 1 -> / 2 -> / 3 -> / 4 -> / # ->
        cut -> at main; chosen main=2; at number; chosen account=1234; at support; play Thanks.
        whole -> at support_queue; queued support {} 0
    """,
    "a key pressed too late to stop the sound": """
        start -> at hi; play Hi. / # -> / whole -> at main; chosen main=#; at desk; transfer front-desk
    """,
    "a cut without a key that we saw": """
        start -> at hi; play Hi. / cut -> at main; play Choose. / cut -> / wait -> play Silence.
    """,
    "wrong keys, until the tries are used up": """
        start -> at hi; play Hi. / cut -> at main; play Choose. / whole -> / 9 -> play Wrong.
        whole -> play Choose. / 8 -> / cut -> at desk; transfer front-desk
    """,
    "a wrong key throws away what was typed after it": """
        start -> at hi; play Hi. / cut -> at main; play Choose. / 9 -> / 1 -> / cut -> play Wrong.
    """,
    "silence, counted apart from wrong keys": """
        start -> at hi; play Hi. / cut -> at main; play Choose. / whole -> / early -> / wait -> play Silence.
        whole -> play Choose. / whole -> / 9 -> play Wrong. / whole -> play Choose. / whole ->
        wait -> play Silence. / whole -> play Choose. / whole -> / wait -> at desk; transfer front-desk
    """,
    "a transfer that fails": """
        start -> at hi; play Hi. / # -> / cut -> at main; chosen main=#; at desk; transfer front-desk
        1 -> / failed Transfer -> at bye; hangup / failed Transfer -> / wait ->
    """,
    "a transfer that nobody tells of": """
        start -> at hi; play Hi. / # -> / cut -> at main; chosen main=#; at desk; transfer front-desk
        wait -> at bye; hangup
    """,
    "a sound that fails, one that never ends, and one told of late": """
        start -> at hi; play Hi. / lost -> play Welcome. / early -> / wait -> at main; play Choose.
        stale -> / whole -> / 1 -> chosen main=1; at orders; queued orders {'orders': 3} 5
    """,
    "a prompt that must be heard drops keys": """
        start -> at hi; play Hi. / 3 -> / 2 -> / cut -> at main; chosen main=3; at news; play Long news.
        1 -> / whole -> at legal; play Legal. / 1 -> / whole -> / 1 -> chosen legal=1; at bye; hangup
    """,
    "no otherwise: the call ends": """
        start -> at hi; play Hi. / 3 -> / cut -> at main; chosen main=3; at news; play Long news.
        whole -> at legal; play Legal. / whole -> / wait -> play Legal. / whole -> / wait -> play Legal.
        whole -> / wait -> hangup
    """,
    "digits and the terminator": """
        number / 1 -> / 2 -> / 3 -> / 4 -> / # -> chosen account=1234; at support; play Thanks.
    """,
    "digits and silence": """
        number / 1 -> / 2 -> / 3 -> / 4 -> / wait -> chosen account=1234; at support; play Thanks.
    """,
    "as many digits as can be": """
        number / 1 -> / 2 -> / 3 -> / 4 -> / 5 -> / 6 -> chosen account=123456; at support; play Thanks.
        whole -> at support_queue; queued support {} 0
    """,
    "the terminator after as many digits as can be stops nothing": """
        number / 1 -> / 2 -> / 3 -> / 4 -> / 5 -> / 6 -> chosen account=123456; at support; play Thanks.
        # -> / cut -> play Thanks. / whole -> at support_queue; queued support {} 0
    """,
    "the same, all of it typed ahead": """
        start -> at hi; play Hi. / 2 -> / 1 -> / 2 -> / 3 -> / 4 -> / 5 -> / 6 -> / # ->
        cut -> at main; chosen main=2; at number; chosen account=123456; at support; play Thanks.
    """,
    "too few digits, then silence": """
        number / 1 -> / wait -> play Bad number. / whole -> play Number? / whole -> / wait -> play Number?
        1 -> / 2 -> / cut -> / # -> hangup
    """,
    "a key that is no digit spoils the entry, to its end": """
        number / 1 -> / * -> / 3 -> / 4 -> / 5 -> / 6 -> play Bad number.
        # -> / cut -> play Bad number. / whole -> play Number?
    """,
    "what is no key at all": """
        start -> at hi; play Hi. / cut -> at main; play Choose. / 12 -> / ① -> / whole -> / ! ->
    """,
}


def play_out(caller: Caller, text: str) -> None:
    """Does the left side of each ``->`` and expects the right side."""
    for step in text.replace("\n", "/").split("/"):
        if not step.strip():
            continue
        what, _, expected = (part.strip() for part in step.partition("->"))
        if what == "start":
            outputs = caller.outputs
        elif what.startswith("failed"):
            outputs = caller.event(Failed(at=caller.now, call=CALL, command=what.split()[1], why="no"))
        else:
            outputs = caller.does(what)
        assert told(outputs) == [e.strip() for e in expected.split(";") if e.strip()], f"after {what!r}"


@pytest.mark.parametrize("text", SCENARIOS.values(), ids=SCENARIOS)
def test_scenario(text: str) -> None:
    caller = Caller(HOTLINE)
    start, _, rest = text.strip().partition("/")
    if start.strip() == "number":
        text = TO_NUMBER + rest
    play_out(caller, text)


def test_the_hours_choose_the_way() -> None:
    shop = flow("""
    start: door
    nodes:
      door: {hours: {zone: UTC, open: {mon: "08:00-20:00"}}, open: in, closed: out}
      in: {queue: orders}
      out: {hangup: true}
    """)
    monday_noon = 1795435200.0
    assert told(Caller(shop, monday_noon).outputs) == ["at door", "at in", "queued orders {} 0"]
    assert told(Caller(shop, monday_noon + 86400).outputs) == ["at door", "at out", "hangup"]


def test_a_walk_without_end_is_stopped_even_if_nobody_checked_the_flow() -> None:
    circle = Flow("f", "f.yaml", "a", {"en": "en"}, {"a": Goto(goto="b"), "b": Goto(goto="a")})
    with pytest.raises(TooFar):
        Caller(circle)


def test_a_machine_that_presses_keys_for_ever_is_stopped() -> None:
    caller = Caller(flow('start: a\nnodes:\n  a: {menu: Hi, keys: {"1": a, "2": b}}\n  b: {hangup: true}'))
    caller.does("whole")

    def press_for_ever() -> None:
        for _ in range(MAX_NODES):
            caller.does("1")
            caller.does("whole")

    with pytest.raises(TooFar):
        press_for_ever()


SECRET = flow("""
start: pin
nodes:
  pin: {collect: PIN?, digits: 4, secret: true, retries: 1, next: main}
  main: {menu: Choose., keys: {"0": bye}, otherwise: bye}
  bye: {hangup: true}
""")


@given(pin=st.text("123456789", min_size=1, max_size=8), ahead=st.booleans())
def test_secret_digits_are_told_to_nobody(pin: str, ahead: bool) -> None:
    caller = Caller(SECRET, now=0.0)
    out = list(caller.outputs) + ([] if ahead else caller.does("whole"))
    for key in pin:
        out += caller.does(key)
        assert f"'{key}'" not in repr(caller.session._walk)
    out += caller.does("cut") + caller.does("wait") + caller.does("wait")
    assert not [o for o in told(out) if o.startswith("chosen")]
    events = [o for o in out if isinstance(o, Event) and not isinstance(o, EnteredFlow)]  # a hash has digits
    assert not set("123456789") & set("".join(str(e) + str(codec.encode(e)) for e in events).replace("1.0", ""))


ANYTHING = st.lists(
    st.sampled_from([*"0123456789*#", "whole", "cut", "lost", "stale", "wait", "early", "!"])
    | st.sampled_from(["Transfer", "Answer", "Play"]).map(lambda c: Failed(at=0.0, call=CALL, command=c, why="x"))
    | st.builds(Answered, at=st.just(0.0), call=st.just(CALL)),
    max_size=60,
)


@given(doings=ANYTHING, tree=st.sampled_from([HOTLINE, SECRET]))
def test_whatever_happens_it_waits_or_is_over(doings: list[str | CallEvent], tree: Flow) -> None:
    caller = Caller(tree)
    playing = [o for o in caller.outputs if isinstance(o, Play)]
    for what in doings:
        over = caller.session.deadline is None
        out = caller.does(what) if isinstance(what, str) else caller.event(what)
        assert not (over and out)
        assert not any(isinstance(o, Digit) for o in out)
        playing = [o for o in out if isinstance(o, Play)]
        assert len(playing) <= 1
        ended = [o for o in out if isinstance(o, Hangup | Queued)]
        assert len(ended) <= 1
        assert bool(ended) == (caller.session.deadline is None and not over)
    for _ in range(200):  # a caller who does nothing more comes to an end
        caller.does("wait")
    assert caller.session.deadline is None
