"""A call's story, and what is hidden in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls import codec
from cti.calls.events import CallEvent
from recordings.ledger.ledger import Entry, What
from recordings.records.fold import fold
from recordings.store import CallDetails
from recordings.trace.hiding import Hiding, number
from recordings.trace.story import told
from recordings.trace.words import Teller
from tests.cti.calls.test_call import REAL_KINDS, some
from tests.recordings.scenarios import events

CALL = """
0    Arrived caller=13800001234 caller_name=Mallory dialled=100
0.1  Answered
0.2  EnteredFlow flow=main version=abcdef0123456789
0.2  EnteredMenu node=main
3    Digit
3    Chosen node=main value=2
4    EnteredMenu node=account verb=collect
6    Digit
6.5  Digit
7    Digit
7.5  Digit
7.5  Chosen node=account value=20481577
8    Queued queue=sales priority=5
8.2  Offered offer=o1 agent=bob recording=2026/c1-1 strategy=longest_idle
8.3  Ringing offer=o1
11   Refused offer=o1 agent=bob reason=no_answer
11.1 Offered offer=o2 agent=alice recording=2026/c1-2 strategy=longest_idle
11.2 Ringing offer=o2
13   Accepted offer=o2
13.1 Connected offer=o2 agent=alice
13.2 RecordingStarted recording=2026/c1-2
20   Held offer=o2
25   Resumed
30   TransferAsked by=alice number=13900005678
31   Transferred to=13900005678
40   Ended by=caller cause=16
"""
PERSONAL = ("13800001234", "Mallory", "20481577", "13900005678")


def test_the_whole_story() -> None:
    happened = events(CALL)
    record, segments = fold(happened)
    measured = Entry(
        40.5, What.MEASURED, "2026/c1-2", "c1", {"state": "whole", "length_s": 17.94, "files": {"a": "1", "b": "2"}}
    )
    steps = told(happened, [measured], CallDetails(record, segments, ()), numbers=False)
    assert [(step.at, step.where, step.text) for step in steps] == [
        (0, "line", "138****1234 (****) calls 100"),
        (0.1, "line", "picked up"),
        (0.2, "flow", "flow main, version abcdef012345"),
        (0.2, "flow", "node main (menu) of main"),
        (3, "line", "1 key pressed"),
        (3, "flow", "chosen at main: 2"),
        (4, "flow", "node account (collect) of main"),
        (6, "line", "4 keys pressed"),
        (7.5, "flow", "chosen at account: ****"),
        (8, "router", "waits in sales, priority 5"),
        (8.2, "router", "bob is asked, chosen by longest idle of 0"),
        (8.3, "agent", "the phone of bob rings"),
        (11, "agent", "the offer to bob came to nothing: no answer"),
        (11.1, "router", "alice is asked, chosen by longest idle of 0"),
        (11.2, "agent", "the phone of alice rings"),
        (13, "agent", "alice picks up"),
        (13.1, "line", "the caller and alice hear each other, 5.1 s after the queue was entered"),
        (13.2, "recording", "Asterisk records: 2026/c1-2"),
        (20, "line", "the caller is on hold"),
        (25, "line", "the hold is over"),
        (30, "desk", "alice sends the caller to 139****5678"),
        (31, "line", "sent to 139****5678, outside the engine"),
        (40, "line", "over: the caller hung up, cause 16"),
        (40, "record", "transferred: sales, waited 5.1 s, talked 17.9 s, 2 offers"),
        (40.5, "ledger", "2026/c1-2: measured, whole, 17.9 s, 2 files hashed"),
    ]


@pytest.mark.parametrize("numbers", [False, True])
def test_what_is_personal_is_seen_only_by_who_asks_for_it(numbers: bool) -> None:
    steps = told(events(CALL), [], None, numbers=numbers)
    text = json.dumps([[step.text, step.facts] for step in steps])
    assert [one in text for one in PERSONAL] == [numbers] * len(PERSONAL)


def test_a_number_is_hidden_within_other_texts_too() -> None:
    happened = events("0 Arrived caller=13800001234 channel=PJSIP/13800001234-0001")
    happened.append(*events("1 Failed command=Dial why=13800001234_is_busy"))
    text = json.dumps([codec.encode(Hiding(happened).event(one)) for one in happened])
    assert "13800001234" not in text
    assert (number("5550123"), number(""), number("+4930123456")) == ("****", "", "+49****3456")


@pytest.mark.parametrize("kind", REAL_KINDS, ids=lambda kind: str(kind.__name__))
@given(st.data())
def test_each_kind_of_event_has_words(kind: type[CallEvent], data: st.DataObject) -> None:
    event = data.draw(some(kind))
    said = Teller().told(Hiding([event]).event(event))
    assert said
    assert said != kind.__name__
