"""A part of a sound over HTTP (RFC 9110, 14): one range; a request for several is answered with all of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from fastapi import HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from recordings.files import NotARecording
from recordings.storage.faults import Away, KeyMissing, Refused, StorageFault, Tampered
from recordings.storage.storage import Deleted, Sound

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.ASCII)


class OutOfBounds(ValueError):
    """A range in which there is nothing."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """From where, and up to where; None for all of it. Raises OutOfBounds."""
    found = _RANGE.fullmatch(header) if header is not None else None
    if found is None or found[1] == found[2] == "":
        return None
    first, last = found[1], found[2]
    if first == "":
        start, end = max(0, size - int(last)), size
    else:
        if last and int(last) < int(first):
            return None
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        raise OutOfBounds
    return start, end


async def answer(sound: Sound, request: Request) -> Response:
    """The sound, or the part that is asked for. Its first bytes are read before: what is wrong with the store is
    told by a status. Raises HTTPException, StorageFault."""
    headers = {"Accept-Ranges": "bytes", "Content-Type": sound.media_type}
    tag = f'"{sound.sha256}"' if sound.sha256 else ""
    if tag:
        headers["ETag"] = tag
    asked = request.headers.get("range")
    if (same := request.headers.get("if-range")) is not None and same != tag:
        asked = None
    try:
        part = wanted(asked, sound.size)
    except OutOfBounds:
        bounds = {"Content-Range": f"bytes */{sound.size}"}
        raise HTTPException(416, f"the recording has {sound.size} bytes", headers=bounds) from None
    start, end = part or (0, sound.size)
    headers["Content-Length"] = str(end - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{sound.size}"
    pieces = sound.read(start, end)
    first = await anext(pieces, b"")
    return StreamingResponse(_all(first, pieces), 200 if part is None else 206, headers)


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def told(fault: StorageFault | NotARecording) -> HTTPException:
    """What a fault is over HTTP."""
    match fault:
        case NotARecording():
            return HTTPException(400, str(fault))
        case Deleted():
            return HTTPException(410, "the recording was deleted")
        case Tampered():
            return HTTPException(502, "the recording is not as it was written: it was altered where it is stored")
        case Away():
            return HTTPException(503, "where recordings are kept cannot be reached", headers={"Retry-After": "30"})
        case Refused() | KeyMissing():
            return HTTPException(503, "the recording cannot be opened: see the server's log")
    return HTTPException(500, "the recording cannot be read")
