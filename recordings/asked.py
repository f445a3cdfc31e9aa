"""Which calls somebody asks for by HTTP: the parameters of searches and exports."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from fastapi import HTTPException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cti.calls.words import Direction
from recordings.records.search import Cursor, Filters, Span
from recordings.words import Outcome

LONGEST_PAGE = 200
_SPANS = ("length", "wait", "score", "silence", "talk_over")


def moment(text: Any) -> float:
    """Unix seconds, of themselves or of ISO 8601. Raises ValueError."""
    if not isinstance(text, str | int | float):
        raise ValueError("neither a number nor a text")
    try:
        at = float(text)
    except OverflowError:
        raise ValueError("not a time") from None
    except ValueError:
        try:
            read = datetime.fromisoformat(str(text))
        except ValueError:
            raise ValueError("neither Unix seconds nor ISO 8601, as 2026-05-01T08:00:00Z (write + as %2B)") from None
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(at):
        raise ValueError("not a time")
    return at


Moment = Annotated[float, BeforeValidator(moment)]
Text = Annotated[str, Field(max_length=100)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


Ways: TypeAlias = Callable[[str], Collection[str]]


def as_it_is(number: str) -> Collection[str]:
    """The one way that is known without a region."""
    return (number,)


class Wanted(BaseModel):
    """Which calls are wanted. ``from`` <= arrival < ``to``: Unix seconds, or ISO 8601 (UTC where
    no zone is given). ``number`` is the caller's, as anybody would write it, or with ``*`` at its end how it
    begins; ``caller`` is as the line showed it. ``disposition`` is a path, its names joined by `` > ``, to a
    result or a group of them; ``node`` one of a menu that the caller came through. Each word of ``notes`` is in an
    agent's notes, each of ``said`` in the transcript of one recording; ``text`` is part of a number, a name, a
    transfer's destination or an agent's notes. The least and the most: seconds of the call, of waiting, of silence
    and of speaking at once in one of its recordings; ``score`` is the mean of a survey's answers."""

    model_config = ConfigDict(extra="forbid")

    agent: Text | None = Field(None, description="Who talked on them.")
    caller: Text | None = Field(None, description="The caller's number, as the line showed it.")
    number: Text | None = Field(None, description="The caller's number, as one writes it; or how it begins: 0301*.")
    queue: Text | None = Field(None, description="The last queue they were in.")
    start: Moment | None = Field(None, alias="from", description="Calls that arrived then or later, as 2026-05-01.")
    end: Moment | None = Field(None, alias="to", description="Calls that arrived before, as 2026-06-01.")
    outcome: Outcome | None = Field(None, description="What came of them.")
    direction: Direction | None = Field(None, description="in or out.")
    disposition: Annotated[str, Field(max_length=400)] | None = Field(
        None, description="The result that an agent gave, or a group of results."
    )
    node: Text | None = Field(None, description="A node of a menu that they came through.")
    notes: Text | None = Field(None, description="Words of an agent's notes.")
    said: Text | None = Field(None, description="Words that were said, where talks are written down.")
    text: Text | None = Field(
        None, description="A part of a number, a name, a transfer's destination or an agent's notes."
    )
    min_length: Amount | None = Field(None, description="Seconds of the whole call, at least.")
    max_length: Amount | None = Field(None, description="Seconds of the whole call, at most.")
    min_wait: Amount | None = Field(None, description="Seconds of waiting, at least.")
    max_wait: Amount | None = Field(None, description="Seconds of waiting, at most.")
    min_score: Amount | None = Field(None, description="The mean of a survey's answers, at least.")
    max_score: Amount | None = Field(None, description="The mean of a survey's answers, at most.")
    min_silence: Amount | None = Field(None, description="Seconds of silence in a recording, at least.")
    max_silence: Amount | None = Field(None, description="Seconds of silence in a recording, at most.")
    min_talk_over: Amount | None = Field(None, description="Seconds of speaking at once in a recording, at least.")
    max_talk_over: Amount | None = Field(None, description="Seconds of speaking at once in a recording, at most.")

    def filters(self, ways: Ways) -> Filters:
        """``ways`` are those in which a line may show a number."""
        same = (
            "agent",
            "caller",
            "queue",
            "start",
            "end",
            "outcome",
            "direction",
            "disposition",
            "node",
            "notes",
            "said",
            "text",
        )
        spans: dict[str, Any] = {
            name: Span(least=getattr(self, f"min_{name}"), most=getattr(self, f"max_{name}")) for name in _SPANS
        }
        begins = self.number is not None and self.number.endswith("*")
        return Filters(
            **{name: getattr(self, name) for name in same},
            **spans,
            numbers=None if self.number is None or begins else ways(self.number),
            prefix=self.number[:-1] if self.number is not None and begins else None,
        )


class Search(Wanted):
    """A page of them: ``cursor`` is the ``next`` of the page before."""

    limit: int = Field(50, ge=1, le=LONGEST_PAGE)
    cursor: Text | None = None

    def after(self) -> Cursor | None:
        return after(self.cursor)


def after(cursor: str | None) -> Cursor | None:
    """Where a search goes on. Raises HTTPException."""
    if cursor is None:
        return None
    at, _, last = cursor.partition(",")
    try:
        return moment(at), last
    except ValueError:
        raise HTTPException(422, "the cursor is not one of an earlier answer") from None


def following(cursor: Cursor | None) -> str | None:
    """A cursor as it is told."""
    return f"{cursor[0]!r},{cursor[1]}" if cursor else None
