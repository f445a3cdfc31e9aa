"""Walking a flow in the terminal, with keys from a pipe."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from ivr.answers import Unprepared, answer
from ivr.questions import CheckSecret, Fetch, KeyUsage, SendCode, SwitchState, Unanswered, Verdict
from ivr.rehearsal import HANGS, Guessed, Rehearsal
from ivr.session import Sound
from ivr.terminal import Asking, Piped, walk
from tests.ivr.flows import flow

FLOW = flow("""
start: main
nodes:
  main:
    menu: For orders press 1. For support press 2.
    keys: {"1": orders, "2": pin}
    retries: 0
    otherwise: bye
  pin: {collect: Your PIN, digits: 4, name: pin, secret: true, next: support, otherwise: bye}
  orders: {queue: orders, priority: 5}
  support: {queue: support}
  bye: {hangup: true}
""")


def walked(typed: str, answers: Mapping[str, object] | None = None) -> list[str]:
    said: list[str] = []
    keys = Piped(io.StringIO(typed))
    asking = Asking(keys, said.append, answers or {})
    call = Rehearsal(FLOW, {"main": FLOW}, Guessed(), asking)
    walk(call, {"main": FLOW}, keys, said.append)
    return [line.strip() for line in said]


def test_a_choice() -> None:
    said = walked("1\n")
    assert said == [
        f"0:00.0  flow main, version {FLOW.version}",
        "0:00.0  → main (menu)",
        "0:00.0    “For orders press 1. For support press 2.”",
        "keys: 1 2 · Enter: silence · q: hang up",
        "0:02.8    pressed 1",
        "0:02.8    chosen 1",
        "0:02.8  → orders (queue)",
        "0:02.8    waits in the queue orders, priority 5",
    ]


def test_a_secret_is_shown_as_dots() -> None:
    said = "\n".join(walked("2\n9876\n"))
    assert "pressed •" in said
    assert "data: pin=••••" in said
    assert "pressed 9" not in said
    assert "9876" not in said


@pytest.mark.parametrize("typed", ["\n", ".\n"])
def test_silence(typed: str) -> None:
    assert walked(typed)[-1].endswith("hung up")


@pytest.mark.parametrize("typed", ["q", ""])
def test_hanging_up(typed: str) -> None:
    assert walked(typed)[-1] == "you hung up"


def test_a_key_that_no_telephone_has() -> None:
    assert "a telephone has no key 'x'" in walked("x\n1\n")


class Player:
    def __init__(self) -> None:
        self.waited = False

    def wait(self) -> int:
        self.waited = True
        return 0

    def terminate(self) -> None:
        raise AssertionError


def test_speaking_waits_for_the_sound() -> None:
    played: list[tuple[Sound, Player]] = []

    def play(sound: Sound) -> Player:
        played.append((sound, Player()))
        return played[-1][1]

    keys = Piped(io.StringIO("."))
    call = Rehearsal(FLOW, {"main": FLOW}, Guessed(), Asking(keys, lambda line: None, {}))
    call.press("1")
    walk(call, {"main": FLOW}, keys, lambda line: None, play=play)
    assert [(sound.path, player.waited) for sound, player in played] == [(FLOW_SAYS, True)]


FLOW_SAYS = "For orders press 1. For support press 2."
FETCH = Fetch("https://crm.example", {"name": "name", "level": "customer.level"})
SECRET = CheckSecret("1", "2", "3", code=False)

ANSWERS: Mapping[str, tuple[object, object, object]] = {
    "fields": (FETCH, {"name": "Ann"}, {"name": "Ann"}),
    "fails": (FETCH, "fails", Unanswered("rehearsed")),
    "hangs": (SECRET, "hangs", HANGS),
    "right": (SECRET, "right", Verdict(right=True)),
    "wrong": (SECRET, "wrong", Verdict(right=False)),
    "locked": (SECRET, "locked", Verdict(right=False, locked=True)),
    "sent": (SendCode("1", "2", "sms"), True, True),
    "switch": (SwitchState("holiday"), "closed", "closed"),
    "usage": (KeyUsage("main", "main"), {"1": 5}, {"1": 5}),
}


@pytest.mark.parametrize(("question", "given", "came"), ANSWERS.values(), ids=ANSWERS)
def test_answers(question: Fetch, given: object, came: object) -> None:
    assert answer(question, given) == came


def test_what_is_no_answer() -> None:
    with pytest.raises(Unprepared, match="right, wrong or locked"):
        answer(SECRET, "yes")


def test_asking_at_the_terminal() -> None:
    said: list[str] = []
    asking = Asking(Piped(io.StringIO("Ann\n\nmaybe\nright\nfails\n")), said.append, {"other": {"name": "Eve"}})
    assert asking(FETCH, "customer") == {"name": "Ann"}
    assert asking(FETCH, "other") == {"name": "Eve"}
    assert asking(SECRET, "pin") == Verdict(right=True)
    assert asking(FETCH, "customer") == Unanswered("rehearsed")
    assert asking(SwitchState("holiday"), "opening") == "auto"
    assert "customer asks for a lookup" in said[0]


WAITING = flow("""
start: orders
nodes:
  orders:
    queue: orders
    waiting: [{every: 30s, say: "You are number {position}."}]
    keys: {"1": bye}
    after: survey
  survey: {survey: [{question: happy, say: Are you happy?}], retries: 0, next: bye}
  bye: {hangup: true}
""")


def test_waiting_in_a_queue() -> None:
    said: list[str] = []
    keys = Piped(io.StringIO("\n\nt\n5\n"))
    call = Rehearsal(WAITING, {"main": WAITING}, Guessed(), Asking(keys, said.append, {}))
    walk(call, {"main": WAITING}, keys, said.append)
    told = [line.strip() for line in said]
    assert "keys: 1 · Enter: wait · t: an agent takes the call · q: hang up" in told
    assert [line for line in told if "“" in line] == [
        "0:30.0    “You are number 1.”",
        "1:00.0    “You are number 1.”",
        "2:01.2    “Are you happy?”",
    ]
    assert "an agent talks with you for 60 s" in told
    assert told[-1].endswith("hung up")
