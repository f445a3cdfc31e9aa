"""Finding calls by what was said in them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.desk.dispositions import like
from recordings.tables import recordings
from recordings.transcripts.tables import transcripts


def said(call: ColumnElement[str], words: Collection[str], agent: str | None) -> ColumnElement[bool]:
    """Whether each of these words was said in one recording of a call; with ``agent`` in one of his talks."""
    found = select(transcripts.c.call).where(*(like(transcripts.c.text, word) for word in words))
    if agent is not None:
        mine = select(recordings.c.stem).where(recordings.c.stem == transcripts.c.stem, recordings.c.agent == agent)
        found = found.where(mine.exists())
    return call.in_(found)


async def transcribed(connection: AsyncConnection, call: str) -> tuple[str, ...]:
    """Those recordings of a call, by stem, of which there is a transcript."""
    wanted = select(transcripts.c.stem).where(transcripts.c.call == call).order_by(transcripts.c.stem)
    return tuple(await connection.scalars(wanted))
