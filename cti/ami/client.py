"""The link to Asterisk: connects, logs in, connects again, and carries actions and events."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import ssl
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import NoReturn

import structlog

from cti.about import ABOUT
from cti.ami.errors import AmiDown, AmiError, AmiRefused, AmiTimeout
from cti.ami.manager import Link
from cti.ami.session import Fields, Outcome, Session
from cti.ami.trouble import NOT_GREETED, unreachable
from cti.ami.wire import Message, WireError, encode

__all__ = ["AmiClient", "AmiDown", "AmiError", "AmiRefused", "AmiSettings", "AmiTimeout", "Message", "WireError"]

EVENTS = "agi,call,dtmf,user"
"""The classes of events asked for: only what is used comes over the wire."""

_log = structlog.get_logger()
_random = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiSettings:
    """Where Asterisk's manager port is, and how patient to be with it. Times in seconds.

    With ``tls`` the certificate and the host's name are checked, against ``tls_ca`` or else the
    system's authorities. Raises ValueError for settings that cannot work.
    """

    host: str
    port: int = 5038
    user: str
    secret: str = field(repr=False)
    tls: bool = False
    tls_ca: Path | None = None
    ping_s: float = 1.0
    silence_s: float = 4.0
    """A link that brings not one byte for so long is dropped."""
    deadline_s: float = 5.0
    """For each action, and for connecting with log-in."""
    backoff_s: tuple[float, float] = (0.2, 10.0)
    """Before connecting again: at most the first, doubling up to the second."""
    refused_s: float = 30.0
    """Before logging in again when Asterisk has refused: guards against lock-out."""

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise ValueError(f"{self.port} is not a port")
        if not 0 < self.ping_s < self.silence_s or self.deadline_s <= 0 or self.refused_s <= 0:
            raise ValueError("times must be above 0, and silence_s above ping_s")
        if not 0 < self.backoff_s[0] <= self.backoff_s[1]:
            raise ValueError("backoff_s must be two times above 0, the shorter one first")
        encode("Login", {"Username": self.user, "Secret": self.secret}, "1")

    @property
    def in_the_clear(self) -> bool:
        """Whether the secret, and callers' numbers and keys, cross a network for all to read."""
        return not self.tls and not _is_here(self.host)


