"""Values said, languages chosen, menus in the order of use, entries: what callers do, and hear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.calls.call import Call
from cti.calls.commands import Tape
from cti.calls.events import Failed, LanguageChosen, Taped
from cti.site.files import SiteError
from ivr.node import Longest, Node
from ivr.prompt import Prompt, Text, joined, parse
from ivr.questions import KeyUsage, Spoken, SwitchState, Unanswered
from ivr.session import MAX_TYPED
from ivr.tree import Flow
from ivr.walk import RETURN, Ask, Record, Steps, Walk
from tests.ivr.flows import CALL, Caller, flow, told
from tests.ivr.test_session import play_out

BILL = flow("""
start: number
languages: {en: en-gb, zh: cmn}
nodes:
  number: {collect: Number?, name: account, digits: 1-4, next: bill}
  bill: {say: ["Your number is", "{account:digits}", Thanks.], next: firm}
  firm: {say: ["Again:", "{account:digits}."], barge_in: false, next: main}
  main: {menu: Choose., keys: {"1": bye, "2": wait}}
  wait: {hours: {zone: UTC, open: {mon-sun: "00:00-24:00"}}, switch: desk, open: bye, closed: sorry}
  sorry: {say: Sorry., next: bye}
  bye: {hangup: true}
""")

TO_BILL = """
    start -> at number; play Number? / whole -> / 4 -> / 2 -> /
    # -> chosen account=42; at bill; play Your number is
"""

VALUES = {
    "a value is spoken when it is known": """
        whole -> / spoken -> play 4 2 / whole -> play Thanks. / whole -> at firm; play Again:
    """,
    "a value that nobody can speak is left out": "whole -> / unanswered -> play Thanks.",
    "a value that is not spoken in time is left out": """
        whole -> / early -> / wait -> play Thanks. / spoken -> / whole -> at firm; play Again:
    """,
    "a key while it is being spoken ends the prompt": "whole -> / 1 -> at firm; play Again:",
    "a key before it is spoken ends the prompt": "1 -> / whole -> at firm; play Again:",
    "an answer twice": "whole -> / spoken -> play 4 2 / spoken -> / lost -> play Thanks.",
    "keys are dropped while that which must be heard is being spoken": """
        cut -> at firm; play Again: / whole -> / 1 -> / spoken -> play 4 2. / 1 -> / whole -> at main; play Choose.
        whole -> / 1 -> chosen main=1; at bye; hangup
    """,
    "a switch that says closed": """
        cut -> at firm; play Again: / whole -> / wait -> at main; play Choose. / 2 -> / cut -> chosen main=2; at wait
        closed -> at sorry; play Sorry.
    """,
    "a switch that nobody knows": """
        cut -> at firm; play Again: / whole -> / wait -> at main; play Choose. / 2 -> / cut -> chosen main=2; at wait
        unanswered -> at bye; hangup
    """,
    "a switch that is silent": """
        cut -> at firm; play Again: / whole -> / wait -> at main; play Choose. / 2 -> / cut -> chosen main=2; at wait
        1 -> / wait -> at bye; hangup
    """,
}

ANSWERS = {"unanswered": Unanswered("no"), "closed": "closed", "open": "open"}


def through(caller: Caller, text: str) -> None:
    """As ``play_out``, with answers to what was asked."""
    for step in text.replace("\n", "/").split("/"):
        what, _, expected = (part.strip() for part in step.partition("->"))
        if what in ANSWERS:
            assert "; ".join(told(caller.answer(ANSWERS[what]))) == expected
        else:
            play_out(caller, step)


@pytest.mark.parametrize("text", VALUES.values(), ids=VALUES)
def test_values_and_questions(text: str) -> None:
    caller = Caller(BILL)
    play_out(caller, TO_BILL)
    through(caller, text)


def test_what_is_asked_names_voice_and_language() -> None:
    caller = Caller(BILL, call=Call(id=CALL, language="zh"))
    play_out(caller, TO_BILL + "/ whole ->")
    assert caller.question == Spoken("zh", "cmn", "4 2")
    assert "4 2" not in repr(caller.asked)


def test_a_value_not_known_is_not_asked_for() -> None:
    caller = Caller(flow('start: a\nnodes:\n  a: {say: ["{x}", "{y:money:EUR}", End.], next: b}\n  b: {hangup: true}'))
    assert told(caller.outputs) == ["at a", "play End."]
    silent = Caller(flow('start: a\nnodes:\n  a: {say: ["{x}"], next: b}\n  b: {hangup: true}'))
    assert told(silent.outputs) == ["at a", "at b", "hangup"]


LANGUAGES = flow("""
start: choose
languages: {en: en, zh: cmn}
nodes:
  choose:
    language: {"1": en, "2": zh}
    say: {en: For English press 1., zh: 中文请按2。}
    no_match: {say: {en: Wrong., zh: 错。}}
    retries: 1
    next: hi
  hi: {say: {en: Hello., zh: 你好。}, next: english}
  english: {language: en, next: bye}
  bye: {say: {en: Bye., zh: 再见。}, next: end}
  end: {hangup: true}
