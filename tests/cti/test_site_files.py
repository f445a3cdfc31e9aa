"""What a site's editor is told of a file that is wrong."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from cti.site.files import MAX_BYTES, MAX_DEPTH, Document, Key, Problem, SiteError, SiteModel, check, parse, plain, read


class Phone(SiteModel):
    line: str
    level: int = Field(default=1, ge=1, le=10)


class Desk(SiteModel):
    name: str
    phones: tuple[Phone, ...] = ()
    skills: dict[str, int] = Field(default_factory=dict)
    open: bool = True


def problems(text: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        check(Desk, parse(text, "desk.yaml"))
    return str(caught.value).splitlines()


WRONG = {
    "nested keys and lists": (
        """
name: front
phones:
  - line: a
  - line: 7
    level: 11
  - level: high
    colour: red
skills:
  tea: 1
  milk: much
""",
        [
            "desk.yaml:5: phones.1.line: must be text (put it in quotes)",
            "desk.yaml:6: phones.1.level: must be less than or equal to 10",
            "desk.yaml:7: phones.2.line: is missing",
            "desk.yaml:7: phones.2.level: must be a whole number",
            "desk.yaml:8: phones.2.colour: is not known here (is it spelled right?)",
            "desk.yaml:11: skills.milk: must be a whole number",
        ],
    ),
    "an unknown key": ("nmae: x\nname: y\n", ["desk.yaml:1: nmae: is not known here (is it spelled right?)"]),
    "nothing": ("", ["desk.yaml:1: name: is missing"]),
    "only a comment": ("# later\n", ["desk.yaml:1: name: is missing"]),
    "one word": ("hello", ["desk.yaml:1: must be keys with values"]),
    "a list": ("- name: x", ["desk.yaml:1: must be keys with values"]),
    "no list": ("name: x\nphones: a\n", ["desk.yaml:2: phones: must be a list"]),
    "no mapping": ("name: x\nskills: [a]\n", ["desk.yaml:2: skills: must be keys with values"]),
    "yes or no": ("name: x\nopen: 7\n", ["desk.yaml:2: open: must be true or false"]),
    "an empty value": ("name:\n", ["desk.yaml:1: name: must be text (put it in quotes)"]),
    "a key twice, with something secret": (
        "name: x\nname: hunter2\n",
        ['desk.yaml:2: found duplicate key "name"'],
    ),
    "two documents": ("name: x\n---\nname: y\n", ["desk.yaml:2: but found another document"]),
    "a tab": ("name:\n\tx\n", ["desk.yaml:2: found character '\\t' that cannot start any token"]),
    "a list without end": ("name: [\n", ["desk.yaml:2: expected the node content, but found '<stream end>'"]),
    "an alias of nothing": ("name: *x\n", ["desk.yaml:1: found undefined alias 'x'"]),
    "a control character": ("name: x\nopen: \0\n", ["desk.yaml:2: has a control character, which YAML does not allow"]),
    "code": ("name: !!python/object/apply:os.system [id]\n", ["desk.yaml:1: name: must be text (put it in quotes)"]),
    "a day that is none": ("name: 2026-02-30\n", ["desk.yaml: not valid YAML: day is out of range for month"]),
    "lists in lists": ("- " * 3000, ["desk.yaml: is nested too deeply"]),
    "an alias inside itself": (
        "&all {name: *all}\n",
        ["desk.yaml:1: an alias (*name) stands inside its own anchor (&name)"],
    ),
    "what is merged in": (
        "name: x\nphones:\n  - &a {line: a, level: 50}\n  - <<: *a\n",
        [
            "desk.yaml:3: phones.0.level: must be less than or equal to 10",
            "desk.yaml:4: phones.1.level: must be less than or equal to 10",
        ],
    ),
}


@pytest.mark.parametrize(("text", "lines"), WRONG.values(), ids=WRONG)
def test_problems(text: str, lines: list[str]) -> None:
    assert problems(text) == lines


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11)),
        "a0: &a0 {k: x}\n"
        + "".join(f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(10))}}}\n" for n in range(1, 11)),
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} {'[' * 10}*a{n - 1}{']' * 10}\n" for n in range(1, MAX_DEPTH)),
    ],
    ids=["lists", "mappings", "depth"],
)
def test_a_few_lines_that_stand_for_gigabytes(text: str) -> None:
    assert problems(text) == ["desk.yaml:1: is far too big once its aliases (*name) are put in"]


def test_an_honest_alias() -> None:
    document = parse("name: x\nphones: [&a {line: a}, *a]\n", "desk.yaml")
    assert check(Desk, document).phones == (Phone(line="a"), Phone(line="a"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name: gr\xfc\xdf\n", "desk.yaml:1: is not UTF-8 text (save it as UTF-8)"),
        (b"name: x\nskills: \xff\n", "desk.yaml:2: is not UTF-8 text (save it as UTF-8)"),
        ("name: x".encode("utf-16"), "desk.yaml:1: is not UTF-8 text (save it as UTF-8)"),
        (b"\x00\x01\x02", "desk.yaml:1: has a control character, which YAML does not allow"),
        (b"#" * (MAX_BYTES + 1), "desk.yaml: is longer than 1 MiB; is it the right file?"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "desk.yaml"
    path.write_bytes(data)
    with pytest.raises(SiteError) as caught:
        read(path)
    assert str(caught.value) == message


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="the file is not there"):
        read(tmp_path / "gone.yaml")
    with pytest.raises(SiteError, match=r"^flows/desk.yaml: cannot be read: Is a directory$"):
        read(tmp_path, "flows/desk.yaml")


def test_a_file_from_another_system(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_bytes("\ufeffname: größe ☎\r\nopen: no such\r\n".encode())
    document = read(path)
    assert plain(document.data)["name"] == "größe ☎"
    with pytest.raises(SiteError, match=r"^desk\.yaml:2: open: must be true or false$"):
        check(Desk, document)


def test_problems_are_in_order_of_file_and_line() -> None:
    given_ = [Problem("b", 2, "", "x"), Problem("a", 9, "", "x"), Problem("b", 1, "k", "x", "y")]
    assert str(SiteError(given_)).splitlines() == ["a:9: x", "b:1: k: x (y)", "b:2: x"]


def test_the_line_of_what_is_not_there_is_its_parents() -> None:
    document = parse("a:\n  b:\n    - c\n1: d\n", "x.yaml")
    lines: dict[Key, int] = {
        ("a", "b", 0): 3,
        ("a", "b", 7): 2,
        ("a", "b", "x"): 2,
        ("a", "z", "y"): 1,
        ("1",): 4,
        (): 1,
    }
    assert {key: document.line(key) for key in lines} == lines
    assert Document("x.yaml", {"a": [1]}).line(("a", 0)) == 1


def test_plain_values() -> None:
    text = 'a: 1\nb: 0x10\nc: 1.5\nd: "x"\ne: |\n  y\nf: yes\ng: true\nh: ~\n8: [1, {i: j}]\n'
    found = plain(parse(text, "x.yaml").data)
    assert found == {
        "a": 1, "b": 16, "c": 1.5, "d": "x", "e": "y\n", "f": "yes", "g": True, "h": None, "8": [1, {"i": "j"}],
    }  # fmt: skip
    assert {type(v) for v in found.values()} == {int, float, str, bool, type(None), list}


PIECES = [
    "name",
    "phones",
    "line",
    ":",
    ": ",
    "\n",
    "\n  ",
    "- ",
    "&a ",
    "*a",
    "<<",
    "{",
    "}",
    "[",
    "]",
    '"',
    "!",
    "|",
    ",",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=25).map("".join))
def test_any_text_is_a_desk_or_a_site_error(text: str) -> None:
    with suppress(SiteError):
        check(Desk, parse(text, "desk.yaml"))