class AmiClient:
    """A link to one Asterisk that keeps itself up while ``run`` runs.

    ``on_event`` is called for each event, in order, straight from the read: it must be quick.
    Events come from the log-in on, before ``on_up`` is called and while it runs. ``on_up`` is
    awaited after each log-in; if it raises, the link is dropped and tried again. ``on_down`` is
    called with the reason once for each log-in whose link is over.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        on_event: Callable[[Message], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], None],
    ) -> None:
        if inspect.iscoroutinefunction(on_event):
            raise TypeError("on_event must be a plain function: events are handled in order, as they come")
        self._settings = settings
        self._tls = _context(settings)
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._session: Session | None = None
        self.trouble = "not connected yet"
        """Why there is no link; empty while there is one."""
        self.remedy = ""
        """What to do about the trouble, where that is known."""
        self.tried = asyncio.Event()
        """Set when the first try to link is over: the work after the log-in is done, or there is ``trouble``."""
        self.banner = ""
        """How Asterisk last greeted us: ``Asterisk Call Manager/11.0.0`` (AMI's version)."""
        self.certificate_ends: float | None = None
        """When the certificate that Asterisk last showed expires, in seconds since 1970; None without TLS."""
        self.events_seen = 0
        self.events_dropped = 0
        """Messages that were for nobody, such as the rest of a list that was given up."""
        self.handler_errors = 0
        """Times that one of the functions given to us raised."""

    @property
    def connected(self) -> bool:
        """Whether there is a link that is logged in."""
        return self._session is not None and self._session.open

    async def run(self) -> None:
        """Keeps the link up until cancelled. Waits with full jitter before each new try."""
        least, most = self._settings.backoff_s
        clock = asyncio.get_running_loop().time
        tries = 0
        while True:
            began = clock()
            try:
                await self._link()
            except AmiError as error:
                self.trouble, self.remedy = str(error), error.do
                self.tried.set()
                do = {"do": error.do} if error.do else {}
                at = self._settings
                _log.warning("ami link is down", host=at.host, port=at.port, why=self.trouble, **do)
                wait = self._settings.refused_s if isinstance(error, AmiRefused) else None
            if clock() - began > most:  # it worked for a while: this is a new trouble
                tries = 0
            await asyncio.sleep(_random.uniform(0, min(most, least * 2**tries)) if wait is None else wait)
            tries = min(tries + 1, 30)

    async def action(self, name: str, fields: Fields | None = None, *, deadline_s: float | None = None) -> Message:
        """Sends an action and waits for its response.

        Raises AmiDown, AmiRefused, AmiTimeout, or WireError for what cannot be sent.
        """
        return (await self._live().call(name, fields or {}, deadline_s=deadline_s))[0]

    async def listing(
        self, name: str, fields: Fields | None = None, *, deadline_s: float | None = None
    ) -> list[Message]:
        """Sends an action that is answered by a list of events, and waits for them all.

        Empty too for an action that was answered, but not by a list. Raises as ``action``.
        """
        return (await self._live().call(name, fields or {}, is_list=True, deadline_s=deadline_s))[1:]

    def post(
        self,
        name: str,
        fields: Fields | None = None,
        *,
        on_done: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
        action_id: str = "",
    ) -> None:
        """Writes an action at once, after all earlier ones; nobody waits for it.

        ``on_done`` is called when Asterisk has said yes. If it is refused, not answered in time,
        or there is no link, ``on_refused`` is called with the reason. One of them is called,
        once, and never from within this call. An ``action_id`` of one's own marks the events
        that come of the action later. Raises WireError.
        """

        call = ABOUT.get()

        def finish(outcome: Outcome) -> None:
            if not isinstance(outcome, AmiError):
                if on_done is not None:
                    self._guarded("on_done", on_done)
            elif on_refused is None:
                _log.warning("ami action came to nothing", action=name, why=str(outcome), call=call)
            else:
                self._guarded("on_refused", lambda: on_refused(str(outcome)))

        if self._session is None:
            encode(name, fields or {}, action_id or "1")
            asyncio.get_running_loop().call_soon(finish, AmiDown(self.trouble))
        else:
            self._session.ask(name, fields or {}, finish, action_id=action_id)

    def _live(self) -> Session:
        if self._session is None:
            raise AmiDown(self.trouble)
        return self._session

    async def _link(self) -> NoReturn:
        """One link, from connecting to its end, which it raises as AmiError (AmiRefused: the log-in)."""
        s = self._settings
        session = Session(on_event=self._event, on_stray=self._stray, silence_s=s.silence_s, deadline_s=s.deadline_s)
        link = Link(session, host=s.host, port=s.port, user=s.user, secret=s.secret, events=EVENTS, tls=self._tls)
        try:
            await self._log_in(link, session)
            self._session, self.trouble, self.remedy, self.banner = session, "", "", session.banner
            self.certificate_ends = session.certificate_ends
            _log.info("ami link is up", host=s.host, port=s.port, banner=self.banner)
            start_up = asyncio.create_task(self._start_up(session))
            try:
                raise AmiDown(await session.over())
            finally:
                start_up.cancel()
                await asyncio.wait({start_up})
        finally:
            session.close("stopped")
            link.close()
            why = await session.over()
            if self._session is not None:
                self._session, self.trouble = None, why
                self._guarded("on_down", lambda: self._on_down(why))

    async def _log_in(self, link: Link, session: Session) -> None:
        s = self._settings
        try:
            async with asyncio.timeout(s.deadline_s):
                await link.open(s.ping_s)
        except TimeoutError:
            raise AmiTimeout("no answer while connecting and logging in") from None
        except AmiRefused as error:
            raise AmiRefused(f"log-in refused: {error}") from None
        except AmiDown as error:
            raise AmiDown(str(error), "" if session.banner or s.tls else NOT_GREETED) from None
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            raise unreachable(error, host=s.host, port=s.port) from None

    async def _start_up(self, session: Session) -> None:
        try:
            await self._on_up()
            self.tried.set()
        except Exception as error:
            self._failed("on_up", error)
            session.close(f"the work after log-in failed: {_named(error)}")

    def _event(self, message: Message) -> None:
        self.events_seen += 1
        try:
            self._on_event(message)
        except Exception as error:
            self._failed("on_event", error, ami_event=message["Event"])

    def _stray(self) -> None:
        self.events_dropped += 1

    def _guarded(self, what: str, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self._failed(what, error)

    def _failed(self, what: str, error: Exception, **facts: str) -> None:
        """Says where it happened, but not the error's own text: that may hold a caller's number."""
        self.handler_errors += 1
        at = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("ami handler failed", handler=what, error=_named(error), where=f"{at.filename}:{at.lineno}", **facts)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, AmiError) else type(error).__name__


def _is_here(host: str) -> bool:
    """Whether this is this machine, by a name or an address that can be nothing else."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(settings: AmiSettings) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    try:
        return ssl.create_default_context(cafile=settings.tls_ca)
    except OSError as error:
        raise ValueError(f"tls_ca {settings.tls_ca} cannot be used: {error}") from None