""")

CHOICES = {
    "in the second language": """
        start -> at choose; play For English press 1. / whole -> play 中文请按2。 / whole ->
        2 -> chosen choose=2; language zh; at hi; play 你好。 / whole -> at english; language en; at bye; play Bye.
    """,
    "at once": "start -> at choose; play For English press 1. / 2 -> / cut -> chosen choose=2; language zh; "
    "at hi; play 你好。",
    "wrong, then silent": """
        start -> at choose; play For English press 1. / 7 -> / cut -> play Wrong. / whole -> play 错。
        whole -> play For English press 1. / whole -> play 中文请按2。 / whole -> / wait -> play For English press 1.
        whole -> play 中文请按2。 / whole -> / wait -> at hi; play Hello.
    """,
}


@pytest.mark.parametrize("text", CHOICES.values(), ids=CHOICES)
def test_the_caller_chooses_a_language(text: str) -> None:
    play_out(Caller(LANGUAGES), text)


def test_who_has_chosen_hears_that_language_and_it_is_kept_with_the_call() -> None:
    caller = Caller(LANGUAGES)
    out = [*caller.does("2"), *caller.does("cut")]
    assert [o.language for o in out if isinstance(o, LanguageChosen)] == ["zh"]
    back = Caller(LANGUAGES, call=Call(id=CALL, language="fr"))
    assert told(back.outputs)[1] == "play For English press 1."


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ('{language: {"1": en}, next: a}', "needs say"),
        ("{language: en, say: Hi., next: a}", "say: for a language that callers choose"),
        ("{language: Klingon, next: a}", "language"),
        ('{language: {"x": en}, say: Hi., next: a}', "no key of a telephone"),
        ("{language: {}, say: Hi., next: a}", "empty|at least 1"),
        ('{menu: Hi., keys: {"1": a}, order: usage}', "keys that say something"),
        ('{menu: Hi., keys: {"1": {say: One.}}}', "keys.1.*to"),
        ("{collect: Hi., digits: 0, next: a}", "no number of digits"),
        ("{collect: Hi., digits: 4-33, next: a}", "no number of digits"),
    ],
)
def test_what_is_wrong_is_told(node: str, says: str) -> None:
    with pytest.raises(SiteError, match=says):
        flow(f"start: b\nnodes:\n  b: {node}\n  a: {{hangup: true}}")


def test_a_menu_of_languages_is_as_long_as_all_of_them() -> None:
    node = LANGUAGES.nodes["choose"]

    def longest(prompt: Prompt) -> float:
        return max(sum(2.0 for _ in prompt.pieces(language)) for language in ("en", "zh"))

    once = 4.0 + 5.0
    assert node.longest(longest) == Longest(3 + 1, once + 2.0 + once + once)
    assert LANGUAGES.nodes["english"].longest(longest) == Longest()


USED = flow("""
start: main
nodes:
  main:
    menu: Welcome.
    keys:
      "1": {to: bye, say: One.}
      "2": {to: bye, say: Two.}
      "3": {to: bye, say: [Three., And more.]}
      "9": bye
    order: usage
    retries: 1
  bye: {hangup: true}
""")
AS_WRITTEN = ["Welcome.", "One.", "Two.", "Three.", "And more."]


def heard(caller: Caller, answer: object) -> list[str]:
    """Everything that is played until the caller is waited for."""
    outputs = caller.answer(answer)
    said = []
    while outputs:
        said += [o.removeprefix("play ") for o in told(outputs)]
        outputs = caller.does("whole")
    return said


@pytest.mark.parametrize(
    ("answer", "order"),
    [
        ({"3": 7, "1": 1, "9": 100}, ["Welcome.", "Three.", "And more.", "One.", "Two."]),
        ({"2": 1}, ["Welcome.", "Two.", "One.", "Three.", "And more."]),
        ({"1": 5, "2": 5, "3": 5}, AS_WRITTEN),
        ({}, AS_WRITTEN),
        (Unanswered("time-out"), AS_WRITTEN),
    ],
)
def test_the_most_chosen_is_announced_first(answer: object, order: list[str]) -> None:
    caller = Caller(USED)
    assert caller.question == KeyUsage("main", "main")
    assert heard(caller, answer) == order
    repeated = [*told(caller.does("wait")), *(told(caller.does("whole"))[0] for _ in order[1:])]
    assert repeated == [f"play {words}" for words in order]
    assert told(caller.does("2")) == []
    assert told(caller.does("cut")) == ["chosen main=2", "at bye", "hangup"]


def test_keys_typed_while_usage_is_asked_for_choose() -> None:
    caller = Caller(USED)
    assert not caller.does("3")
    assert told(caller.answer({"1": 5})) == ["chosen main=3", "at bye", "hangup"]


@given(st.dictionaries(st.sampled_from("0123456789*#"), st.integers(-1, 10**9)))
def test_whatever_the_usage_every_key_is_announced_and_means_the_same(usage: dict[str, int]) -> None:
    caller = Caller(USED)
    assert sorted(heard(caller, usage)) == sorted(AS_WRITTEN)
    assert told(caller.does("1")) == ["chosen main=1", "at bye", "hangup"]


def test_prompts_are_joined_by_language() -> None:
    one = joined([parse("A."), parse({"en": "B.", "zh": "乙。"}), parse("C.")])
    assert [piece.text for piece in one.pieces("zh") if isinstance(piece, Text)] == ["A.", "乙。", "C."]
    assert one.languages == ("en", "zh")
    assert not joined([])


PATTERN = flow("""
start: pin
nodes:
  pin:
    collect: Card?
    name: card
    digits: 2-6
    pattern: "4[0-9]*"
    interdigit_timeout: 2s
    no_match: {say: No card.}
    retries: 2
    next: bye
  bye: {hangup: true}
