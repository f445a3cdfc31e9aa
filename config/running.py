"""The running server of a site: how commands find it, and how it knows its owner.

A file in the state folder, which only the owner can read, has its address and what opens it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest
from pathlib import Path
from typing import Any

import httpx
from fastapi import Depends, HTTPException, Request

from cti.access import WHO, Gate, Need, Person, Right, Role

FILE = "running.json"
"""In the state folder: the address of the running server, and what opens it to its owner."""

OWNER = Person("owner of the site", Role.SYSTEM)
"""Who can read the state folder, or send the server a signal."""


class NotRunning(Exception):
    """No server runs on the site, or it cannot be asked."""


@contextmanager
def findable(state: Path, url: str, key: str) -> Iterator[None]:
    """Lets commands find the server while it runs."""
    path = state / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"url": url, "key": key}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def for_the_owner(key: str) -> Any:
    """A dependency of routes: only an administrator is let in, or who can read the state folder."""

    def let_in(request: Request) -> None:
        given = request.headers.get("authorization", "").partition(" ")[2]
        if compare_digest(given.encode(), key.encode()):
            request.scope[WHO] = OWNER
            return
        gate: Gate = request.app.state.gate
        person = request.scope[WHO] = gate.who(request)
        if person is None:
            raise HTTPException(401, "log in first", headers={"WWW-Authenticate": "Bearer"})
        if refusal := Need(Right.SITE).refusal(person):
            raise HTTPException(403, refusal)

    return Depends(let_in)


def found(state: Path) -> tuple[str, str]:
    """Where the server of a site is, and what opens it to its owner. Raises NotRunning."""
    file = state / FILE
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return str(kept["url"]), str(kept["key"])
    except FileNotFoundError:
        raise NotRunning("no server runs on this site") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotRunning(f"{file} cannot be read: {type(error).__name__}") from None


def ask(state: Path, how: str, path: str, patience_s: float, json_: Any = None) -> httpx.Response:
    """What the server of a site answers to its owner, 200 or 409. Raises NotRunning."""
    url, key = found(state)
    try:
        with httpx.Client(base_url=url, timeout=patience_s, trust_env=False) as client:
            answer = client.request(how, path, json=json_, headers={"Authorization": f"Bearer {key}"})
    except httpx.HTTPError as error:
        raise NotRunning(f"the server does not answer: {error}") from None
    if answer.status_code not in (httpx.codes.OK, httpx.codes.CONFLICT):
        raise NotRunning(f"the server answers {answer.status_code}")
    return answer
