"""Which recordings are expected, from when on, and how much sound they must have."""

from __future__ import annotations

import pytest

from cti.calls.call import Call, apply
from recordings.ledger.expecting import Expected, Expecting, Over
from tests.recordings.scenarios import events

ASKED = "0 Arrived\n2 Queued queue=sales\n5 Offered offer=o1 agent=bob recording=o1\n7 Accepted offer=o1\n"
TALK = ASKED + "8 Connected offer=o1 agent=bob\n"
CONSULT = """
20 Held offer=o1
20 ConsultAsked by=bob offer=o2 agent=eve recording=o2
25 Accepted offer=o2
26 Consulting offer=o2
"""

STORIES = {
    "expected as the agent picks up, before the two are joined": (ASKED, "7 o1?"),
    "a talk": (TALK + "28 Ended by=caller", "7 o1? 28 o1=20"),
    "the caller hangs up before they are joined": (ASKED + "7.5 Ended by=caller", "7 o1? 7.5 o1=0"),
    "the agent's phone goes before they are joined": (
        ASKED + "7.5 Refused offer=o1 agent=bob reason=unreachable\n9 Ended by=caller",
        "7 o1? 9 o1=0",
    ),
    "not recorded": ("0 Arrived\n5 Offered offer=o1 agent=bob\n7 Accepted offer=o1\n9 Ended by=caller", ""),
    "a hold by us": (TALK + "10 Held offer=o1\n20 Resumed\n28 Ended by=caller", "7 o1? 28 o1=10"),
    "a hold on the phone is recorded": (TALK + "10 Held\n20 Resumed\n28 Ended by=caller", "7 o1? 28 o1=20"),
    "it ends in the midst": (TALK + "18 RecordingStopped recording=o1\n28 Ended by=caller", "7 o1? 18 o1=10"),
    "back in the menu": (TALK + "18 Left place=talk by=agent\n18 Returned\n28 Ended by=caller", "7 o1? 18 o1=10"),
    "sent elsewhere": (TALK + "18 Transferred to=desk\n28 Ended by=caller", "7 o1? 18 o1=10"),
    "a third party is asked": (
        TALK + CONSULT + "36 ConsultOver offer=o2\n36 Resumed\n46 Ended by=caller",
        "7 o1? 25 o2? 36 o2=10 46 o1=22",
    ),
    "the third takes over": (
        TALK + CONSULT + "36 Connected offer=o2 agent=eve\n46 Ended by=caller",
        "7 o1? 25 o2? 36 o1=12 46 o2=20",
    ),
    "all three": (TALK + CONSULT + "36 Joined offer=o2\n46 Ended by=caller", "7 o1? 25 o2? 46 o1=12 46 o2=20"),
    "to another agent": (
        TALK + "18 Left place=talk by=agent\n18 Queued queue=b\n19 Offered offer=o2 agent=eve recording=o2\n"
        "20 Accepted offer=o2\n21 Connected offer=o2 agent=eve\n31 Ended by=caller",
        "7 o1? 18 o1=10 20 o2? 31 o2=10",
    ),
    "a customer who is called and does not pick up": (
        "0 CalledOut number=5550 agent=bob queue=out\n1 Offered offer=o1 agent=bob recording=o1\n"
        "2 Accepted offer=o1\n30 Ended by=caller",
        "",
    ),
    "a customer who is called": (
        "0 CalledOut number=5550 agent=bob queue=out\n1 Offered offer=o1 agent=bob recording=o1\n"
        "2 Accepted offer=o1\n12 Arrived channel=PJSIP/x\n13 Connected offer=o1 agent=bob\n23 Ended by=caller",
        "12 o1? 23 o1=10",
    ),
    "the caller does not want it": (ASKED.replace("\n5", "\n3 Consented given=false\n5") + "28 Ended by=caller", ""),
    "nor any more": (TALK + "18 Consented given=false\n28 Ended by=caller", "7 o1? 18 o1=10"),
    "a pause": (
        TALK + "10 PauseAsked offer=o1 by=bob\n11 RecordingPaused offer=o1\n12 Held offer=o1\n15 Resumed\n"
        "20 RecordingResumed offer=o1\n28 Ended by=caller",
        "7 o1? 28 o1=17/6",
    ),
    "nobody asked for it": (
        TALK.replace("recording=o1", "recording=o1 on_demand=true")
        + "8.5 RecordingPaused offer=o1\n28 Ended by=caller",
        "7 o1? 28 o1=20/19.5 unasked",
    ),
    "somebody asked for it": (
        TALK.replace("recording=o1", "recording=o1 on_demand=true")
        + "8.5 RecordingPaused offer=o1\n20 RecordingResumed offer=o1\n22 PauseAsked offer=o1 by=bob\n"
        "22 RecordingPaused offer=o1\n28 Ended by=caller",
        "7 o1? 28 o1=20/17.5",
    ),
    "nobody asked for it, and it could not be paused": (
        TALK.replace("recording=o1", "recording=o1 on_demand=true")
        + "8.5 RecordingStopped recording=o1\n28 Ended by=caller",
        "7 o1? 8.5 o1=0.5 unasked",
    ),
    "a message": ("0 Arrived\n1 TapeStarted recording=t1 box=night\n4 Taped play=3 seconds=3", "1 t1? 4 t1=None"),
    "told twice": (TALK.replace("\n8", "\n7 Accepted offer=o1\n8") + "28 Ended by=caller", "7 o1? 28 o1=20"),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_is_expected_and_how_long_it_is(story: str) -> None:
    text, told = STORIES[story]
    expecting, call, found = Expecting(), None, list[str]()
    for event in events(text):
        call = apply(call, event)
        assert isinstance(call, Call)
        for one in expecting.follow(event, call):
            stem, talk_s = one.recording.stem, one.recording.talk_s
            length = talk_s if talk_s is None else f"{talk_s:g}"
            paused = f"/{one.paused_s:g}" if isinstance(one, Over) and one.paused_s else ""
            unasked = " unasked" if isinstance(one, Over) and not one.asked_for else ""
            found.append(f"{event.at:g} {stem}" + ("?" if isinstance(one, Expected) else f"={length}{paused}{unasked}"))
    assert " ".join(found) == told
    if call is not None and not call.live:
        assert [expecting._legs, expecting._done, expecting._tapes] == [{}] * 3, "kept of a call that is over"
