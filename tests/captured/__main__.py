"""Captures calls of a real Asterisk into the files beside this one: ``python -m tests.captured``, half a minute.

To be run when the tracker reads more of Asterisk's events than it did, or another Asterisk is to be heard.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cti.calls import events as ev
from cti.calls import talk_events
from cti.calls.names import callback_id
from cti.calls.words import CallId
from demo.debian import Program, programs
from demo.stage import make_site
from tests.captured.recorder import Recorder, recording
from tests.captured.story import FOLDER
from tests.real.hotline import Hotline, hotline
from tests.real.shift import INTERNAL, Caller, Plan, Shift
from tests.real.test_callback_legs import CUSTOMER, OUTSIDE

PLAN = Plan(
    agents="""
        alice: {skills: {sales: 5}}
        bob: {skills: {faults: 5}}
        carol: {skills: {visits: 5}}
        """,
    queues="""
        queues:
          sales: {skills: {sales: 1}, ring: 5s, wrap_up: 1s}
          faults: {skills: {faults: 1}, ring: 5s, wrap_up: 1s}
        """,
    ways={
        "sales": "{queue: sales}",
        "back": '{callback: sales, say: "Press 1.", next: bye, otherwise: bye}\n  bye: {hangup: true}',
    },
    flows={},
)

PHASE_S = 0.4
"""How long each part of a call lasts at least, so that a record without it is another one."""


async def talks(shift: Shift) -> Caller:
    """A caller who talks with alice; bob and carol are at their phones."""
    await shift.come("alice", "bob", "carol")
    caller = await shift.caller("sales")
    await (await shift.phone("alice")).called()
    await shift.connected(caller)
    await caller.phone.listen(PHASE_S)
    return caller


async def asks(shift: Shift, caller: Caller, what: str, **body: Any) -> None:
    desk = await shift.line.desk("sue")
    (await desk.post(f"/api/calls/{caller.call}/{what}", json=body or None)).raise_for_status()


async def simple(shift: Shift) -> list[CallId]:
    caller = await talks(shift)
    await shift.bye(caller)
    return [caller.call]


async def hold(shift: Shift) -> list[CallId]:
    caller = await talks(shift)
    await asks(shift, caller, "hold")
    await shift.watch.wait(talk_events.Held)
    await caller.phone.listen(PHASE_S)
    await asks(shift, caller, "resume")
    await shift.watch.wait(talk_events.Resumed)
    await caller.phone.listen(PHASE_S)
    await shift.bye(caller)
    return [caller.call]


async def blind_transfer(shift: Shift) -> list[CallId]:
    caller = await talks(shift)
    await asks(shift, caller, "transfer", queue="faults")
    await shift.watch.wait(ev.Connected, count=2)
    await caller.phone.listen(PHASE_S)
    await shift.bye(caller)
    return [caller.call]


async def consult_and_join(shift: Shift) -> list[CallId]:
    """They talk as three; then alice leaves the caller to bob."""
    caller = await talks(shift)
    await consulted(shift, caller)
    await asks(shift, caller, "consult/transfer")
    await shift.watch.wait(ev.Connected, count=2)
    await caller.phone.listen(PHASE_S)
    await shift.bye(caller)
    return [caller.call]


async def consulted(shift: Shift, caller: Caller) -> None:
    await asks(shift, caller, "consult", agent="bob")
    await (await shift.phone("bob")).called()
    await shift.watch.wait(talk_events.Consulting)
    await caller.phone.listen(PHASE_S)
    await asks(shift, caller, "consult/join")
    await shift.watch.wait(talk_events.Joined)
    await caller.phone.listen(PHASE_S)


async def conference(shift: Shift) -> list[CallId]:
    """Four talk, then the caller goes."""
    caller = await talks(shift)
    await consulted(shift, caller)
    await asks(shift, caller, "consult", agent="carol")
    await (await shift.phone("carol")).called()
    await shift.watch.wait(talk_events.Joined, count=2)
    await caller.phone.listen(PHASE_S)
    await shift.bye(caller)
    return [caller.call]


async def park(shift: Shift) -> list[CallId]:
    """Nobody takes him: after a second he rings again at alice."""
    caller = await talks(shift)
    await asks(shift, caller, "park")
    await shift.watch.wait(ev.Queued, lambda e: e.park_s > 0)
    await shift.watch.wait(ev.Connected, count=2)
    await caller.phone.listen(PHASE_S)
    await shift.bye(caller)
    return [caller.call]


async def callback(shift: Shift) -> list[CallId]:
    caller = await shift.dials("back", "5550123")
    await caller.phone.answered()
    await caller.phone.press("1")
    wanted = await shift.watch.wait(ev.CallbackWanted)
    await shift.watch.wait(ev.Ended)
    back = callback_id(wanted.call, 1)
    customer = await shift.line.phones.add(CUSTOMER.name, CUSTOMER.password)
    await shift.come("alice")
    await (await shift.phone("alice")).called()
    rung = await customer.called()
    await shift.watch.wait(ev.Connected, lambda e: e.call == back)
    await rung.listen(PHASE_S)
    await rung.hang_up()
    await shift.watch.wait(ev.Ended, lambda e: e.call == back)
    await shift.watch.wait(ev.CallbackOver)
    return [caller.call, back]


KINDS: dict[str, Callable[[Shift], Awaitable[list[CallId]]]] = {
    "simple": simple,
    "blind-transfer": blind_transfer,
    "consult-and-join": consult_and_join,
    "conference": conference,
    "callback": callback,
    "hold": hold,
    "park": park,
}


async def captured(line: Hotline, recorder: Recorder, shift: Shift, kind: str) -> str:
    """The file of a call of this kind, which is made on a hotline of PLAN."""
    recorder.begin()
    told: dict[str, dict[str, Any]] = {}
    for call in await KINDS[kind](shift):
        found = await line.record(call)
        told[call] = {name: found[name] for name in ("record", "segments")}
    asterisk = line.stage.asterisk.program.version
    return recorder.story(asterisk, told, str(line.stage.site.folder)).text()


@asynccontextmanager
async def listening(site: Path, found: Mapping[str, Program]) -> AsyncIterator[tuple[Hotline, Recorder]]:
    """A hotline of PLAN on this site, and who listens to its engine."""
    more = {"callbacks": {"context": "outside", "allow": ["555*"]}, "parking": "1s"}
    with recording() as recorder:
        async with hotline(
            site,
            found,
            changes={**PLAN.write(site), **more},
            includes=[INTERNAL, OUTSIDE],
            phones=[CUSTOMER],
            watchers=[recorder],
        ) as line:
            yield line, recorder


async def main() -> int:
    found = await asyncio.to_thread(programs, ("asterisk", "sipp", "espeak-ng"), print)
    with tempfile.TemporaryDirectory(prefix="cordboard-") as folder:
        site = Path(folder) / "site"
        make_site(site)
        async with listening(site, found) as (line, recorder):
            for kind in KINDS:
                shift = Shift(line, PLAN.numbers, {})
                (FOLDER / f"{kind}.txt").write_text(await captured(line, recorder, shift, kind), encoding="utf-8")
                await shift.end()
                print(f"{kind}: captured")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
