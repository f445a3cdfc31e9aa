"""What a site must have before its server can start: folders, sounds, secrets, and nobody else on it."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

from config import dialplan
from config.beep import make_beep
from config.settings import Site
from ivr.prompts import Prompts
from ivr.speech import Unmade, speakers
from recordings.ledger.ledger import Ledger


class CannotStart(Exception):
    """Something the server needs is not to be had; the message says what and what to do."""


def read_secret(path: Path, what: str) -> str:
    """A secret from its file. Raises CannotStart."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{what} cannot be read from {path}: {error}. `cordboard init` makes one.") from None


def make_prompts(site: Site) -> Prompts:
    """No sounds yet, and what makes them as the site has it."""
    return Prompts(site.sounds, site.prompts, speakers(site.settings.speech.espeak, site.kokoro_voices))


def make_folders(site: Site) -> None:
    """The folders a site writes to. Raises CannotStart."""
    for folder, mode in ((site.sounds, 0o755), (site.recordings, 0o755), (site.state, 0o700)):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=mode)
        except OSError as error:
            raise CannotStart(f"the folder {folder} cannot be made: {error.strerror}") from None


async def make_fallback_sounds(site: Site, prompts: Prompts) -> None:
    """The sounds that are played by name: the two that the dialplan plays by itself, and the beep.
    Raises CannotStart."""
    try:
        make_beep(site.sounds)
    except OSError as error:
        raise CannotStart(f"the beep could not be written into {site.sounds}: {error.strerror}") from None
    fallback = site.settings.fallback
    for name, text in ((dialplan.FALLBACK_SOUND, fallback.say), (dialplan.SORRY_SOUND, fallback.sorry)):
        try:
            sound = await prompts.spoken(fallback.voice, text)
        except (Unmade, OSError) as error:
            raise CannotStart(f"the fallback's message {text!r} could not be spoken: {error}") from None
        fresh = site.sounds / f".{name}.wav"
        shutil.copyfile(f"{sound.path}.wav", fresh)
        fresh.replace(site.sounds / f"{name}.wav")


def lock(site: Site, stack: AsyncExitStack) -> None:
    """One server a site: two would answer the same calls. Raises CannotStart."""
    path = site.state / "lock"
    try:
        handle = stack.enter_context(path.open("w"))
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(f"another Cordboard runs on this site ({site.folder}); stop it first") from None


def token_secret(site: Site) -> bytes:
    """The key that signs log-ins, made where there is none. Raises CannotStart."""
    return bytes.fromhex(_made(site.token_secret_file, "the key that signs log-ins", "everybody logs in again"))


def webhook_secret(site: Site) -> bytes:
    """The key that signs what webhooks are told, as its file has it; made where there is none. Raises
    CannotStart."""
    return _made(site.webhook_secret_file, "the key that signs webhooks", "tell it to their targets").encode()


def audit_secret(site: Site) -> bytes:
    """The key that seals the audit log, made where there is none. Raises CannotStart."""
    then = "the log goes on in a chain of its own: the entries before can be checked no more"
    return bytes.fromhex(_made(site.audit_secret_file, "the key that seals the audit log", then))


def ledger(site: Site, writer: str) -> Ledger:
    """The ledger of recordings, as a process of this name writes it. Raises CannotStart."""
    return Ledger(audit_secret(site), writer, site.state)


def phone_secret(site: Site) -> bytes:
    """The key that the passwords of phones in the browser come from, made where there is none.
    Raises CannotStart."""
    then = "`cordboard phones` writes the new passwords for Asterisk"
    return bytes.fromhex(_made(site.phone_secret_file, "the key of the phones in the browser", then))


def _made(path: Path, what: str, then: str) -> str:
    """A key of 32 bytes or more, in hex."""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CannotStart(f"{path} cannot be written: {error.strerror}") from None
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    text = read_secret(path, what)
    try:
        good = len(bytes.fromhex(text)) >= 32
    except ValueError:
        good = False
    if not good:
        raise CannotStart(f"{path} does not hold a key. Remove it: a new one is made, and {then}.")
    return text
