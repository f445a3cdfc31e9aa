"""The web server around the parts: what ``cordboard run`` runs until it is stopped."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from config.app import running
from config.premises import CannotStart
from config.reload import on_hangup
from config.running import findable
from config.settings import Site
from cti.calls.part import Part

_STOP_S = 5
_UNREAD = 32 * 1024
"""Bytes the kernel keeps for one that does not read: a desk that is slow is to be noticed soon."""
_GARBAGE = 10_000
"""Objects made and not gone yet, before garbage is looked for."""


class Broken(Exception):
    """A part of the server has died while it ran; nothing works without it."""


async def serve(
    site: Site, *, started: Callable[[str], None], watchers: Sequence[Part] = (), hangup_reloads: bool = False
) -> None:
    """Runs the whole server until cancelled; ``started`` is told its address. ``hangup_reloads``:
    the signal SIGHUP loads a changed site.

    Raises as ``running``, and Broken.
    """
    web = site.settings.web
    async with running(site, watchers) as works, works.recordings:
        config = uvicorn.Config(
            works.app,
            host=web.host,
            port=web.port,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            ws_per_message_deflate=False,  # packing each message costs more than sending it
            timeout_graceful_shutdown=_STOP_S,
        )
        server = _Server(config)
        bound = _bound(config)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD)
        bound.listen()  # from now on whoever connects is served, if a moment later
        host, port = bound.getsockname()[:2]
        serving = asyncio.create_task(server.serve(sockets=[bound]), name="web")
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        try:
            with findable(site.state, url, works.reload.key), on_hangup(works.reload if hangup_reloads else None):
                _settle_down()
                started(url)
                over, _ = await asyncio.wait({serving, *works.tasks}, return_when=asyncio.FIRST_COMPLETED)
            died = over.pop()
            raise Broken(f"{died.get_name()} has ended: {died.exception() or 'nobody asked it to'}")
        finally:
            server.should_exit = True
            await asyncio.wait({serving})
            bound.close()


def _settle_down() -> None:
    """What is there now stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the command line, which cancels us."""
        yield


def _bound(config: uvicorn.Config) -> socket.socket:
    try:
        return config.bind_socket()
    except SystemExit:
        where = f"{config.host}:{config.port}"
        raise CannotStart(f"{where} is taken. Stop what uses it, or set web.port in site.yaml.") from None
