"""What an engine does with its events, in a process of its own: it writes down what it is told to."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from cti.calls.events import CallEvent
from recordings.spool import recover
from recordings.store import Store
from recordings.writer import Writer
from tests.recordings.scenarios import event

RATE = 20
"""Calls that begin in a second."""
CALL = """0 Arrived
0.1 Answered
0.2 EnteredMenu node=main
3 Chosen node=main value=1
3 Queued queue=sales
5 Offered offer=o agent=bob recording=2026/o
5.1 Ringing offer=o
7 Accepted offer=o
7.1 Connected offer=o agent=bob
7.2 RecordingStarted recording=2026/o
60 Left place=talk by=caller
60 Ended by=caller
60.1 RecordingStopped recording=2026/o"""


def happened(seconds: int) -> Sequence[CallEvent]:
    """All events of the calls that begin in so many seconds, in order."""
    made = []
    for number in range(seconds * RATE):
        for line in CALL.splitlines():
            after, what = line.split(" ", 1)
            made.append(event(f"{float(after) + number / RATE} {what}", f"c{number:05}"))
    return sorted(made, key=lambda e: e.at)


async def main(url: str, spool: str, seconds: str) -> None:
    """Takes up what an earlier one left. ``put FIRST END`` on standard input puts these events; ``drain``
    waits until the database has them all. Each is answered with the rows that it has not."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    folder, events = Path(spool), happened(int(seconds))
    store = await Store.open(url)
    await recover(folder, store)
    drained = asyncio.Event()
    writer = Writer(store, folder, retry_s=0.02, written=drained.set)
    writer.start()
    print("up", flush=True)
    while words := (await asyncio.to_thread(sys.stdin.readline)).split():
        if words[0] == "put":
            for one in events[int(words[1]) : int(words[2])]:
                writer.put(one)
        else:
            while writer.pending:
                drained.clear()
                await drained.wait()
                await asyncio.sleep(0)
        print(writer.pending, flush=True)
    await writer.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
