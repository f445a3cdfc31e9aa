"""Where the cards are kept: tables of the site's database.

SQLite and PostgreSQL find any part of a text by an index of three letters in a row; shorter texts are
looked for at the beginning of names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, column, delete, insert, literal_column, select, table, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti.customers import numbers
from cti.customers.card import LENGTHS, Card, Details, folded, merged, same, sought
from cti.customers.migrations import migrate
from cti.customers.tables import customer_numbers, customers, last_customer
from cti.database import opened

ON_ONE_NUMBER = 10
"""How many customers of one number are looked up at most."""
GROUPED = ("level", "region", "department", "owner")
"""The texts that many cards have alike."""
GROUPS_SHOWN = 200
NOTHING: Mapping[str, str] = {}
_INDEXED = 3
"""The letters in a row that are indexed."""
_LAST = "\U0010ffff"
_FOUND = table("customers_found", column("rowid"))


class Gone(LookupError):
    """There is no card of this number any more."""


class Changed(Exception):
    """Somebody else has changed the card since it was read."""


class Store:
    """Reads and writes cards; made by ``Store.open``. Times are Unix seconds."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"

    @classmethod
    async def open(cls, url: str) -> Store:
        """Connects and brings the tables up to date. Raises as ``cti.database.opened``."""
        return cls(await opened(url, migrate))

    async def close(self) -> None:
        await self._engine.dispose()

    async def get(self, id: int) -> Card | None:
        async with self._engine.connect() as connection:
            found = await _cards(connection, select(customers).where(customers.c.id == id))
        return found[0] if found else None

    async def of_number(self, number: str) -> list[Card]:
        """Those whose number this is, in E.164; the newest ON_ONE_NUMBER of them."""
        wanted = (
            select(customers)
            .join(customer_numbers, customer_numbers.c.customer == customers.c.id)
            .where(customer_numbers.c.number == number)
            .order_by(customers.c.id.desc())
            .limit(ON_ONE_NUMBER)
        )
        async with self._engine.connect() as connection:
            return await _cards(connection, wanted)

    async def search(
        self, text: str, limit: int = 50, before: int | None = None, having: Mapping[str, str] = NOTHING
    ) -> tuple[list[Card], int | None]:
        """Cards that have each word of the text as a part of their name, a number, notes, e-mail address
        or a field, newest first, and where to go on (None: there are no more). A text that looks like
        a number, or a part of one, is one word. Where no word has three letters, the first begins the name.
        ``having`` are whole texts that they have too, by their keys out of GROUPED."""
        terms = _terms(text)
        wanted = select(customers)
        key: ColumnElement[int] = customers.c.id
        if self._sqlite and (pieces := {piece for term in terms for piece in _pieces(term)}):
            match = " AND ".join('"' + piece.replace('"', '""') + '"' for piece in sorted(pieces))
            wanted = wanted.select_from(_FOUND.join(customers, customers.c.id == _FOUND.c.rowid))
            wanted = wanted.where(literal_column("customers_found").op("MATCH")(match))
            key = _FOUND.c.rowid
        if terms and all(len(term) < _INDEXED for term in terms):
            wanted = wanted.where(customers.c.folded_name >= terms[0], customers.c.folded_name < terms[0] + _LAST)
        for term in terms:
            wanted = wanted.where(customers.c.sought.contains(term, autoescape=True))
        for name, whole in having.items():
            wanted = wanted.where(customers.c[name] == whole)
        if before is not None:
            wanted = wanted.where(key < before)
        wanted = wanted.order_by(key.desc()).limit(limit + 1)
        async with self._engine.connect() as connection:
            found = await _cards(connection, wanted)
        page = found[:limit]
        return page, page[-1].id if len(found) > limit else None

    async def groups(self) -> dict[str, list[str]]:
        """What cards have in each text of GROUPED, GROUPS_SHOWN at most of each."""
        found = {}
        async with self._engine.connect() as connection:
            for key in GROUPED:
                texts = select(customers.c[key]).distinct().where(customers.c[key] != "").order_by(customers.c[key])
                found[key] = list((await connection.execute(texts.limit(GROUPS_SHOWN))).scalars())
        return found

    async def add(self, cards: Sequence[Details], now: float) -> Sequence[int]:
        """Keeps new cards, all or none. Returns their ids in the same order."""
        if not cards:
            return []
        count = update(last_customer).values(id=last_customer.c.id + len(cards)).returning(last_customer.c.id)
        async with self._engine.begin() as connection:
            last = (await connection.execute(count)).scalar_one()
            ids = range(last - len(cards) + 1, last + 1)
            rows = [
                _values(card) | {"id": id, "version": 1, "changed_at": now} for id, card in zip(ids, cards, strict=True)
            ]
            await connection.execute(insert(customers), rows)
            await _write_numbers(connection, zip(ids, cards, strict=True))
        return ids

    async def change(self, id: int, version: int, details: Details, now: float) -> Card:
        """Puts these details on a card that is still of this version. Raises Gone, Changed."""
        async with self._engine.begin() as connection:
            return await _change(connection, id, version, details, now)

    async def delete(self, id: int) -> None:
        """Raises Gone."""
        async with self._engine.begin() as connection:
            if not (await connection.execute(delete(customers).where(customers.c.id == id))).rowcount:
                raise Gone(id)

    async def merge(self, id: int, other: int, now: float, take: Collection[str] = ()) -> Card:
        """Makes one card of two, under ``id``, as ``card.merged``. Raises Gone, Changed, CannotMerge."""
        async with self._engine.begin() as connection:
            # Both are the transaction's own from here on; nobody merges or changes them meanwhile.
            both = await _cards(connection, select(customers).where(customers.c.id.in_((id, other))).with_for_update())
            found = {card.id: card for card in both}
            if len(found) != 2:
                raise Gone(id if id not in found else other)
            kept = found[id]
            await connection.execute(delete(customers).where(customers.c.id == other))
            return await _change(connection, id, kept.version, merged(kept, found[other], take), now)

    async def doubles(self, cards: Collection[Details]) -> set[tuple[str, str]]:
        """What of these cards' ``same`` there is already."""
        wanted = {key for card in cards for key in same(card)}
        by_number = (
            select(customers.c.folded_name, customer_numbers.c.number)
            .join(customer_numbers, customer_numbers.c.customer == customers.c.id)
            .where(customer_numbers.c.number.in_({to for _, to in wanted if to.startswith("+")}))
        )
        by_name = (
            select(customers.c.folded_name, customers.c.email)
            .outerjoin(customer_numbers, customer_numbers.c.customer == customers.c.id)
            .where(customers.c.folded_name.in_({name for name, to in wanted if not to.startswith("+")}))
            .where(customer_numbers.c.customer.is_(None))
        )
        async with self._engine.connect() as connection:
            found = {(name, number) for name, number in await connection.execute(by_number)}
            found |= {(name, folded(email)) for name, email in await connection.execute(by_name)}
        return found & wanted

    async def all(self, batch: int = 1000) -> AsyncIterator[list[Card]]:
        """Every card, oldest first, some at a time. What is added meanwhile may be among them or not."""
        last = 0
        while True:
            wanted = select(customers).where(customers.c.id > last).order_by(customers.c.id).limit(batch)
            async with self._engine.connect() as connection:
                cards = await _cards(connection, wanted)
            if not cards:
                return
            last = cards[-1].id
            yield cards


