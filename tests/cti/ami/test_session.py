from __future__ import annotations

import asyncio
from collections.abc import Iterable

from cti.ami.session import Session


class Wire(asyncio.Transport):
    """Keeps the pieces written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.pieces += [bytes(data) for data in list_of_data]

    def abort(self) -> None: ...


async def test_each_line_is_a_piece_for_tls_to_make_a_record_of() -> None:
    """Asterisk would leave the end of a record of more than 1024 bytes unread (seen on 22.10)."""
    session = Session(on_event=print, on_stray=print, silence_s=60, deadline_s=60)
    wire = Wire()
    session.connection_made(wire)
    answer = session.call("Setvar", {"Variable": "v" * 900, "Value": "w" * 900})
    assert [piece.partition(b":")[0] for piece in wire.pieces] == [
        b"Action",
        b"ActionID",
        b"Variable",
        b"Value",
        b"\r\n",
    ]
    assert max(map(len, wire.pieces)) <= 1024
    answer.cancel()
    session.connection_lost(None)
    assert await session.over() == "Asterisk closed the connection"


async def test_two_sessions_never_use_the_same_action_id() -> None:
    """An OriginateResponse goes to every session of Asterisk, with the id its own session gave."""
    ids = set()
    for _ in range(2):
        session, wire = Session(on_event=print, on_stray=print, silence_s=60, deadline_s=60), Wire()
        session.connection_made(wire)
        session.ask("Hangup", {}, lambda _: None)
        ids.add(wire.pieces[1])
        session.connection_lost(None)
    assert len(ids) == 2
