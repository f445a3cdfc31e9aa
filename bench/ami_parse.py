"""How fast AMI events are read: our session against stock panoramisk, in the same run.

Both get the same bytes in pieces of 64 KiB, without a socket, and hand each event to one
function that counts it. Figures are events per second of CPU time, the median of the rounds.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from cti.ami.session import Session
from cti.ami.wire import Message

EVENTS = 20_000
ROUNDS = 5
PIECE = 64 * 1024
BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def stream(events: int) -> bytes:
    """So many events of 23 headers, such as Asterisk 22 sends when a channel moves on."""
    return b"".join(
        (
            f"Event: Newexten\r\nPrivilege: dialplan,all\r\nChannel: PJSIP/trunk-{n:08x}\r\nChannelState: 6\r\n"
            f"ChannelStateDesc: Up\r\nCallerIDNum: 555{n:07d}\r\nCallerIDName: 王小明 {n}\r\n"
            "ConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\n"
            f"Context: cordboard\r\nExten: 100\r\nPriority: 3\r\nUniqueid: 1700000000.{n}\r\n"
            f"Linkedid: 1700000000.{n}\r\nExtension: 100\r\nApplication: AGI\r\nAppData: agi:async\r\n"
            "SystemName: pbx1\r\nTimestamp: 1700000000.123456\r\nSequence: 1\r\nFile: manager_channels.c\r\n\r\n"
        ).encode()
        for n in range(events)
    )


class Counter:
    """What the events are handed to."""

    def __init__(self) -> None:
        self.seen = 0

    def ours(self, event: Message) -> None:
        self.seen += 1

    def panoramisks(self, manager: Any, event: Any) -> None:
        self.seen += 1


def rate(feed: Callable[[bytes], Any], data: bytes, counter: Counter) -> float:
    """Events per second of CPU time."""
    feed(BANNER)
    began = time.process_time()
    for start in range(0, len(data), PIECE):
        feed(data[start : start + PIECE])
    took = time.process_time() - began
    assert counter.seen == EVENTS
    return EVENTS / took


def ours(data: bytes) -> float:
    counter = Counter()
    session = Session(on_event=counter.ours, on_stray=lambda: None, silence_s=60, deadline_s=60)
    return rate(session.data_received, data, counter)


def panoramisks(data: bytes) -> float:
    counter = Counter()
    manager = Manager()
    manager.register_event("*", counter.panoramisks)
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding = manager, "utf8"
    return rate(protocol.data_received, data, counter)


async def _rounds() -> list[tuple[float, float]]:
    data = stream(EVENTS)
    return [(ours(data), panoramisks(data)) for _ in range(ROUNDS)]


def measure() -> dict[str, float]:
    """Both rates, and how many times ours is panoramisk's (the median of the rounds' ratios)."""
    rounds = asyncio.run(_rounds())
    return {
        "ami_events_per_s": statistics.median(a for a, _ in rounds),
        "ami_events_per_s_panoramisk": statistics.median(b for _, b in rounds),
        "ami_parse_ratio": statistics.median(a / b for a, b in rounds),
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:30} {value:12,.2f}")
