"""What the pages say can be done, can be done."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from config.cli import app
from docs import generate
from tests.docs.pages import PAGES, ROOT, anchors, blocks, links

COMMANDS = {info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands} | {
    group.name for group in app.registered_groups
}
_SAID = re.compile(r"(?:^|[`$/ ])cordboard ([a-z]+)(?=[ `\n]|$)", re.MULTILINE)
_TARGETS = re.compile(r"\bmake ([a-z]+)\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        assert not re.match(r"/|[a-z]+:", path), f"{link} leaves the repository"
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_found() -> None:
    linked = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links(page)}
    assert {page for page in PAGES if page not in linked} == {ROOT / "README.md"}


def test_every_picture_of_a_page_is_shown() -> None:
    shown = {Path(link).name for link in links(ROOT / "docs" / "pages.md") if link.endswith(".png")}
    of = {name.rsplit("-", 2)[0] for name in shown}
    assert {path.name for path in (ROOT / "docs" / "pictures").glob("*.png")} == {
        f"{name}-{look}.png" for name in of for look in ("1280-light", "1280-dark", "1920-light")
    }


def test_commands_exist() -> None:
    shown = [(block, name) for block in blocks("sh", "console") for name in _SAID.findall(block.text)]
    assert shown
    for block, name in shown:
        assert name in COMMANDS, f"{block}: cordboard {name}"


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        code = re.findall(r"`make [^`]*`", page.read_text(encoding="utf-8"))
        for said in [*code, *(block.text for block in blocks("sh") if block.page == page)]:
            assert set(_TARGETS.findall(said)) <= targets, f"{page.name}: {said}"


MADE = generate.pages()


@pytest.mark.parametrize("page", MADE, ids=lambda page: page.name)
def test_generated_pages_are_current(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == MADE[page], "run: python -m docs.generate"


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    assert set(generate.meanings()) == set(generate.keys())


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[\[<>=]", needed)[0] for needed in project["dependencies"]}
    page = (ROOT / "docs" / "decisions" / "0016-dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| ([a-z0-9.-]+) \|", page, re.MULTILINE)) == named
