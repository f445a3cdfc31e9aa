"""Robot phones: real SIP and RTP, answered, dialled and spoken through by a program.

All phones of a process share one SIP stack (baresip allows one a process), which runs in
threads of its own; everything here is called from the event loop that entered ``Phones``.
Sound is samples as in ``demo.tones``: float, mono, 8 kHz.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Self

import numpy as np
from aiosipua import IncomingCall, SipMessage, SipRequest, SipResponse, SipUAS
from aiosipua.transport import SipTransport
from baresip import (
    Account,
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    Config,
    Event,
    Runtime,
    StackEvent,
    StaleHandleError,
    UserAgent,
)
from baresip.call import Call

from demo.configuration import HOST
from demo.tones import RATE, Samples

TICK_S = 0.02
AHEAD_BYTES = RATE // 10 * 2
"""How far the microphone runs ahead of what is sent: 100 ms of 16-bit samples."""

SILENCE = np.zeros(RATE)

PLAIN_END = "Connection reset by peer"
"""What the stack calls the far end's BYE or CANCEL."""


class OnRing(Enum):
    """What a phone does by itself when it is called."""

    ANSWER = auto()
    WAIT = auto()
    """It rings until it is told what to do."""
    REFUSE = auto()
    """It answers 486 Busy Here."""


