"""The ground itself, for real: a private Asterisk, phones, and sound between them."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import baresip
import pytest

from demo.asterisk import AsteriskFailed, PrivateAsterisk, free_ports
from demo.configuration import HOST, Phone, Plan
from demo.debian import Program, programs
from demo.phones import OnRing, Phones, refusing_phone
from demo.tones import RATE, present, tone

pytestmark = pytest.mark.real

DIALPLAN = """
[in]
exten = echo,1,Answer()
 same = n,Echo()
exten = music,1,Answer()
 same = n,MusicOnHold()
exten = 1002,1,Dial(PJSIP/1002,10)
 same = n,Hangup(${HANGUPCAUSE})
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return programs(["asterisk"], print)["asterisk"]


@pytest.fixture
async def asterisk(program: Program, tmp_path: Path) -> AsyncIterator[PrivateAsterisk]:
    include = tmp_path / "in.conf"
    include.write_text(DIALPLAN)
    lines = [Phone("1001", "first"), Phone("1002", "second")]
    plan = Plan(phones=lines, includes=[include], caller_context="in")
    async with PrivateAsterisk(program, tmp_path / "asterisk", plan) as running:
        yield running
        assert running.log_lines("ERROR") == []
        assert running.log_lines("WARNING") == []


async def test_two_phones_hear_each_other(asterisk: PrivateAsterisk) -> None:
    async with Phones(asterisk.ports.sip) as phones:
        first = await phones.add("1001", "first", microphone=tone(440, 1))
        second = await phones.add("1002", "second", microphone=tone(880, 1))
        call = await first.dial("1002")
        await call.answered()
        other = await second.called()
        await other.answered()
        await asyncio.gather(call.listen(0.4), other.listen(0.4))
        heard, heard_there = await asyncio.gather(call.listen(0.6), other.listen(0.6))
        assert present(heard, RATE, (440, 880)) == {880}
        assert present(heard_there, RATE, (440, 880)) == {440}
        await other.hang_up()
        assert await call.ended() == ""


async def test_a_caller_hears_music_and_sends_digits_and_speech(asterisk: PrivateAsterisk) -> None:
    async with Phones(asterisk.ports.sip) as phones:
        caller = await phones.add("+493012345")
        waits = await caller.dial("music")
        await waits.answered()
        await waits.listen(0.4)
        assert present(await waits.listen(0.6), RATE, (196.0, 440.0)) == {196.0}
        await waits.hang_up()
        echo = await caller.dial("echo")
        await echo.answered()
        await echo.press("12*")
        await echo.say(tone(700, 1.0))
        assert present(echo.heard()[-RATE // 2 :], RATE, (440.0, 700.0)) == {700.0}
        assert echo.digits == "12*"


async def test_a_phone_refuses_ignores_or_is_not_there(asterisk: PrivateAsterisk) -> None:
    async with Phones(asterisk.ports.sip) as phones:
        caller = await phones.add("+493012345")
        busy = await phones.add("1002", "second", on_ring=OnRing.REFUSE)
        call = await caller.dial("1002")
        with pytest.raises(ConnectionError, match="486"):
            await call.answered()
        busy.on_ring = OnRing.WAIT
        await busy.called()
        call = await caller.dial("1002")
        rings = await busy.called()
        await call.ringing()
        await call.hang_up()
        await rings.ended()
        with pytest.raises(TimeoutError):
            await busy.called(within=0.01)
        gone = await caller.dial("nobody")
        assert (await gone.ended()).startswith("404")


async def test_a_phone_declines(program: Program, tmp_path: Path) -> None:
    include = tmp_path / "in.conf"
    include.write_text(DIALPLAN)
    async with refusing_phone("1002", 603) as contact:
        plan = Plan(phones=[Phone("1002", contact=contact)], includes=[include], caller_context="in")
        async with (
            PrivateAsterisk(program, tmp_path / "asterisk", plan) as asterisk,
            Phones(asterisk.ports.sip) as phones,
        ):
            call = await (await phones.add("+493012345")).dial("1002")
            with pytest.raises(ConnectionError, match=r"603|cause=21"):
                await call.answered()


async def test_a_wrong_password_is_refused(asterisk: PrivateAsterisk) -> None:
    async with Phones(asterisk.ports.sip) as phones:
        with pytest.raises(baresip.RegistrationError, match="401"):
            await phones.add("1001", "second")


async def test_a_folder_with_a_long_path_will_do(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    async with PrivateAsterisk(program, folder, Plan()) as asterisk:
        assert "Asterisk" in await asterisk.command("core show version")


async def test_everything_is_gone_afterwards(program: Program, tmp_path: Path) -> None:
    async with PrivateAsterisk(program, tmp_path, Plan()) as asterisk:
        pid = asterisk.pid
        async with Phones(asterisk.ports.sip) as phones:
            await phones.add("+493012345")
        assert "0 active channels" in await asterisk.command("core show channels")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("baresip")]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
async def test_a_taken_port_is_named(kind: socket.SocketKind, program: Program, tmp_path: Path) -> None:
    free = free_ports()
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        ports = replace(free, ami=port) if kind is socket.SOCK_STREAM else replace(free, sip=port)
        with pytest.raises(AsteriskFailed, match=f" port {port} .* is taken"):
            async with PrivateAsterisk(program, tmp_path, Plan(), ports):
                pass


async def test_what_asterisk_says_when_it_cannot_start(program: Program, tmp_path: Path) -> None:
    plan = Plan(files={"modules.conf": "[modules]\nautoload = no\nrequire = no_such_module.so\n"})
    with pytest.raises(AsteriskFailed, match="no_such_module"):
        async with PrivateAsterisk(program, tmp_path, plan):
            pass


PARENT = """
import asyncio, sys
from pathlib import Path
from demo.asterisk import Plan, PrivateAsterisk
from demo.debian import programs

async def run() -> None:
    async with PrivateAsterisk(programs(["asterisk"], print)["asterisk"], Path(sys.argv[1]), Plan()) as asterisk:
        print(asterisk.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(run())
"""


async def test_it_dies_with_its_parent_and_starts_again(program: Program, tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    pidfd = os.pidfd_open(int(await parent.stdout.readline()))
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(pidfd, gone.set)
    parent.kill()
    await parent.wait()
    await asyncio.wait_for(gone.wait(), 10)
    asyncio.get_running_loop().remove_reader(pidfd)
    os.close(pidfd)
    async with PrivateAsterisk(program, tmp_path, Plan()) as again:
        assert again.log_lines("ERROR") == []