""")

ENTRIES = {
    "too short, then fits": """
        1 -> / wait -> play No card. / whole -> play Card? / whole -> / 4 -> / 2 ->
        # -> chosen card=42; at bye; hangup
    """,
    "does not begin so": "5 -> / 2 -> / # -> play No card.",
    "a pause within the time-out": "4 -> / early -> / 2 -> / early -> / wait -> chosen card=42; at bye; hangup",
    "a terminator alone": "# -> play No card.",
    "six, and the terminator": "4 -> / 2 -> / 3 -> / 4 -> / 5 -> / 6 -> chosen card=423456; at bye; hangup",
}


@pytest.mark.parametrize("text", ENTRIES.values(), ids=ENTRIES)
def test_entries(text: str) -> None:
    caller = Caller(PATTERN)
    play_out(caller, "start -> at pin; play Card? / whole -> /" + text)


@given(
    keys=st.text("0123456789*#ABCD", min_size=40, max_size=200),
    tree=st.sampled_from([PATTERN, BILL, LANGUAGES, USED]),
    first=st.booleans(),
)
def test_many_keys_at_once_break_nothing(keys: str, tree: Flow, first: bool) -> None:
    caller = Caller(tree)
    if first and caller.play:
        caller.does("whole")
    for key in keys:
        caller.does(key)
        assert len(caller.session._walk.typed) <= MAX_TYPED
    for _ in range(200):
        caller.does("wait")
    assert caller.session.deadline is None


class Probe(Node):
    """Asks or records, and tells what came of it by the node it goes to."""

    verb = "probe"
    needs: str

    def walk(self, walk: Walk) -> Steps:
        need = Record("tape", 10.0, 2.0, "#", True) if self.needs == "tape" else Ask(SwitchState("x"), 3.0)
        walk.data["got"] = str((yield need))
        return RETURN


class Keeps(Node):
    verb = "keeps"

    def walk(self, walk: Walk) -> Steps:
        walk.data["got"] = str((yield Record("tape", 10.0, 2.0, "#", True)))
        return "after"


def test_who_hangs_up_as_he_is_recorded_goes_nowhere_from_there() -> None:
    nodes = {"p": Keeps(), "after": Probe(needs="tape")}
    caller = Caller(Flow("main", "main.yaml", "p", {"de": "de"}, nodes))
    (tape,) = [o for o in caller.outputs if isinstance(o, Tape)]
    assert not caller.event(Taped(at=caller.now, call=CALL, play=tape.play, seconds=4.0, gone=True))
    assert (caller.session._walk.data["got"], caller.session.node) == ("4.0", "p")


def probing(needs: str) -> Caller:
    outer = flow('start: a\nnodes:\n  a: {menu: "Hi.", keys: {"1": b}}\n  b: {hangup: true}')
    inner = Flow("inner", "inner.yaml", "p", {"de": "de"}, {"p": Probe(needs=needs)})
    return Caller(inner, flows={"main": outer, "inner": inner}, home=outer)


@pytest.mark.parametrize(
    ("what", "got"), [("taped", "3.0"), ("wait", "0.0"), ("failed Tape", "0.0"), ("lost tape", "0.0")]
)
def test_a_tape(what: str, got: str) -> None:
    caller = probing("tape")
    (tape,) = [o for o in caller.outputs if isinstance(o, Tape)]
    assert (tape.recording, tape.longest_s, tape.stop_keys, tape.beep) == ("tape", 10.0, "#", True)
    assert not caller.event(Taped(at=caller.now, call=CALL, play=tape.play + 1, seconds=9.0))
    assert not caller.does("5")
    if what == "lost tape":
        caller.event(Taped(at=caller.now, call=CALL, play=tape.play, seconds=9.0, error="no disk"))
    elif what == "failed Tape":
        caller.event(Failed(at=caller.now, call=CALL, command="Tape", why="no"))
    else:
        caller.does(what)
    assert caller.session._walk.data["got"] == got
    assert (caller.session.flow, caller.session.node) == ("main", "a")


def test_an_answer_that_is_late_or_not_asked_for_changes_nothing() -> None:
    caller = probing("ask")
    assert caller.question == SwitchState("x")
    assert not caller.answer("open", number=caller.asked[-1].number + 1)
    assert "got" not in caller.session._walk.data
    caller.does("wait")
    assert caller.session._walk.data["got"] == "Unanswered(why='no answer in time')"
    assert not caller.answer("open")
    assert caller.session._walk.data["got"].startswith("Unanswered")
