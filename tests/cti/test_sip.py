from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti import sip
from cti.sip import SipUnreachable, options

Script = Callable[[list[bytes]], list[bytes]]
"""What a peer sends after each request, given all the requests it has had."""


def header(request: bytes, name: str) -> str:
    lines = request.decode().split("\r\n")
    return next(line.partition(": ")[2] for line in lines if line.lower().startswith(name.lower() + ":"))


def answer(request: bytes, status: str = "200 OK", **changed: str) -> bytes:
    """A response written by hand, to the request."""
    kept = {name: header(request, name) for name in ("Via", "From", "To", "Call-ID", "CSeq")}
    kept |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"SIP/2.0 {status}", *(f"{name}: {value}" for name, value in kept.items()), "Content-Length: 0"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class UdpPeer(asyncio.DatagramProtocol):
    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self._script = script

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.requests.append(data)
        for message in self._script(self.requests):
            self._transport.sendto(message, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def udp_peer(script: Script, host: str = "127.0.0.1") -> AsyncIterator[tuple[UdpPeer, int]]:
    loop = asyncio.get_running_loop()
    transport, peer = await loop.create_datagram_endpoint(lambda: UdpPeer(script), local_addr=(host, 0))
    try:
        yield peer, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def test_a_peer_that_is_there() -> None:
    async with udp_peer(lambda requests: [answer(requests[-1])]) as (peer, port):
        got = await options("127.0.0.1", port)
        assert (got.status, got.reason) == (200, "OK")
        assert 0 < got.round_trip_s < 2
        (request,) = peer.requests
        assert request.startswith(f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\n".encode())
        assert "rport" in header(request, "Via")
        assert header(request, "Max-Forwards") == "70"
        assert header(request, "CSeq") == "1 OPTIONS"
        assert ":0>" not in header(request, "Contact")


async def test_a_peer_that_is_there_over_ip_version_6() -> None:
    try:
        async with udp_peer(lambda requests: [answer(requests[-1])], host="::1") as (peer, port):
            assert (await options("::1", port)).status == 200
            assert peer.requests[0].startswith(f"OPTIONS sip:[::1]:{port} ".encode())
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "503 Service Unavailable", "486 "])
async def test_any_final_answer_is_an_answer(status: str) -> None:
    async with udp_peer(lambda requests: [answer(requests[-1], status)]) as (_, port):
        got = await options("127.0.0.1", port)
        assert f"{got.status} {got.reason}" == status


async def test_what_is_not_the_answer_is_passed_over() -> None:
    def script(requests: list[bytes]) -> list[bytes]:
        asked = requests[-1]
        return [
            b"",
            b"\xff\xfe no SIP",
            b"SIP/2.0 abc\r\n\r\n",
            asked,
            answer(asked, "100 Trying"),
            answer(asked, "999 Odd"),
            answer(asked, "486 Busy", Call_ID="another"),
            answer(asked, "486 Busy", CSeq="2 OPTIONS"),
            answer(asked, "486 Busy", CSeq="x"),
            answer(asked, "486 Busy", Via="SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKother"),
            answer(asked, "486 Busy", Via="nonsense"),
            answer(asked),
            answer(asked, "486 Busy"),
        ]

    async with udp_peer(script) as (_, port):
        assert (await options("127.0.0.1", port)).status == 200


async def test_a_lost_question_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip, "T1_S", 0.01)
    async with udp_peer(lambda requests: [answer(requests[-1])] if len(requests) == 3 else []) as (peer, port):
        assert (await options("127.0.0.1", port)).status == 200
        assert len(set(peer.requests)) == 1  # the same request, not a new one


async def test_a_silent_peer() -> None:
    async with udp_peer(lambda _: []) as (_, port):
        with pytest.raises(SipUnreachable, match=rf"127.0.0.1:{port} over udp did not answer within 0.05 s"):
            await options("127.0.0.1", port, timeout_s=0.05)


async def test_nobody_at_the_port_is_told_before_the_time_is_over() -> None:
    async with udp_peer(lambda _: []) as (_, port):
        pass
    with pytest.raises(SipUnreachable, match="cannot be reached"):
        await options("127.0.0.1", port, timeout_s=60)
    with pytest.raises(SipUnreachable, match="cannot be reached"):
        await options("127.0.0.1", port, transport="tcp", timeout_s=60)


@pytest.mark.parametrize(("host", "port"), [("a..b", 5060), ("x\r\nVia: y", 5060), ("127.0.0.1", 70000)])
async def test_an_address_that_cannot_be(host: str, port: int) -> None:
    with pytest.raises(SipUnreachable, match="cannot be reached"):
        await options(host, port)


@asynccontextmanager
async def tcp_peer(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """The port of a peer that also sees to it that whoever came has closed the connection."""
    gone = asyncio.Event()

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(until_gone, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(5):
            await gone.wait()


@pytest.mark.parametrize("piece", [1, 1000])
async def test_over_tcp(piece: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = answer(await reader.readuntil(b"\r\n\r\n"))
        for start in range(0, len(data), piece):
            writer.write(data[start : start + piece])
            await writer.drain()

    async with tcp_peer(serve) as port:
        got = await options("127.0.0.1", port, transport="tcp")
        assert (got.status, got.reason) == (200, "OK")


async def test_a_silent_peer_over_tcp() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    async with tcp_peer(serve) as port:
        with pytest.raises(SipUnreachable, match="over tcp did not answer"):
            await options("127.0.0.1", port, transport="tcp", timeout_s=0.05)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_one_who_asks(noise: bytes) -> None:
    datagrams = sip._Datagrams()
    for data in (noise, b"SIP/2.0 200 OK\r\n" + noise, b"SIP/2.0 " + noise, b"SIP/2.0 200 OK\r\nVia: " + noise):
        datagrams.datagram_received(data, None)
