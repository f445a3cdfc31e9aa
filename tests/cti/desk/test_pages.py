"""The pages as files: what a browser would only tell when somebody presses the button."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cti.desk.api import WEB

PAGES = sorted(WEB.glob("*.html"))
MODULES = sorted(WEB.glob("*.js"))
IMPORT = re.compile(r'import\s*\{([^}]*)\}\s*from\s*"\./([\w.]+)"', re.DOTALL)
SHARED = {"message", "link"}
"""Elements that desk.js writes to where a page that asks for it has them."""


class Page(HTMLParser):
    """The elements of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def values(self, attribute: str, *tags: str) -> list[str]:
        """The values of an attribute of all elements, or those of some tags."""
        found = (given.get(attribute) for tag, given in self.elements if not tags or tag in tags)
        return [value for value in found if value]


def modules_of(page: Page) -> set[str]:
    """The scripts of a page, with all that they import."""
    found: set[str] = set()
    todo = page.values("src", "script")
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [wanted for _, wanted in IMPORT.findall((WEB / name).read_text(encoding="utf-8"))]
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_element_that_a_script_looks_for_is_on_its_page(path: Path) -> None:
    page = Page(path)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for name in modules_of(page):
        wanted = set(re.findall(r'\$\("([\w-]+)"\)', (WEB / name).read_text(encoding="utf-8")))
        missing = wanted - set(ids) - (SHARED if name == "desk.js" else set())
        assert not missing, f"{name} on {path.name}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_field_has_a_label_and_every_reference_its_element(path: Path) -> None:
    page = Page(path)
    ids = set(page.values("id"))
    fields = page.values("id", "input", "select")
    text = path.read_text(encoding="utf-8")
    wrapped = set(re.findall(r'<label><input [^>]*id="([\w-]+)"', text))
    assert set(fields) <= {*page.values("for"), *wrapped}
    assert {*page.values("for"), *page.values("aria-labelledby"), *page.values("list")} <= ids


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_import_is_exported_and_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for names, module in IMPORT.findall(text):
        exported = set(re.findall(r"export (?:async )?(?:function|const) ([\w$]+)", (WEB / module).read_text()))
        for name in filter(None, (name.strip() for name in names.split(","))):
            assert name in exported, f"{module} exports no {name}"
            assert len(re.findall(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", text)) > 1, f"{name} is not used"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_is_put_into_a_page_but_as_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc", text)