class PhoneCall:
    """One call of a robot phone. What does not happen ``within`` so many seconds raises TimeoutError."""

    def __init__(self, phone: Phone, call: Call) -> None:
        self.phone = phone
        self.digits = ""
        """The digits that the far end sent, of RFC 4733."""
        self.reason = ""
        """Why the call ended, as the far end put it: ``486 Busy Here``; empty for a plain hang-up."""
        self._call = call
        self._ringing, self._answered, self._ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._heard: list[Samples] = []
        self._count = 0
        self._more = asyncio.Event()
        self._words: Samples | None = None
        self._position = 0
        self._said = asyncio.Event()
        call.on_dtmf(self._pressed)

    @property
    def live(self) -> bool:
        """Answered and not ended."""
        return self._answered.is_set() and not self._ended.is_set()

    @property
    def over(self) -> bool:
        return self._ended.is_set()

    async def ringing(self, within: float = 10.0) -> None:
        """Waits until the far end rings."""
        await self._or_end(self._ringing, within)

    async def answered(self, within: float = 10.0) -> None:
        """Waits until both sides can speak. Raises ConnectionError: the call ended instead."""
        await self._or_end(self._answered, within)

    async def ended(self, within: float = 10.0) -> str:
        """Waits for the end of the call, and says its reason."""
        await asyncio.wait_for(self._ended.wait(), within)
        return self.reason

    async def answer(self) -> None:
        """Picks up. Returns when both sides can speak."""
        await self._call.answer()
        await self.answered()

    async def refuse(self) -> None:
        """Says 486 Busy Here."""
        await self._call.reject()

    async def hang_up(self) -> None:
        """Ends the call, whatever its state; harmless when it is over. Returns when it is."""
        with contextlib.suppress(BaresipError):
            await self._call.hangup()
        await self.ended()

    async def press(self, digits: str) -> None:
        """Sends digits, 100 ms each with 120 ms between: as RFC 4733 events, or by the phone's SIP INFO.
        Those left when the call ends are dropped."""
        with contextlib.suppress(StaleHandleError):
            await self._call.send_dtmf(digits)

    async def say(self, samples: Samples) -> None:
        """Speaks once, in place of the phone's microphone. Returns when all is sent, or the call is over."""
        if not self.over:
            self._words, self._position = samples, 0
            self._said.clear()
            await self._said.wait()

    async def listen(self, seconds: float) -> Samples:
        """The sound of the next seconds; silence is filled in where the far end sends nothing."""
        start, wanted = self._count, round(seconds * RATE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds + 1):
                while self._count - start < wanted and not self.over:
                    self._more.clear()
                    await self._more.wait()
        heard = self.heard()[start : start + wanted]
        return np.pad(heard, (0, wanted - len(heard)))

    def heard(self) -> Samples:
        """All the sound received so far."""
        return np.concatenate(self._heard) if self._heard else np.zeros(0)

    def tick(self) -> None:
        """Moves sound in and out; ``Phones`` calls it each ``TICK_S``."""
        with contextlib.suppress(AudioNotActive, AudioRestarted):
            info = self._call.audio.info()
            if info.rx_ready and (pcm := self._call.audio.read(info.rx_capacity)):
                self._receive(np.frombuffer(pcm, dtype=np.int16) / 32768)
            if info.tx_ready and info.tx_buffered < AHEAD_BYTES:
                self._send((AHEAD_BYTES - info.tx_buffered) // 2)

    def happened(self, event: StackEvent) -> None:
        """Takes in what the SIP stack tells of this call."""
        if event.event in (Event.CALL_RINGING, Event.CALL_PROGRESS):
            self._ringing.set()
        elif event.event is Event.CALL_ESTABLISHED:
            self._answered.set()
        elif event.event is Event.CALL_CLOSED:
            text = event.text or ""
            self.reason = "" if text.startswith(PLAIN_END) else text
            for waited in (self._ended, self._more, self._said):
                waited.set()

    def _pressed(self, event: object) -> None:
        self.digits += str(getattr(event, "digit", ""))

    def _receive(self, samples: Samples) -> None:
        self._heard.append(samples)
        self._count += len(samples)
        self._more.set()

    def _send(self, count: int) -> None:
        if self._words is None:
            wanted = self._position + np.arange(count)
            samples = self.phone.microphone[wanted % len(self.phone.microphone)]
        else:
            samples = self._words[self._position : self._position + count]
            if not len(samples):
                self._words, self._position = None, 0
                self._said.set()
                return
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
        self._position += self._call.audio.write(pcm) // 2

    async def _or_end(self, wanted: asyncio.Event, within: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (wanted, self._ended)]
        try:
            done, _ = await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not done:
            raise TimeoutError(f"{self.phone.name}: nothing in {within:g} s")
        if not wanted.is_set():
            raise ConnectionError(f"{self.phone.name}: the call ended: {self.reason or 'hung up'}")


class Phone:
    """A robot phone, made by ``Phones.add``. ``microphone`` is sent over and over while it talks."""

    def __init__(self, name: str, agent: UserAgent, server: str, on_ring: OnRing, adopt: Adopt) -> None:
        self.name = name
        self.on_ring = on_ring
        self.microphone = SILENCE
        self._agent = agent
        self._server = server
        self._adopt = adopt
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._doing: set[asyncio.Task[None]] = set()
        agent.on_incoming(self._rings)

    async def register(self) -> None:
        """Raises baresip.RegistrationError: refused."""
        await self._agent.register()

    async def unregister(self) -> None:
        await self._agent.unregister()

    async def dial(self, number: str) -> PhoneCall:
        """Calls a number. Returns at once: ``ringing``, ``answered`` and ``ended`` tell what becomes of it."""
        call = await self._agent.dial(f"sip:{number}@{self._server}")
        return self._adopt(self, call)

    async def called(self, within: float | None = 10.0) -> PhoneCall:
        """Waits for the next call to this phone, for ever where ``within`` is None.

        Raises TimeoutError: nobody calls.
        """
        return await asyncio.wait_for(self._incoming.get(), within)

    def _rings(self, call: Call) -> None:
        mine = self._adopt(self, call)
        self._incoming.put_nowait(mine)
        if self.on_ring is not OnRing.WAIT:
            task = asyncio.create_task(self._react(mine))
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)

    async def _react(self, call: PhoneCall) -> None:
        # The caller may be gone already; and how the call goes on is told to who waits for it.
        with contextlib.suppress(BaresipError, ConnectionError, TimeoutError):
            await (call.answer() if self.on_ring is OnRing.ANSWER else call.refuse())


Adopt = Callable[[Phone, Call], PhoneCall]


