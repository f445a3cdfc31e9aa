"""A customer's card: what is on it, what may be, and two of them made one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cti.customers.numbers import LONGEST, BadNumber, normal
from cti.masking import masked

LENGTHS: Mapping[str, int] = {
    "name": 120,
    "email": 254,
    "level": 40,
    "region": 80,
    "department": 80,
    "owner": 40,
    "notes": 4000,
}
"""The texts of a card, and the most characters of each."""
FIELD_LENGTH = 400
"""The most characters of a field that a site has added."""
MOST_NUMBERS = 20

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""What no text of one line has: control characters, and what turns the direction of writing."""
_CONTROL_BUT_LINES = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Details:
    """What somebody writes on a card. ``numbers`` are in E.164; ``owner`` is an agent's name, empty for
    none; ``fields`` are those that the site has added, without the empty ones."""

    name: str
    numbers: tuple[str, ...] = ()
    email: str = ""
    level: str = ""
    region: str = ""
    department: str = ""
    owner: str = ""
    notes: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Card(Details):
    """A card that is kept. ``version`` rises by one at each change; ``changed_at`` is Unix seconds."""

    id: int
    version: int
    changed_at: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site has on its cards. ``region`` is where numbers without a country code are from."""

    region: str | None = None
    fields: tuple[str, ...] = ()
    agents: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a text of a card. ``why`` does not repeat the text."""

    field: str
    why: str


def checked(
    texts: Mapping[str, str], numbers: Sequence[str], rules: Rules, owner_before: str = ""
) -> tuple[Details, list[Wrong]]:
    """A card from what somebody wrote, and what is wrong in it: good for use where nothing is.

    ``texts`` has the keys of LENGTHS and the site's own fields. ``owner_before`` may stay the owner,
    whether still an agent or not.
    """
    wrong: list[Wrong] = []
    cleaned = {key: clean(text, lines=key == "notes") for key, text in texts.items()}
    for key, text in cleaned.items():
        most = LENGTHS.get(key, FIELD_LENGTH)
        if key not in LENGTHS and key not in rules.fields:
            wrong.append(Wrong(key, "no such field; a site names its own under customers.fields in site.yaml"))
        elif len(text) > most:
            wrong.append(Wrong(key, f"is longer than {most} characters"))
    if not cleaned.get("name"):
        wrong.append(Wrong("name", "is missing"))
    owner = cleaned.get("owner", "")
    if owner and owner != owner_before and owner not in rules.agents:
        wrong.append(Wrong("owner", "is not the name of an agent"))
    if (email := cleaned.get("email", "")) and not _EMAIL.fullmatch(email):
        wrong.append(Wrong("email", "is no e-mail address"))
    good = []
    for number in numbers:
        try:
            good.append(normal(clean(number[: LONGEST + 1]), rules.region))
        except BadNumber as error:
            wrong.append(Wrong("numbers", str(error)))
    unique = tuple(dict.fromkeys(good))
    if len(unique) > MOST_NUMBERS:
        wrong.append(Wrong("numbers", f"are more than {MOST_NUMBERS}"))
    details = Details(
        numbers=unique,
        fields={key: cleaned[key] for key in rules.fields if cleaned.get(key)},
        **{key: cleaned.get(key, "") for key in LENGTHS},
    )
    return details, wrong


class CannotMerge(ValueError):
    """Two cards that do not fit on one. The message says why."""


def merged(kept: Details, other: Details, take: Collection[str] = ()) -> Details:
    """One card of two: all numbers and notes of both. Of all else it has what ``other`` has, of what is
    named in ``take`` (keys of LENGTHS, and the site's own fields), and what ``kept`` has; where that is
    nothing, what the other one has. Raises CannotMerge."""
    numbers = tuple(dict.fromkeys((*kept.numbers, *other.numbers)))
    if len(numbers) > MOST_NUMBERS:
        raise CannotMerge(f"together they have more than {MOST_NUMBERS} numbers")
    notes = kept.notes if other.notes in kept.notes else f"{kept.notes}\n{other.notes}".strip()
    if len(notes) > LENGTHS["notes"]:
        raise CannotMerge(f"together their notes are longer than {LENGTHS['notes']} characters")

    def both(key: str) -> tuple[Details, Details]:
        return (other, kept) if key in take else (kept, other)

    texts = {key: next(filter(None, (getattr(card, key) for card in both(key))), "") for key in LENGTHS}
    fields = {
        key: next(card.fields[key] for card in both(key) if card.fields.get(key))
        for key in dict.fromkeys((*kept.fields, *other.fields))
    }
    return Details(**{**texts, "notes": notes}, numbers=numbers, fields=fields)


def alike(cards: Sequence[Details]) -> dict[str, str]:
    """The texts that all these cards have, and have alike: what can be said of a caller whose number is
    on several. Empty for no cards."""
    if not cards:
        return {}
    first, *rest = cards
    texts = {key: getattr(first, key) for key in LENGTHS if key != "notes"}
    return {k: text for k, text in texts.items() if text and all(getattr(card, k) == text for card in rest)}


def same(details: Details) -> Iterator[tuple[str, str]]:
    """What two cards of one customer have in common: a name with a number, or with an e-mail address
    where there is no number. The first is ``folded``."""
    name = folded(details.name)
    yield from ((name, to) for to in details.numbers or (folded(details.email),))


def clean(text: str, *, lines: bool = False) -> str:
    """The text without what may not be in it, such as the number of a payment card; without ends of lines
    too, unless ``lines``."""
    text = masked(text.encode("utf-8", "replace").decode())
    if lines:
        return _CONTROL_BUT_LINES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return _CONTROL.sub(" ", text).strip()


def folded(text: str) -> str:
    """The text as it is searched: without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c)).casefold()


def sought(details: Details) -> str:
    """All of a card that a search looks through, folded."""
    texts = (details.name, *details.numbers, details.email, details.notes, *details.fields.values())
    return folded("\n".join(text for text in texts if text))
