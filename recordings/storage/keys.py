"""The master keys under which the recordings' own keys are kept. They are outside the database: in a file of the
site that only its user can read, or in the environment; a line, or a word, for each, the newest last."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.storage.faults import KeyMissing, Tampered
from recordings.storage.sealing import KEY_BYTES

VARIABLE = "CORDBOARD_STORAGE_KEYS"
"""Of the environment. Where it is set, the file is not looked at."""
_NONCE = 12


def name_of(key: bytes) -> str:
    """What a master key is called; it does not tell the key."""
    return hmac.new(key, b"storage key", hashlib.sha256).hexdigest()[:16]


class Ring:
    """The master keys of a site. Read anew each time: a key that was added counts at once."""

    def __init__(self, file: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._file = file
        self._environ = environ

    @property
    def where(self) -> str:
        return f"the environment's {VARIABLE}" if self.by_environment else str(self._file)

    @property
    def by_environment(self) -> bool:
        return VARIABLE in self._environ

    def keys(self) -> Mapping[str, bytes]:
        """All keys by their names, the newest last. Raises KeyMissing."""
        found = [self._key(number, word) for number, word in enumerate(self._text().split(), 1)]
        if not found:
            raise KeyMissing(f"there is no key in {self.where}; `cordboard storage rotate` makes one")
        return {name_of(key): key for key in found}

    def wrap(self, key: bytes, name: str) -> tuple[str, str]:
        """A recording's key under the newest master key: the name of that, and the text to keep.
        Raises KeyMissing."""
        master, by = list(self.keys().items())[-1]
        nonce = secrets.token_bytes(_NONCE)
        return master, (nonce + AESGCM(by).encrypt(nonce, key, name.encode())).hex()

    def unwrap(self, master: str, wrapped: str, name: str) -> bytes:
        """The key of the recording of this name. Raises KeyMissing, Tampered."""
        by = self.keys().get(master)
        if by is None:
            raise KeyMissing(
                f"{name} is sealed under the key {master}, which is not in {self.where}: put it back there"
            )
        try:
            kept = bytes.fromhex(wrapped)
            return AESGCM(by).decrypt(kept[:_NONCE], kept[_NONCE:], name.encode())
        except (ValueError, InvalidTag):
            raise Tampered(f"the key of {name} in the database is not as it was written") from None

    def add(self) -> str:
        """Makes a new key, which is the newest from now on. Raises OSError, and KeyMissing where what is there
        cannot be used."""
        before = [key.hex() for key in self.keys().values()] if self._file.exists() else []
        key = secrets.token_bytes(KEY_BYTES)
        fresh = self._file.with_name(f"{self._file.name}.new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write("".join(f"{word}\n" for word in (*before, key.hex())))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
        return name_of(key)

    def make(self) -> None:
        """Makes the first key where there is none. Raises OSError."""
        if not self.by_environment and not self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.add()

    def _text(self) -> str:
        if self.by_environment:
            return self._environ[VARIABLE]
        try:
            if self._file.stat().st_mode & 0o077:
                raise KeyMissing(f"{self._file} is not used, since others may read it: chmod 600 {self._file}")
            return self._file.read_text(encoding="ascii")
        except FileNotFoundError:
            raise KeyMissing(f"{self._file} is not there: put it back from your backup") from None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyMissing(f"{self._file} cannot be read: {error}") from None

    def _key(self, number: int, word: str) -> bytes:
        try:
            key = binascii.unhexlify(word)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyMissing(f"key {number} in {self.where} is none: {2 * KEY_BYTES} hexadecimal digits are wanted")
        return key