class Phones:
    """All robot phones of this process: ``async with Phones(sip_port) as phones``.

    On exit every call has ended, every phone is unregistered and the SIP stack is gone.
    """

    def __init__(self, sip_port: int) -> None:
        self._server = f"{HOST}:{sip_port}"
        self._runtime = Runtime()
        self._agents: list[UserAgent] = []
        self._calls: dict[int, PhoneCall] = {}
        self._early: defaultdict[int, list[StackEvent]] = defaultdict(list)
        self._sound: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        # No limit on calls: the private Asterisk is what is measured.
        await self._runtime.start(Config(net_interface=HOST, max_concurrent_calls=None, native_log_level="error"))
        self._runtime.subscribe(self._happened)
        self._sound = asyncio.create_task(self._move_sound())
        return self

    async def __aexit__(self, *exc: object) -> None:
        try:
            live = [call.hang_up() for call in self._calls.values() if not call.over]
            await asyncio.gather(*live, return_exceptions=True)
            await asyncio.gather(*(agent.unregister() for agent in self._agents), return_exceptions=True)
            if self._sound:
                self._sound.cancel()
                await asyncio.gather(self._sound, return_exceptions=True)
        finally:
            await self._runtime.close()

    async def add(
        self,
        name: str,
        password: str = "",
        *,
        on_ring: OnRing = OnRing.ANSWER,
        microphone: Samples = SILENCE,
        by_info: bool = False,
    ) -> Phone:
        """A new phone. With a password it registers; without, it can only call. It sends digits by
        SIP INFO instead of RFC 4733 if ``by_info``.

        Raises baresip.RegistrationError: the name or password is refused.
        """
        account = Account(
            name,
            self._server,
            password,
            reg_interval=60 if password else 0,
            audio_codecs=("pcmu",),
            dtmf_mode="info" if by_info else "rtpevent",
        )
        agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
        phone = Phone(name, agent, self._server, on_ring, self._adopt)
        phone.microphone = microphone
        if password:
            self._agents.append(agent)
            await phone.register()
        return phone

    def _adopt(self, phone: Phone, call: Call) -> PhoneCall:
        mine = self._calls[call.handle] = PhoneCall(phone, call)
        # What the stack told of the call before we had it in hand.
        for event in self._early.pop(call.handle, []):
            mine.happened(event)
        return mine

    def _happened(self, event: StackEvent) -> None:
        if not event.call:
            return
        call = self._calls.get(event.call)
        if call is None:
            self._early[event.call].append(event)
            return
        call.happened(event)
        if call.over:
            del self._calls[event.call]

    async def _move_sound(self) -> None:
        while True:
            for call in [call for call in self._calls.values() if call.live]:
                call.tick()
            await asyncio.sleep(TICK_S)


class _Udp(SipTransport, asyncio.DatagramProtocol):
    """aiosipua's transport on a socket of ours: its own checks for a class that Python 3.11 lacks."""

    def __init__(self, bound: socket.socket) -> None:
        super().__init__(local_addr=bound.getsockname())
        self._bound = bound

    async def start(self) -> None:
        self._endpoint, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=self._bound)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.on_message:
            self.on_message(SipMessage.parse(data), addr)

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        self._endpoint.sendto(bytes(message), addr)

    async def stop(self) -> None:
        self._endpoint.close()


@asynccontextmanager
async def refusing_phone(
    name: str, status: int = 603, *, rung: Callable[[SipRequest], None] = lambda invite: None
) -> AsyncIterator[str]:
    """A phone that refuses each call with a SIP status of your choice; baresip knows only 486.
    ``rung`` is told each INVITE as it came.

    Gives the contact (a SIP URI) to put into the private Asterisk's configuration.
    """

    def refuse(call: IncomingCall) -> None:
        rung(call.invite)
        call.reject(status)

    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((HOST, 0))
    server = SipUAS(_Udp(bound))
    server.on_invite = refuse
    await server.start()
    try:
        yield f"sip:{name}@{HOST}:{bound.getsockname()[1]}"
    finally:
        await server.stop()
