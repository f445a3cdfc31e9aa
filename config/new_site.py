"""``cordboard init``: writes a small commented site to go on from."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from pwdlib import PasswordHash

PEOPLE = ("alice", "bob", "sue", "root")


class _People(Template):
    """``$`` is part of every password hash."""

    delimiter = "@"


def write(folder: Path) -> Mapping[str, str]:
    """Writes the example site into ``folder``, with passwords of its own, which it returns by name.

    Raises FileExistsError if there is something in the folder already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; nothing was written")
    passwords = {name: secrets.token_urlsafe(9) for name in PEOPLE}
    hasher = PasswordHash.recommended()
    hashes = {name: hasher.hash(password) for name, password in passwords.items()}
    _copy(resources.files("config").joinpath("site"), folder, hashes)
    state = folder / "var" / "state"
    state.mkdir(parents=True, mode=0o700)
    (folder / "prompts").mkdir(exist_ok=True)
    secret = state / "ami-secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    (folder / ".gitignore").write_text("var/\n", encoding="ascii")
    return passwords


def _copy(source: Traversable, to: Path, hashes: Mapping[str, str]) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for item in source.iterdir():
        if item.is_dir():
            _copy(item, to / item.name, hashes)
        elif item.name.endswith(".yaml"):
            text = item.read_text(encoding="utf-8")
            text = _People(text).substitute(hashes) if item.name == "people.yaml" else text
            (to / item.name).write_text(text, encoding="utf-8")
