"""``make call``: one more call to the demo that ``make run`` runs."""

from __future__ import annotations

import asyncio
import json
import sys

from demo import robots
from demo.debian import programs
from demo.phones import Phones
from demo.run import NOW, console


async def main() -> None:
    """Dials, chooses, speaks, hangs up; ``make run``'s terminal tells the story."""
    sip = json.loads(NOW.read_text(encoding="utf-8"))["sip"]
    found = await asyncio.to_thread(programs, ("espeak-ng",), console.print)
    spoken = await robots.words(found)
    async with Phones(sip) as phones:
        console.print("Calling; the other terminal tells the story ...")
        await robots.call(await phones.add("5550199"), spoken)
    console.print("Done.")


if __name__ == "__main__":
    if not NOW.exists():
        console.print("No demo is running here. Start it in another terminal: make run")
        sys.exit(1)
    try:
        asyncio.run(main())
    except (ConnectionError, TimeoutError) as error:
        console.print(f"The hotline did not take the call: {error}")
        sys.exit(1)
