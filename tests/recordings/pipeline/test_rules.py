"""What becomes of a recording whose work went wrong."""

from __future__ import annotations

import errno

from recordings.pipeline.rules import MOST_TRIES, NO_ROOM_PAUSE_S, Again, Unfit, after, reason


def test_it_is_tried_again_so_often_and_more_and_more_seldom() -> None:
    pauses = [after(OSError("changed"), tries) for tries in range(1, MOST_TRIES + 1)]
    assert pauses == [Again(5.0), Again(20.0), Again(80.0), Again(320.0), None]


def test_what_no_try_helps_is_given_up_at_once() -> None:
    assert after(Unfit("no sound"), 1) is None


def test_a_full_disk_is_not_its_fault() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        assert after(OSError(number, "full"), MOST_TRIES) == Again(NO_ROOM_PAUSE_S, counted=False)


def test_the_reason_is_told_to_people() -> None:
    assert reason(OSError(errno.ENOSPC, "No space left on device", "/srv/a.mp3")) == (
        "No space left on device: /srv/a.mp3"
    )
    assert reason(Unfit("there is no sound")) == "there is no sound"
    assert reason(ValueError()) == "ValueError"
