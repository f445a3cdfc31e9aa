"""How a sound is sealed: AES-256-GCM in pieces, so that a part can be read without all of it.

Each recording has a key of its own, which seals it once: so a piece's place in the file can be its nonce.
Place, the mark of the last piece and the recording's name are under the tag, so that pieces can neither be
changed, exchanged, cut off nor be another recording's without its being found. Pure.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.storage.faults import Tampered

PIECE = 64 * 1024
"""Bytes of sound in each piece but the last."""
TAG = 16
SEALED = PIECE + TAG
KEY_BYTES = 32


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def sealed_size(size: int) -> int:
    """The bytes that so many bytes of sound take sealed. An empty sound has one piece: it is under a tag too."""
    return size + _count(size) * TAG


def _count(size: int) -> int:
    return max(1, -(-size // PIECE))


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens the recording ``name``, of ``size`` bytes, by its ``key``."""

    key: bytes = field(repr=False)
    name: str
    size: int

    def seal(self, number: int, piece: bytes) -> bytes:
        """The piece of this number, counted from 0."""
        return AESGCM(self.key).encrypt(self._nonce(number), piece, self.name.encode())

    def open(self, number: int, sealed: bytes) -> bytes:
        """Raises Tampered."""
        try:
            return AESGCM(self.key).decrypt(self._nonce(number), sealed, self.name.encode())
        except InvalidTag:
            at = number * PIECE
            raise Tampered(f"{self.name} was altered where it is stored: at byte {at} it is not as written") from None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The sealed bytes in which the bytes from ``start`` up to ``end`` are."""
        last = max(end - 1, start) // PIECE
        return start // PIECE * SEALED, min((last + 1) * SEALED, sealed_size(self.size))

    def _nonce(self, number: int) -> bytes:
        return number.to_bytes(11, "big") + bytes([number == _count(self.size) - 1])


class Opening:
    """Opens what comes of a sealed sound in any lengths, and gives the bytes from ``start`` up to ``end``."""

    def __init__(self, seal: Seal, start: int, end: int) -> None:
        self._seal = seal
        self._skip = start % PIECE
        self._left = end - start
        self._number = start // PIECE
        self._over = seal.span(start, end)[1]
        self._at = seal.span(start, end)[0]
        self._held = bytearray()

    def take(self, some: bytes) -> Iterator[bytes]:
        """What can be read now. Raises Tampered."""
        self._held += some
        self._at += len(some)
        while len(self._held) >= SEALED or (self._held and self._at >= self._over):
            piece = self._seal.open(self._number, bytes(self._held[:SEALED]))
            del self._held[:SEALED]
            self._number += 1
            piece = piece[self._skip : self._skip + self._left]
            self._skip = 0
            self._left -= len(piece)
            yield piece

    def end(self) -> None:
        """Nothing comes any more. Raises Tampered where something lacks."""
        if self._left or self._held:
            raise Tampered(f"{self._seal.name} was cut short where it is stored: {self._left} bytes are missing")
