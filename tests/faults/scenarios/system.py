"""Cordboard, Asterisk, their wire or a store fails."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from tests.faults.accounts import Allowed
from tests.faults.crowd import Kind
from tests.faults.scenarios.fault import Fault
from tests.faults.wire import untouched
from tests.faults.world import PATIENCE_S, World

STOPPED_S = 30


async def kill_and_start(world: World) -> str:
    await world.kill()
    away_s = world.chance.uniform(0, 2)
    await asyncio.sleep(away_s)
    await world.start_again()
    return f"kill -9, started again after {away_s:.1f} s"


async def kill_and_wait(world: World) -> str:
    await world.kill()
    await asyncio.sleep(15)
    await world.start_again()
    return "kill -9, started again after 15 s, longer than the lease"


async def kill_often(world: World) -> str:
    times = [world.chance.uniform(0.0, 2.5) for _ in range(3)]
    for after_s in times:
        await world.kill()
        await world.start_again()
        await asyncio.sleep(after_s)
    return "kill -9 and started again, three times, as calls came"


async def kill_at_originate(world: World) -> str:
    """As soon as a phone was asked to ring: nobody has written down that it was."""
    asked = asyncio.Event()

    def look(message: bytes) -> list[bytes]:
        if message.startswith(b"Action: Originate\r\n"):
            asked.set()
        return [message]

    world.wire.garble_up = look
    await asyncio.wait_for(asked.wait(), PATIENCE_S)
    await world.kill()
    world.wire.garble_up = untouched
    await world.start_again()
    return "kill -9 as a phone was asked to ring, started again at once"


async def cut(world: World) -> str:
    world.wire.cut()
    return "the AMI connection reset"


async def silent(world: World) -> str:
    world.wire.silence()
    await asyncio.sleep(8)
    world.wire.cut()
    world.wire.speak()
    world.back_at = time.time()
    return "the AMI connection silent for 8 s, then gone"


async def stalled(world: World) -> str:
    world.wire.silence()
    await asyncio.sleep(0.5)
    world.wire.speak()
    return "nothing read from AMI for 0.5 s"


async def garbled(world: World) -> str:
    """One in a hundred events comes twice, another after the one behind it."""
    held: list[bytes] = []
    done = [0, 0]
    share = 0.01

    def garble(message: bytes) -> list[bytes]:
        out = [message, *held]
        held.clear()
        if not message.startswith(b"Event:"):
            return out
        what = world.chance.random()
        if what < share:
            done[0] += 1
            return [message, *out]
        if what < 2 * share:
            done[1] += 1
            held.append(message)
            return out[1:]
        return out

    world.wire.garble = garble
    await world.gone()
    share = 0.0
    return f"{done[0]} events came twice, {done[1]} behind the one that followed, in all that the calls did"


async def no_hangups(world: World) -> str:
    world.wire.garble = lambda message: [] if message.startswith(b"Event: Hangup\r\n") else [message]
    return "no Hangup event comes any more"


async def asterisk_again(world: World) -> str:
    asterisk = world.stage.asterisk
    asterisk_signal(world, signal.SIGKILL)
    await asterisk.stop()
    await asterisk.__aenter__()
    return "Asterisk killed, and started again"


async def asterisk_stopped(world: World) -> str:
    asterisk_signal(world, signal.SIGSTOP)
    await asyncio.sleep(STOPPED_S)
    asterisk_signal(world, signal.SIGCONT)
    return f"Asterisk stopped for {STOPPED_S} s (SIGSTOP)"


async def engine_stopped(world: World) -> str:
    assert world.engine is not None
    world.engine.send_signal(signal.SIGSTOP)
    away_s = world.chance.uniform(11, 14)
    await asyncio.sleep(away_s)
    world.engine.send_signal(signal.SIGCONT)
    world.back_at = time.time()
    return f"Cordboard stopped for {away_s:.0f} s (SIGSTOP), longer than lease and reservations"


async def store_killed(world: World) -> str:
    signalled(world.valkey(), signal.SIGKILL)
    return "Valkey killed (-9)"


async def hang_up_while_ringing(world: World) -> str:
    """The callers whose agents ring leave at their time, as all do: that is all."""
    return "the callers hung up as the phones rang"


def asterisk_signal(world: World, what: signal.Signals) -> None:
    signalled(world.stage.asterisk.pid, what)


def signalled(pid: int, what: signal.Signals) -> None:
    os.kill(pid, what)


SYSTEM = (
    Fault(1, "engine killed, everywhere callers", "each is taken up again or in the fallback; N1", kill_and_start),
    Fault(
        2, "engine away for longer than the lease", "no talk is cut, who waits gets the fallback; N3", kill_and_wait,
        stay_s=35.0,
    ),
    Fault(3, "engine killed as agents are reserved", "each agent is free, each caller keeps his place", kill_often,
          stay_s=60.0, while_coming=True),
    Fault(4, "engine killed once a phone is asked to ring", "its leg is found, and rings once", kill_at_originate,
          crowd={Kind.TALK: 3, Kind.QUEUE: 1}, while_coming=True, rate=5.0),
    Fault(5, "AMI reset in the midst of an event", "what was half said is thrown away; N1, N3", cut),
    Fault(6, "AMI silent, no FIN", "noticed within 5 s; then as 5", silent),
    Fault(7, "AMI's reader stalled", "no difference to Asterisk's list of channels", stalled),
    Fault(
        8, "Asterisk killed and started again", "its calls are closed; N5", asterisk_again,
        allowed=Allowed(cut=True, sound=True),
    ),
    Fault(9, "Asterisk stopped", "no action is done twice when it goes on", asterisk_stopped, stay_s=60.0,
          allowed=Allowed(sound=True)),
    Fault(10, "events twice and out of order", "the same in the end", garbled, stay_s=10.0, rate=5.0,
          while_coming=True, times=2),
    Fault(11, "no Hangup event", "the sweep closes all, and says that it found them", no_hangups, stay_s=10.0),
    Fault(12, "callers hang up as agents ring", "each leg is cancelled, one abandoned record a call",
          hang_up_while_ringing, crowd={Kind.RINGING: 1}, stay_s=4.0, while_coming=True),
    Fault(14, "engine stopped past its reservations", "what it promised before counts no more; N2", engine_stopped,
          stay_s=40.0),
    Fault(15, "Valkey killed", "rebuilt; no row is lost", store_killed),
)  # fmt: skip
