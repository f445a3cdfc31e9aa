"""The pages as files: their source, and what a browser gets that was built from it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cti.desk.guard import add_guard
from cti.desk.pages import FIRST, STATIC, add_pages

WEB = STATIC.parent / "web"
SOURCES = [path for path in sorted(WEB.rglob("*")) if path.suffix in (".svelte", ".ts", ".js", ".html", ".css")]
SOURCES = [path for path in SOURCES if "node_modules" not in path.parts]
BUILT = sorted(STATIC.rglob("*.html"))
AS_HTML = re.compile(
    r"\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|<style .*\$\{"
)


class Page(HTMLParser):
    """A page's elements, and what scripts and styles are written in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in ("script", "style"):
            self.inline += data.strip()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(WEB)))
def test_nothing_is_put_into_a_page_but_as_text(path: Path) -> None:
    assert not AS_HTML.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path", [*sorted(WEB.glob("*.html")), *BUILT], ids=lambda path: str(path.relative_to(STATIC.parent))
)
def test_a_page_has_no_script_or_style_in_it_and_loads_nothing_from_elsewhere(path: Path) -> None:
    page = Page(path.read_text(encoding="utf-8"))
    assert page.inline == ""
    for tag, attributes in page.elements:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for address in filter(None, (attributes.get("src"), attributes.get("href"))):
            assert re.fullmatch(r"/?[\w./-]+", address)
            if path in BUILT:
                assert (STATIC / address.lstrip("/")).exists(), address


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name


def browse(folder: Path) -> httpx.AsyncClient:
    app = FastAPI()
    add_guard(app)
    add_pages(app, folder)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")


async def test_built_pages_are_served(tmp_path: Path) -> None:
    (tmp_path / FIRST).write_text("<!doctype html>log in here")
    async with browse(tmp_path) as client:
        home = await client.get("/", follow_redirects=True)
        assert (home.status_code, home.url.path) == (200, f"/{FIRST}")
        assert "log in here" in home.text
        assert (await client.get("/nothing.html")).status_code == 404


async def test_without_them_one_page_says_what_to_do(tmp_path: Path) -> None:
    async with browse(tmp_path / "nothing") as client:
        for path in ("/", "/agent.html", "/supervisor.html"):
            answer = await client.get(path, follow_redirects=True)
            assert answer.status_code == 503
            assert "make pages" in answer.text
            assert Page(answer.text).inline == ""
            assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert (await client.get("/style.css")).status_code == 404