def _terms(text: str) -> list[str]:
    """What a search looks for: words, or the digits of a number."""
    digits = numbers.part(text)
    return [digits] if len(digits) >= _INDEXED else folded(text).split()


def _pieces(term: str) -> set[str]:
    return {term[at : at + _INDEXED] for at in range(len(term) - _INDEXED + 1)}


async def _cards(connection: AsyncConnection, wanted: Select[Any]) -> list[Card]:
    """The cards of rows of customers, in their order."""
    rows = (await connection.execute(wanted)).all()
    if not rows:
        return []
    of: dict[int, list[str]] = defaultdict(list)
    theirs = (
        select(customer_numbers.c.customer, customer_numbers.c.number)
        .where(customer_numbers.c.customer.in_([row.id for row in rows]))
        .order_by(customer_numbers.c.customer, customer_numbers.c.place)
    )
    for customer, number in await connection.execute(theirs):
        of[customer].append(number)
    return [_card(row, of[row.id]) for row in rows]


def _card(row: Row[Any], numbers: Sequence[str]) -> Card:
    texts = {key: getattr(row, key) for key in LENGTHS}
    return Card(
        id=row.id,
        version=row.version,
        changed_at=row.changed_at,
        numbers=tuple(numbers),
        fields=row.fields,
        **texts,
    )


def _values(details: Details) -> dict[str, Any]:
    values = {key: getattr(details, key) for key in LENGTHS}
    return values | {
        "fields": dict(details.fields),
        "folded_name": folded(details.name),
        "sought": sought(details),
    }


async def _change(connection: AsyncConnection, id: int, version: int, details: Details, now: float) -> Card:
    changed = update(customers).where(customers.c.id == id, customers.c.version == version)
    changed = changed.values(**_values(details), version=version + 1, changed_at=now)
    if not (await connection.execute(changed)).rowcount:
        there = (await connection.execute(select(customers.c.id).where(customers.c.id == id))).one_or_none()
        raise Gone(id) if there is None else Changed(id)
    await connection.execute(delete(customer_numbers).where(customer_numbers.c.customer == id))
    await _write_numbers(connection, [(id, details)])
    plain = {each.name: getattr(details, each.name) for each in fields(Details)}
    return Card(**plain, id=id, version=version + 1, changed_at=now)


async def _write_numbers(connection: AsyncConnection, cards: Iterable[tuple[int, Details]]) -> None:
    rows = [
        {"customer": id, "place": place, "number": number}
        for id, card in cards
        for place, number in enumerate(card.numbers)
    ]
    if rows:
        await connection.execute(insert(customer_numbers), rows)
