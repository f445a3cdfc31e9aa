"""The whole story of one call: the journal's events, the ledger's entries, the record. Read from the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cti.calls import codec
from cti.calls.events import CallEvent, Digit
from cti.calls.words import CallId
from recordings.ledger.ledger import Entry, entry_of
from recordings.records.order import in_order
from recordings.records.upkeep import events_of
from recordings.store import CallDetails, Store
from recordings.tables import ledger
from recordings.trace.hiding import Hiding
from recordings.trace.words import LINE, WHERE, Teller

LEDGER, RECORD = "ledger", "record"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened at ``at`` (Unix seconds). ``where`` is who saw or decided it: line (Asterisk), flow,
    router, agent (a phone), desk (a page), recording; or ledger, record: what was written. ``facts`` are the
    event's or entry's own fields, as JSON."""

    at: float
    where: str
    text: str
    facts: dict[str, Any]


async def story(store: Store, call: str, *, numbers: bool) -> list[Step]:
    """The story of a call, over or not, empty of one that is not known. Without ``numbers`` no number or name of
    the customer is in it, nor what was entered. What agents noted of it never is."""
    id = CallId(call)
    async with store.connect() as connection:
        events = in_order((await events_of(connection, [id])).get(id, []))
        stems = {stem for event in events if (stem := getattr(event, "recording", None))}
        rows = select(ledger).where(ledger.c.stem.in_(stems), ledger.c.call == call).order_by(ledger.c.seq)
        entries = [entry_of(row) for row in await connection.execute(rows)]
    return told(events, entries, await store.call(call), numbers=numbers)


def told(
    events: Sequence[CallEvent], entries: Sequence[Entry], details: CallDetails | None, *, numbers: bool
) -> list[Step]:
    """The story of one call out of what there is of it, in order of time. Pure."""
    hiding = Hiding(events)
    shown = events if numbers else [hiding.event(event) for event in events]
    steps = [*_events(shown), *map(_entry, entries)]
    if details is not None:
        steps += _record(details)
    return sorted(steps, key=lambda step: step.at)


def _events(events: Iterable[CallEvent]) -> Iterator[Step]:
    teller, pressed = Teller(), list[Digit]()
    for event in events:
        if isinstance(event, Digit):
            pressed.append(event)
            continue
        yield from _keys(pressed)
        pressed.clear()
        facts = codec.encode(event)
        yield Step(event.at, WHERE.get(type(event), LINE), teller.told(event), facts)
    yield from _keys(pressed)


def _keys(pressed: Sequence[Digit]) -> Iterator[Step]:
    """Which they were was never written down."""
    if pressed:
        count = len(pressed)
        yield Step(pressed[0].at, LINE, f"{_many(count, 'key')} pressed", {"kind": "Digit", "count": count})


def _entry(entry: Entry) -> Step:
    said = [entry.what.value, *([str(entry.detail["state"])] if "state" in entry.detail else [])]
    length_s, files = entry.detail.get("length_s"), len(entry.detail.get("files", ()))
    said += [f"{length_s:.1f} s"] if isinstance(length_s, int | float) else []
    said += [f"{_many(files, 'file')} hashed"] if files else []
    facts = {"kind": entry.what.value, "stem": entry.stem, **entry.detail}
    return Step(entry.at, LEDGER, f"{entry.stem}: {', '.join(said)}", facts)


def _record(details: CallDetails) -> Iterator[Step]:
    record = details.record
    end = record.arrived_at if record.ended_at is None else record.ended_at
    for said in details.dispositions:
        notes = f"with notes of {len(said.notes)} characters" if said.notes else "without notes"
        result = said.disposition or "no result"
        given = {"kind": "disposition", "agent": said.agent, "queue": said.queue, "disposition": said.disposition}
        yield Step(said.at, RECORD, f"{said.agent} says what came of it: {result}, {notes}", given)
    served = f"{record.queue or 'no queue'}, waited {record.wait_s:.1f} s, talked {record.talk_s:.1f} s"
    estimated = ", partly estimated" if record.estimated else ""
    text = f"{record.outcome}: {served}, {_many(record.offers, 'offer')}{estimated}"
    facts: dict[str, Any] = {
        "kind": "record",
        "outcome": record.outcome.value,
        "queue": record.queue,
        "agent": record.agent,
        "wait_s": record.wait_s,
        "talk_s": record.talk_s,
        "offers": record.offers,
        "estimated": record.estimated,
    }
    yield Step(end, RECORD, text, facts)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
