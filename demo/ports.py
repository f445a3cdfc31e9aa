"""Ports for a private Asterisk that nobody else takes, however many run on this machine at the same time."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator
from itertools import chain

from demo.configuration import HOST, Ports

RANGE = range(10_000, 32_000)
"""Below the ports that the system itself hands out: nobody gets one of these by chance."""
SHARE = 1_000
"""Ports that a process claims at a time, so that two that look at the same time find different ones."""
TRIES = 50

_claimed: list[range] = []
"""What is ours until this process ends."""


def find_ports(calls: int) -> Ports | None:
    """Ports nobody uses now, with sound for so many two-legged calls. None where there are none."""
    count = 4 + calls * 4
    for share in chain(tuple(_claimed), _claims(-(-count // SHARE) * SHARE)):
        for _ in range(TRIES if len(share) > count else 0):
            first = random.randrange(share.start, share.stop - count, 2)
            found = Ports(first, first + 1, first + 2, first + 3, first + 4, first + count - 1)
            told = all(is_free(port, socket.SOCK_STREAM) for port in (found.ami, found.web, found.ami_tls))
            if told and all(is_free(port) for port in range(first, first + count)):
                return found
    return None


def is_free(port: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as tried, contextlib.suppress(OSError):
        # As Asterisk does: a connection that has just ended does not keep a port.
        if kind is socket.SOCK_STREAM:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tried.bind((HOST, port))
        return True
    return False


def _claims(size: int) -> Iterator[range]:
    """Claims so many ports in a row, and more, as long as somebody asks and there are some."""
    starts = list(range(RANGE.start, RANGE.stop - size + 1, SHARE))
    for start in random.sample(starts, len(starts)):
        ports = range(start, start + size)
        with contextlib.ExitStack() as stack:
            marks = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in ports[::SHARE]]
            try:
                for mark, share in zip(marks, ports[::SHARE], strict=True):
                    mark.bind(f"\0cordboard-ports-{share}")  # a name of no file (unix(7))
            except OSError:
                continue
            for mark in marks:
                mark.detach()  # the kernel closes it when this process dies
        _claimed.append(ports)
        yield ports
