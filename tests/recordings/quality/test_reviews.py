"""What may be done with a review, in any order that people try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.quality.reviews import AFTER, SEEN_BY_AGENT, Deed, NotNow, State, after


@given(st.lists(st.sampled_from(Deed), max_size=12))
def test_whatever_is_tried(tried: list[Deed]) -> None:
    state, done = State.OPEN, list[Deed]()
    for deed in tried:
        try:
            state = after(state, deed)
        except NotNow:
            continue
        done.append(deed)
    # Scored once and first, released once and before any answer, answered once, decided once and last.
    assert not done or done[0] is Deed.SUBMIT
    assert done.count(Deed.SUBMIT) <= 1
    assert done.count(Deed.RELEASE) <= 1
    assert (Deed.RELEASE in done) == (state in SEEN_BY_AGENT)
    answers = [deed for deed in done if deed in (Deed.ACCEPT, Deed.OBJECT)]
    assert len(answers) <= 1
    if answers == [Deed.ACCEPT]:
        assert done[-1] is Deed.ACCEPT
    if answers == [Deed.OBJECT]:
        assert done[done.index(Deed.OBJECT) + 1 :] in ([], [Deed.CORRECT], [Deed.UPHOLD])


def test_the_end_is_the_end_and_the_agent_sees_nothing_before() -> None:
    for end in (State.ACCEPTED, State.CLOSED):
        for deed in Deed:
            with pytest.raises(NotNow, match=f"the review is {end}"):
                after(end, deed)
    assert {state for state, _ in AFTER} | {State.ACCEPTED, State.CLOSED} == set(State)
    assert not SEEN_BY_AGENT & {State.OPEN, State.SUBMITTED}
