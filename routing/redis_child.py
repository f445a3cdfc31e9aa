"""Becomes the Redis server after making sure that it can't outlive the program that started it.

Run as ``python redis_child.py PARENT_PID SERVER ARG...``. Setting this in the forked child of a
threaded program could hang, so a small process of its own does it and then turns into the server.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal to get when the parent dies. It stays over execve(2)."""


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        sys.exit("prctl: the server could outlive us, so it isn't started")
    if os.getppid() != parent:
        sys.exit("the program that wanted a server is gone already")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
