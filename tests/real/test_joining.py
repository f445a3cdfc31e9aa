"""Legs are joined by their own threads in the dialplan: no channel is made for it, and nobody is lost between."""

from __future__ import annotations

from config.dialplan import STANDBY_S
from cti.calls import events as ev
from cti.calls import talk_events
from demo.tones import RATE, present, tone
from tests.real.hotline import Hotline

CALLER, ALICE = 440.0, 880.0


async def channels(line: Hotline) -> list[str]:
    """The names of Asterisk's channels."""
    said = await line.stage.asterisk.command("core show channels concise")
    return [row.partition("!")[0] for row in said.splitlines()]


async def test_a_talk_outlasts_the_standby_and_has_its_two_channels_only(line: Hotline) -> None:
    alice = await line.person("alice", microphone=tone(ALICE, 1.0))
    await line.state("alice")
    caller = await (await line.caller(microphone=tone(CALLER, 1.0))).dial("100")
    await caller.answered()
    await caller.press("1")
    agent = await alice.called()
    call = (await line.watch.wait(ev.Connected)).call
    before = await channels(line)
    assert sorted(name.partition("-")[0] for name in before) == ["PJSIP/alice", "PJSIP/caller"]
    heard = await agent.listen(STANDBY_S + 1)
    assert present(heard[-RATE // 2 :], RATE, (CALLER, ALICE)) == {CALLER}

    desk = await line.desk("alice")
    for what, told in (("hold", talk_events.Held), ("resume", talk_events.Resumed)):
        (await desk.post(f"/api/calls/{call}/{what}")).raise_for_status()
        await line.watch.wait(told)
        assert await channels(line) == before
    await caller.hang_up()
    await agent.ended()
    await line.watch.wait(ev.Ended)
    assert await channels(line) == []


async def test_a_caller_for_whom_nobody_comes_is_back_and_served(line: Hotline) -> None:
    alice = await line.person("alice")
    caller = await line.calls()
    await line.watch.wait(ev.Queued)
    (name,) = await channels(line)
    await line.stage.asterisk.command(f"channel redirect {name} cordboard,s,standby")
    await line.state("alice")
    agent = await alice.called()
    await line.watch.wait(ev.Connected)
    await agent.hang_up()
    await caller.ended()
