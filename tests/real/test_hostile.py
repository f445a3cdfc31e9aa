"""Callers who mean harm: whatever they send, the next caller is served."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from cti.calls import events as ev
from tests.real.hotline import Hotline

INVITE = """INVITE sip:100@127.0.0.1:{port} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{tag};rport
From: {name} <sip:{user}@127.0.0.1:{own}>;tag={tag}
To: <sip:100@127.0.0.1:{port}>
Call-ID: {tag}@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:x@127.0.0.1:{own}>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: {length}

"""
SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"

NAMES = {
    "emoji": ('"☎️📞🔥"', "5550666"),
    "10 kB": ('"' + "A" * 10_000 + '"', "5550666"),
    "3 kB": ('"' + "é" * 1_500 + '"', "9" * 300),
    "another action": ('"x%0D%0AAction: Hangup%0D%0AChannel: /.*/"', "5550666"),
    "quotes": ('"\\"<sip:x>\\"; Variable: A=b"', "555,0666&PJSIP/bob"),
    "dialplan": ('"${SHELL(id)}"', "${EXTEN}"),
}


async def ring(line: Hotline, name: str, user: str) -> None:
    """Sends one INVITE, and takes what comes for a moment without ever answering it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        sip.bind(("127.0.0.1", 0))
        sip.setblocking(False)
        own, port = sip.getsockname()[1], line.stage.asterisk.ports.sip
        head = INVITE.format(port=port, own=own, tag=f"t{own}", name=name, user=user, length=len(SDP))
        text = head.replace("\n", "\r\n") + SDP
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(sip, text.encode(), ("127.0.0.1", port))
        with contextlib.suppress(TimeoutError):  # Asterisk drops what is too long for it
            await asyncio.wait_for(loop.sock_recv(sip, 65535), 2)


@pytest.mark.parametrize("name", NAMES)
async def test_a_hostile_caller_harms_nobody(line: Hotline, name: str) -> None:
    alice = await line.person("alice")
    await ring(line, *NAMES[name])
    caller = await (await line.caller("5550100")).dial("100")
    await caller.answered()
    await line.state("alice")
    await caller.press("1")
    await alice.called()
    connected = await line.watch.wait(ev.Connected)
    for arrived in (e for e in line.watch.events if isinstance(e, ev.Arrived)):
        assert len(arrived.caller_name) <= 80
        assert len(arrived.caller) <= 80
        assert (arrived.caller_name + arrived.caller).isprintable()
    await caller.hang_up()
    assert (await line.record(connected.call))["outcome"] == "answered"


async def test_the_desk_of_another_role(line: Hotline) -> None:
    """An agent may not listen in, nor press another's buttons, nor hear another's recordings."""
    desk = await line.desk("alice")
    assert (await desk.put("/api/calls/abc/monitor", json={"mode": "listen"})).status_code == 403
    assert (await desk.post("/api/agents/bob/state", json={"state": "ready"})).status_code == 403
    assert (await desk.get("/api/records?agent=bob")).status_code == 403
    for path in ("../../state/ami-secret", "%2e%2e%2f%2e%2e%2fstate%2fami-secret", "/etc/passwd"):
        answer = await desk.get(f"/api/recordings/{path}")
        assert answer.status_code in (400, 404), path


async def test_a_sound_that_has_vanished_strands_nobody(line: Hotline) -> None:
    """Asterisk ends the menu of a call whose prompt it cannot find: the fallback has the caller."""
    prompts = line.prompts()
    for prompt in prompts:
        prompt.rename(prompt.with_suffix(".gone"))
    try:
        caller = await (await line.caller()).dial("100")
        await caller.answered()
        fell_back = await line.watch.wait(ev.FellBack)
        assert not caller.over
        await caller.hang_up()
        assert (await line.record(fell_back.call))["outcome"] == "fallback"
    finally:
        for prompt in prompts:
            prompt.with_suffix(".gone").rename(prompt)
