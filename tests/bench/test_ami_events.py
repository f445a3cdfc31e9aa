from __future__ import annotations

import asyncio

from bench.ami_events import Counter


async def test_counts_events_and_nothing_else() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"Event: Newstate\r\nChannel: Event: x\r\n\r\nResponse: Success\r\n\r\nEvent: Hangup\r\n\r\n")
    reader.feed_eof()
    counter = Counter()
    await counter.read(reader)
    assert counter.seen == 2
