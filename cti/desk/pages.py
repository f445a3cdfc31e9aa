"""The pages of the desks, as the browser gets them: files built from ``web`` into ``static``."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"
FIRST = "login.html"

NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Cordboard: the pages are not built</title>
<h1>The pages are not built</h1>
<p>Cordboard runs, but its pages have not been built from their source here.</p>
<p>Run <code>make pages</code> in the source folder (it needs Node 20.19 or newer), and start Cordboard again.
The released package has the pages in it.</p>
"""


def add_pages(app: FastAPI, folder: Path = STATIC) -> None:
    """Serves the pages at ``/``: to be added after everything else. Where they aren't built, one that says
    what to do is served in the place of each."""

    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse(f"/{FIRST}")

    if (folder / FIRST).exists():
        app.mount("/", StaticFiles(directory=folder), name="pages")
        return

    @app.get("/{page}.html", include_in_schema=False)
    async def not_built(page: str) -> HTMLResponse:
        return HTMLResponse(NOT_BUILT, 503)
