"""Is a SIP peer there? Asks with OPTIONS (RFC 3261, section 11), outside of any call.

Asterisk's own contact status says more; this is the second opinion, and the way to reach a
trunk or a proxy that Asterisk does not watch. Messages are built and read by aiosipua.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiosipua import CSeq, SipMessage, SipRequest, SipResponse, TcpSipTransport, Via
from aiosipua.utils import format_addr, generate_branch, generate_call_id, generate_tag

T1_S = 0.5
"""First wait before a request is sent again over UDP; doubled up to T2_S (RFC 3261, 17.1.2.2)."""
T2_S = 4.0

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SipAnswer:
    """A final answer. Any of them says that the peer is there; 200 that it would take a call."""

    status: int
    reason: str
    round_trip_s: float


class SipUnreachable(Exception):
    """Nobody answered; the text says who, how, and what was seen."""


async def options(
    host: str, port: int, *, transport: Literal["udp", "tcp"] = "udp", timeout_s: float = 2.0
) -> SipAnswer:
    """Asks one peer once; over UDP the question is sent again while there is no answer.

    Raises SipUnreachable: no such host, refused, or no answer within ``timeout_s`` seconds.
    """
    ask = _over_tcp if transport == "tcp" else _over_udp
    where = f"{host}:{port} over {transport}"
    try:
        async with asyncio.timeout(timeout_s):
            return await ask(host, port)
    except TimeoutError:
        raise SipUnreachable(f"{where} did not answer within {timeout_s:g} s") from None
    except (OSError, ValueError, OverflowError) as error:  # not only of sockets: of host and port themselves
        raise SipUnreachable(f"{where} cannot be reached: {error}") from None


class _Question:
    """One OPTIONS, and the future of its answer."""

    def __init__(self, local: Address, remote: Address, transport: str) -> None:
        via = Via(
            transport=transport, host=local[0], port=local[1], params={"branch": generate_branch(), "rport": None}
        )
        here, there = format_addr(*local), format_addr(*remote)
        self.request = SipRequest(method="OPTIONS", uri=f"sip:{there}")
        self.request.via = [via]
        self.request.cseq = CSeq(1, "OPTIONS")
        self.request.call_id = generate_call_id(local[0])
        for name, value in {
            "Max-Forwards": "70",
            "From": f"<sip:cordboard@{here}>;tag={generate_tag()}",
            "To": f"<sip:{there}>",
            "Contact": f"<sip:cordboard@{here}>",
            "Accept": "application/sdp",
            "User-Agent": "Cordboard",
        }.items():
            self.request.set_header(name, value)
        self.answer: asyncio.Future[SipAnswer] = asyncio.get_running_loop().create_future()
        self._asked = time.monotonic()

    def hear(self, message: SipMessage) -> None:
        """Takes what came; what is not the final answer to this question is passed over."""
        if (
            not self.answer.done()
            and isinstance(message, SipResponse)
            and 200 <= message.status_code < 700
            and message.call_id == self.request.call_id
            and message.cseq == self.request.cseq
            and message.via[:1]
            and message.via[0].branch == self.request.via[0].branch
        ):
            took = time.monotonic() - self._asked
            self.answer.set_result(
                SipAnswer(status=message.status_code, reason=message.reason_phrase, round_trip_s=took)
            )

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class _Datagrams(asyncio.DatagramProtocol):
    """A connected UDP socket: only the peer is heard, and the network's own refusals are told.

    aiosipua's UDP transport is not used: it would answer neither, and on Python 3.11 it logs an
    error each time it is started.
    """

    def __init__(self) -> None:
        self.heard: Callable[[SipMessage], None] = lambda _: None
        self.failed: Callable[[Exception], None] = lambda _: None

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            self.heard(SipMessage.parse(data))
        except ValueError:
            return  # not SIP; the real answer may still come

    def error_received(self, exc: Exception) -> None:
        self.failed(exc)


async def _over_udp(host: str, port: int) -> SipAnswer:
    loop = asyncio.get_running_loop()
    socket, datagrams = await loop.create_datagram_endpoint(_Datagrams, remote_addr=(host, port))
    try:
        local, remote = socket.get_extra_info("sockname")[:2], socket.get_extra_info("peername")[:2]
        question = _Question(local, remote, "UDP")
        datagrams.heard = question.hear
        datagrams.failed = question.fail
        wait = T1_S
        while not question.answer.done():
            socket.sendto(bytes(question.request))
            await asyncio.wait({question.answer}, timeout=wait)
            wait = min(2 * wait, T2_S)
        return question.answer.result()
    finally:
        socket.close()


async def _over_tcp(host: str, port: int) -> SipAnswer:
    connection = TcpSipTransport()
    _, writer = await connection.connect((host, port))
    try:
        question = _Question(writer.get_extra_info("sockname")[:2], writer.get_extra_info("peername")[:2], "TCP")
        connection.on_message = lambda message, _: question.hear(message)
        connection.send(question.request, (host, port))
        return await question.answer
    finally:
        await connection.stop()
        writer.close()  # stop forgets a connection that is being read, and leaves it open
