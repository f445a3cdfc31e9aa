"""A real Chromium for tests of the pages, driven by Playwright."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from cti.desk.pages import FIRST, STATIC
from demo.debian import Missing
from tests.real.hotline import PATIENCE_S, Hotline

ROOT = Path(__file__).parents[2]
AXE = ROOT / "cti" / "desk" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "docs" / "pictures"
NAMED = "CORDBOARD_CHROMIUM"
NORMAL = ViewportSize(width=1280, height=800)
WIDE = ViewportSize(width=1920, height=1080)
PICTURED = {"light": (NORMAL, WIDE), "dark": (NORMAL,)}
GRAVE = ("serious", "critical")

expect.set_options(timeout=PATIENCE_S * 1000)


def chromium(bundled: str) -> str:
    """The browser: the one named, the system's, or Playwright's own at ``bundled``. Raises Missing."""
    if not STATIC.joinpath(FIRST).exists() or not AXE.exists():
        raise Missing(
            "The pages are not built, and real tests look at them. Run: make pages (needs Node 20.19 or newer)"
        )
    candidates = (os.environ.get(NAMED), shutil.which("chromium"), shutil.which("google-chrome"), bundled)
    found = next((path for path in candidates if path and Path(path).exists()), None)
    if found is None:
        raise Missing(
            "There is no Chromium to test the pages with. Install one: sudo apt-get install chromium, or"
            f" .venv/bin/playwright install chromium; or name one: {NAMED}=/path/to/chromium"
        )
    return found


class Tab:
    """A page in the browser. ``complaints`` are what the browser itself found wrong with it, such as
    errors of scripts, and what the content policy stopped."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", self._failed)

    async def log_in(self, url: str, name: str, password: str) -> None:
        """By the login page, as people do."""
        await self.page.goto(url)
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Log in", exact=True).click()

    async def barriers(self) -> list[str]:
        """What axe-core finds grave for people who cannot see, point or hear well: rule and elements."""
        found: dict[str, Any] = json.loads(await self.page.evaluate("async () => JSON.stringify(await axe.run())"))
        return [
            f"{rule['id']} ({rule['impact']}): {', '.join(str(node['target']) for node in rule['nodes'])}"
            for rule in found["violations"]
            if rule["impact"] in GRAVE
        ]

    async def looked_at(self, name: str) -> list[str]:
        """The page's barriers in light and dark. With CORDBOARD_PICTURES=1, it is pictured too."""
        barriers = []
        before = self.page.viewport_size
        for scheme, sizes in PICTURED.items():
            await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            barriers += [f"{name}, {scheme}: {barrier}" for barrier in await self.barriers()]
            if os.environ.get("CORDBOARD_PICTURES") == "1":
                for size in sizes:
                    await self.page.set_viewport_size(size)
                    await self.page.screenshot(path=PICTURES / f"{name}-{size['width']}-{scheme}.png")
        if before:
            await self.page.set_viewport_size(before)
        return barriers

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))


async def console(line: Hotline, running: Browser, name: str, language: str = "en") -> Tab:
    """A page of one of the site's people, who sees that it is live."""
    desk = await tab(running, language)
    await desk.log_in(line.url, name, line.stage.passwords[name])
    await expect(desk.page.get_by_text("Live", exact=True)).to_be_visible()
    return desk


@asynccontextmanager
async def browser(*options: str) -> AsyncIterator[Browser]:
    """A browser without a window; ``options`` are for its command line. Raises Missing."""
    async with async_playwright() as playwright:
        path = chromium(playwright.chromium.executable_path)
        unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root.
        running = await playwright.chromium.launch(executable_path=path, args=[*unboxed, *options])
        try:
            yield running
        finally:
            await running.close()


async def tab(running: Browser, language: str = "en") -> Tab:
    """A tab of somebody else than all others: with cookies of its own."""
    context: BrowserContext = await running.new_context(viewport=NORMAL, locale=language)
    await context.add_init_script(path=AXE)
    return Tab(await context.new_page())
