"""Cards out of a table, and into one: which column is what, and what is wrong in which row."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from cti.customers.card import LENGTHS, Card, Details, Rules, Wrong, checked, folded, same
from cti.customers.sheets import Cells

NUMBERS = "numbers"

_NAMES = {
    "name": ("name", "customer", "customer name", "full name", "company", "姓名", "客户", "名称", "客户名称"),
    NUMBERS: (
        "numbers", "number", "phone", "phones", "phone number", "telephone", "tel", "mobile", "mobile phone",
        "电话", "手机", "电话号码", "手机号", "号码",
    ),
    "email": ("email", "e-mail", "mail", "e-mail address", "email address", "邮箱", "电子邮件"),
    "level": ("level", "customer level", "级别", "等级"),
    "region": ("region", "area", "地区", "区域"),
    "department": ("department", "部门"),
    "owner": ("owner", "agent", "account manager", "负责人", "所有者"),
    "notes": ("notes", "note", "remarks", "comment", "comments", "备注"),
}  # fmt: skip
"""What the columns of other programs' tables are called."""


class BadColumns(ValueError):
    """Columns that do not fit the table or the site. The message says why."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be taken, as it was, and why."""

    row: int
    cells: Cells = field(repr=False)
    wrong: tuple[Wrong, ...]

    @property
    def why(self) -> str:
        return "; ".join(f"{wrong.field} {wrong.why}" if wrong.field else wrong.why for wrong in self.wrong)


@dataclass(frozen=True, slots=True)
class Good:
    """A row that is a card."""

    row: int
    cells: Cells = field(repr=False)
    details: Details


def keys(rules: Rules) -> list[str]:
    """What a column can be: the texts of a card, numbers, and the site's own fields."""
    first, *rest = LENGTHS
    return [first, NUMBERS, *rest, *rules.fields]


def guessed(head: Cells, rules: Rules) -> tuple[str, ...]:
    """What each column is, by its name; empty for those not to be taken. Several may have numbers."""
    known = {folded(name): key for key, names in _NAMES.items() for name in names}
    known |= {folded(key): key for key in keys(rules)}
    columns: list[str] = []
    for name in head:
        # "Phone 2" is a further one of "Phone".
        key = known.get(folded(name.strip()), known.get(folded(name.strip()).rstrip(" 0123456789"), ""))
        columns.append(key if key == NUMBERS or key not in columns else "")
    return tuple(columns)


def columns_of(text: str, rules: Rules) -> tuple[str, ...]:
    """Columns as they are written in a request: joined by commas. Raises BadColumns."""
    columns = tuple(part.strip() for part in text.split(","))
    for key in columns:
        if key and key not in keys(rules):
            raise BadColumns("a column can be one of these: " + ", ".join(keys(rules)))
        if key and key != NUMBERS and columns.count(key) > 1:
            raise BadColumns(f"two columns are {key}; only numbers may be in several")
    if "name" not in columns:
        raise BadColumns("no column has the name; say which one by `columns`, as name,numbers,,notes")
    return columns


def sorted_out(rows: Sequence[tuple[int, Cells]], columns: Sequence[str], rules: Rules) -> tuple[list[Good], list[Bad]]:
    """The rows that are cards, and those that are not."""
    good: list[Good] = []
    bad: list[Bad] = []
    for number, cells in rows:
        texts: dict[str, str] = {}
        numbers: list[str] = []
        for key, cell in zip(columns, cells, strict=False):
            if key == NUMBERS:
                numbers += [part for part in re.split(r"[;,|\n]", cell) if part.strip()]
            elif key:
                texts[key] = cell
        details, wrong = checked(texts, numbers, rules)
        if wrong:
            bad.append(Bad(number, cells, tuple(wrong)))
        else:
            good.append(Good(number, cells, details))
    return good, bad


def without_doubles(
    rows: Sequence[Good], there: Collection[tuple[str, str]], seen: dict[tuple[str, str], int]
) -> tuple[list[Good], list[Bad]]:
    """Sorts out those who are kept already (``there``), or came in an earlier row of the table: ``seen``
    has those by their row, and gets these."""
    good: list[Good] = []
    bad: list[Bad] = []
    for one in rows:
        mine = list(same(one.details))
        earlier = next((seen[key] for key in mine if key in seen), None)
        if earlier is not None:
            bad.append(Bad(one.row, one.cells, (Wrong("", f"a double of row {earlier}"),)))
        elif any(key in there for key in mine):
            bad.append(Bad(one.row, one.cells, (Wrong("", "a double of a customer who is there already"),)))
        else:
            seen |= dict.fromkeys(mine, one.row)
            good.append(one)
    return good, bad


def cells_of(card: Card, rules: Rules) -> list[str]:
    """A card as a row of a table with the columns ``keys``."""
    texts = {key: getattr(card, key) for key in LENGTHS} | {NUMBERS: "; ".join(card.numbers)}
    return [texts[key] if key in texts else card.fields.get(key, "") for key in keys(rules)]
