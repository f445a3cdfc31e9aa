"""AMI on the wire: bytes to messages, and actions to bytes.

Source: main/manager.c of Asterisk. A message is lines ``Name: value`` ended by CRLF and closed
by an empty line; the connection opens with one banner line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

BANNER = b"Asterisk Call Manager"
END = b"\r\n\r\n"
MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes of the longest message taken. The output of a CLI command is one message."""
MAX_LINE = 1022
"""Bytes of the longest line that Asterisk reads, without its CRLF (tried on 22.10)."""
MAX_HEADERS = 128
"""Lines of the longest action that Asterisk reads (AST_MAX_MANHEADERS; tried on 22.10)."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_BREAK = re.compile(r"[\r\n\0]")


class WireError(ValueError):
    """Bytes that are not AMI, or an action that cannot be sent. Never holds a header's value."""


class Message(dict[str, str]):
    """An event or a response: header names, as Asterisk spells them, to their first value.

    It does not print its values: they may be digits or a caller's number.
    """

    _repeated: Mapping[str, list[str]] = {}

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]]) -> Message:
        """A message of these headers, in order, some of which may be there more than once."""
        values: dict[str, list[str]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        message = cls({name: first for name, (first, *_) in values.items()})
        message._repeated = values
        return message

    def all(self, name: str) -> list[str]:
        """Every value of a header that may be repeated (Output, Variable, ChanVariable), in order."""
        return list(self._repeated.get(name, ())) or ([self[name]] if name in self else [])

    def __repr__(self) -> str:
        kind = "Event" if "Event" in self else "Response"
        return f"<Message {kind}: {self.get(kind, '')}, {len(self)} headers>"


class Framer:
    """Cuts a stream of bytes into messages. The bytes may come in pieces cut anywhere.

    They are cut into messages before they are decoded (UTF-8, what is not becomes U+FFFD), so
    that a piece may end within a character.
    """

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self.banner = ""
        """The first line, such as ``Asterisk Call Manager/11.0.0``; empty until it is read."""
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete with ``data``.

        Raises WireError if the other side does not speak AMI, or sends a message without end.
        """
        looked_at = max(0, len(self._rest) - len(END) + 1)
        self._rest += data
        if not self.banner:
            if not self._take_banner():
                return []
            looked_at = 0
        blocks: list[bytearray] = []
        if self._rest.find(END, looked_at) >= 0:
            *blocks, self._rest = self._rest.split(END)
        if len(self._rest) > self._limit:
            raise WireError(f"a message of more than {self._limit} bytes")
        return [message for block in blocks if (message := _parse(block))]

    def _take_banner(self) -> bool:
        line, end, rest = self._rest.partition(b"\r\n")
        if not line.startswith(BANNER[: len(line)]) or len(line) > MAX_LINE:
            raise WireError("the other side is not an Asterisk manager port")
        if not end:
            return False
        if not line.startswith(BANNER):
            raise WireError("the other side is not an Asterisk manager port")
        self.banner, self._rest = line.decode("utf-8", "replace"), rest
        return True


def _parse(block: bytearray) -> Message:
    lines = block.decode("utf-8", "replace").split("\r\n")
    try:  # nearly every message: each line is a header, none is repeated
        message = Message([line.split(": ", 1) for line in lines])
        if len(message) == len(lines):
            return message
    except ValueError:
        pass
    headers = (line.partition(":") for line in lines)
    return Message.of([(name, value.removeprefix(" ")) for name, colon, value in headers if colon])


def encode(name: str, fields: Mapping[str, str | Sequence[str]], action_id: str) -> bytes:
    """The bytes of an action; a field that is a list becomes a header for each of its values.

    Raises WireError for anything that Asterisk would read as something else than was meant:
    CR, LF or NUL in a name or value, a line or an action too long, a second Action or ActionID.
    Also for an Originate that is not Async: it would hold up all later actions and events; and for a
    Hangup of all channels that fit a pattern.
    """
    _check_name(name)
    headers = [("Action", name), ("ActionID", action_id)]
    for key, value in fields.items():
        _check_name(key)
        if key.lower() in ("action", "actionid"):
            raise WireError(f"{key} is not a field of an action")
        headers += [(key, one) for one in ((value,) if isinstance(value, str) else value)]
    if name.lower() == "originate" and ("Async", "true") not in headers:
        raise WireError("Originate is sent with Async: true only")
    if name.lower() == "hangup" and any(key == "Channel" and value.startswith("/") for key, value in headers):
        raise WireError("Hangup is for one channel, not for all that fit a pattern")
    if len(headers) > MAX_HEADERS:
        raise WireError(f"{name} has more than {MAX_HEADERS} headers")
    return b"".join(_line(key, value) for key, value in headers) + b"\r\n"


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise WireError("the name of an action or a header is letters, digits, - and _")


def _line(name: str, value: str) -> bytes:
    if _BREAK.search(value):
        raise WireError(f"{name} has a line break or a NUL in its value")
    try:
        line = f"{name}: {value}\r\n".encode()
    except UnicodeEncodeError:
        raise WireError(f"{name} cannot be written as UTF-8") from None
    if len(line) - 2 > MAX_LINE:
        raise WireError(f"{name} is longer than the {MAX_LINE} bytes of a line")
    return line
