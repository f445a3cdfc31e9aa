"""What is wrong in a flow is said: all of it, with the line and what to do."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import new_site, settings
from cti.site.files import Document, SiteError
from ivr.loader import Known, check_flow, load_flows
from ivr.prompt import EVERY, File, Text
from ivr.verbs import VERBS
from ivr.verbs.talk import Menu
from tests.ivr.flows import SITE, flow

NO_PROMPT = "a prompt is text, or file: name.wav, or a list of those, or one of each language"

GOOD = """
start: main
nodes:
  main: {menu: Hello, keys: {"1": bye}}
  bye: {hangup: true}
"""

BAD = {
    "all problems at once, each with its line": (
        """
        start: welcom
        nodes:
          welcome: {say: Hello, next: mian}
          main:
            menu: Press one.
            keys: {"1": orders, "12": orders, x: orders}
            timeout: 5 seconds
            shout: true
          orders: {queue: oders}
          desk: {transfer: front}
        """,
        [
            "main.yaml:2: start: there is no node 'welcom' (did you mean welcome?)",
            "main.yaml:4: nodes.welcome.next: there is no node 'mian' (did you mean main?)",
            "main.yaml:7: nodes.main.keys.12: '12' is no key of a telephone; those are 0 to 9, *, # and A to D",
            "main.yaml:7: nodes.main.keys.x: 'x' is no key of a telephone; those are 0 to 9, *, # and A to D",
            "main.yaml:8: nodes.main.timeout: must be a duration such as 500ms, 5s, 2m or 1h",
            f"main.yaml:9: nodes.main.shout: is not known here (menu knows {', '.join(Menu.model_fields)})",
            "main.yaml:10: nodes.orders.queue: the site has no queue 'oders' (did you mean orders?)",
            "main.yaml:11: nodes.desk.transfer: the site has no destination 'front' (did you mean front-desk?)",
        ],
    ),
    "verbs": (
        """
        start: a
        colour: red
        nodes:
          a: {sya: Hello, next: b}
          b: {say: Hello, queue: orders, next: c}
          c: {next: d}
          d: hangup
          e e: {hangup: true}
        """,
        [
            "main.yaml:3: colour: is not known here (is it spelled right?)",
            "main.yaml:5: nodes.a.sya: is no verb (did you mean say?)",
            "main.yaml:6: nodes.b: has 2 verbs: say and queue (give each a node of its own)",
            f"main.yaml:7: nodes.c: has no verb (one of {', '.join(VERBS)})",
            "main.yaml:8: nodes.d: is no node (write it as {say: Hello, next: main})",
            "main.yaml:9: nodes.e e: is no fit name for a node (use letters, digits, _ and -)",
            "main.yaml:9: nodes.e e: nothing leads to this node (link to it, or take it out)",
        ],
    ),
    "a digit used twice": (
        """
        start: a
        nodes:
          a:
            menu: Hello
            keys:
              1: b
              "1": b
          b: {hangup: true}
        """,
        ['main.yaml:8: nodes.a.keys.1: is given twice (a number is the same key as its text: 1 and "1")'],
    ),
    "the same digit, written the same": (
        'start: a\nnodes:\n  a: {menu: Hello, keys: {"1": b, "1": b}}\n  b: {hangup: true}',
        ['main.yaml:3: found duplicate key "1"'],
    ),
    "nothing but talk": (
        """
        start: a
        nodes:
          a: {say: Hello, next: b}
          b: {goto: a}
          lost: {queue: orders}
        """,
        [
            "main.yaml:4: nodes.a: leads nowhere: the call can never end from here"
            " (let it lead to a queue, a transfer or a hangup)",
            "main.yaml:5: nodes.b: leads nowhere: the call can never end from here"
            " (let it lead to a queue, a transfer or a hangup)",
            "main.yaml:6: nodes.lost: nothing leads to this node (link to it, or take it out)",
        ],
    ),
    "a menu that leads only to itself": (
        'start: a\nnodes:\n  a: {menu: Hello, keys: {"1": a}}',
        [
            "main.yaml:3: nodes.a: leads nowhere: the call can never end from here"
            " (let it lead to a queue, a transfer or a hangup)"
        ],
    ),
    "a menu without keys": (
        "start: a\nnodes:\n  a: {menu: Hello, keys: {}, otherwise: b}\n  b: {hangup: true}",
        ["main.yaml:3: nodes.a.keys: a menu without keys leads nowhere"],
    ),
    "a silent caller goes round": (
        """
        start: a
        nodes:
          a: {menu: Hello, keys: {"1": bye}, otherwise: b}
          b: {say: Try again, next: a}
          bye: {hangup: true}
        """,
        [
            "main.yaml:4: nodes.a: a caller who presses nothing goes round for ever: a -> b -> a"
            " (let one of them lead out)"
        ],
    ),
    "sound files": (
        """
        start: a
        nodes:
          a: {say: [Hello, {file: gone.wav}, {file: ../flows.py}], next: b}
          b: {say: {file: /etc/passwd}, next: c}
          c: {say: {file: flows.py, loud: true}, next: d}
          d: {say: 7, next: e}
          e: {say: [], next: f}
          f: {hangup: true}
        """,
        [
            f"main.yaml:4: nodes.a.say: there is no sound file 'gone.wav' (sound files are in {SITE.prompts})",
            f"main.yaml:4: nodes.a.say: '../flows.py' leaves the folder of sound files"
            f" (sound files are in {SITE.prompts})",
            f"main.yaml:5: nodes.b.say: '/etc/passwd' leaves the folder of sound files"
            f" (sound files are in {SITE.prompts})",
            f"main.yaml:6: nodes.c.say: {NO_PROMPT}",
            f"main.yaml:7: nodes.d.say: {NO_PROMPT}",
            f"main.yaml:8: nodes.e.say: {NO_PROMPT}",
        ],
    ),
    "settings": (
        """
        start: a
        languages: {english: en, en: -x, pt-BR: pt}
        nodes:
          a: {collect: Hello, digits: 8-4, terminator: x, timeout: 1h, next: b}
          b: {queue: orders, skills: {english: 11}}
        """,
        [
            "main.yaml:3: languages.english: is no language, such as en or pt-BR",
            "main.yaml:3: languages.en: is no voice, such as en or cmn",
            "main.yaml:5: nodes.a.timeout: must be less than or equal to 600",
            "main.yaml:5: nodes.a.digits: '8-4' is no number of digits; write 6 or 4-8 (32 at most)",
            "main.yaml:5: nodes.a.terminator: must be '#' or '*'",
            "main.yaml:6: nodes.b.skills.english: must be less than or equal to 10",
        ],
    ),
    "an empty file": ("", ["main.yaml:1: start: is missing", "main.yaml:1: nodes: is missing"]),
    "an alias inside itself": (
        "&all {start: a, nodes: *all}",
        ["main.yaml:1: an alias (*name) stands inside its own anchor (&name)"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), BAD.values(), ids=BAD)
def test_problems(text: str, lines: list[str]) -> None:
    with pytest.raises(SiteError) as caught:
        flow(text)
    assert str(caught.value).splitlines() == lines


def test_a_prompt_is_text_or_a_file_or_a_list() -> None:
    read = flow(
        "start: a\nnodes:\n  a: {say: [Hello  you, {say: and}, {file: flows.py}], next: b}\n  b: {hangup: true}"
    )
    (_, prompt), *_ = read.nodes["a"].prompts()
    assert prompt.by_language == ((EVERY, (Text("Hello you"), Text("and"), File("flows.py"))),)


def test_the_shipped_flow_is_good(tmp_path: Path) -> None:
    new_site.write(tmp_path / "site")
    flows = settings.load(tmp_path / "site").flows
    assert set(flows["main"].languages) == {"en", "zh"}


def test_a_folder_of_flows(tmp_path: Path) -> None:
    site = Known(queues=(), destinations=(), prompts=tmp_path)
    with pytest.raises(SiteError, match="there is no flow here"):
        load_flows(tmp_path, site)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "other.yml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text("start: [")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SiteError) as caught:
        load_flows(tmp_path, site)
    assert [p.file.split("/")[1] for p in caught.value.problems] == ["bad.yaml", "binary.yaml", "other.yml"]
    for name in ("other.yml", "bad.yaml", "binary.yaml"):
        (tmp_path / name).unlink()
    assert list(load_flows(tmp_path, site)) == ["good"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["a", "b", "1", "5s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab1"), inner, max_size=3),
    max_leaves=6,
)
SETTINGS = st.dictionaries(
    st.sampled_from(
        ["say", "menu", "collect", "hours", "queue", "transfer", "goto", "hangup", "keys", "next", "otherwise", "file"]
    ),
    VALUES,
    max_size=4,
)


@given(nodes=st.dictionaries(st.sampled_from("ab1"), SETTINGS | VALUES, max_size=3) | VALUES)
def test_any_tree_is_a_flow_or_a_site_error(nodes: object) -> None:
    document = Document("main.yaml", {"start": "a", "nodes": nodes})
    with suppress(SiteError):
        check_flow(document, "main", SITE)
