"""Payment card numbers in texts from outside: nobody asked for them, so nobody keeps them.

What callers type at secret steps is kept nowhere. Everywhere else a card number may still come in: an
agent writes it into a note, a program sends it, a table has it, a caller's name is one. Each gate through
which such texts come masks them here: HTTP bodies (desk/guard.py), cards of customers (customers/card.py),
callers (calls/arrival.py), and what flows tell of callers (ivr/verbs).
"""

from __future__ import annotations

import re
from typing import Any

_APART = " .\u00a0\u2010-\u2013\u3000-"
_RUN = re.compile(rf"\+?\d(?:[{_APART}]?\d){{13,}}")
"""Digits, of any script, in groups or not."""
_GROUP = re.compile(r"\d+")
_ISSUED = re.compile(
    r"4\d{15}(\d{3})?"  # Visa
    r"|(5[1-5]|2[2-7])\d{14}"  # Mastercard, Mir
    r"|3[47]\d{13}"  # American Express
    r"|3(0[0-5]|[68]\d)\d{11}"  # Diners Club
    r"|35\d{14}"  # JCB
    r"|6(011|4[4-9]\d|5\d\d)\d{12}"  # Discover
    r"|62\d{14}(\d{3})?"  # UnionPay
)
"""What numbers of cards begin with, and how long they are. Telephone numbers with a country's code are
shorter, or begin otherwise; of Chinese identity numbers none has this length."""
_LEFT = 4
"""Digits that stay to be seen, so that a card can be told from another (PCI DSS 4.0, 3.4)."""


def masked(text: str) -> str:
    """The text with each payment card number in it as ``************1234``."""
    return _RUN.sub(_without, text) if len(text) >= 14 else text


def masked_within(value: Any) -> Any:
    """A JSON value with all its texts ``masked``, keys too."""
    match value:
        case str():
            return masked(value)
        case dict():
            return {masked(key): masked_within(one) for key, one in value.items()}
        case list():
            return [masked_within(one) for one in value]
    return value


def is_card(digits: str) -> bool:
    """Whether these digits (0 to 9) are the number of a card: an issuer's, with the check digit of Luhn
    (ISO/IEC 7812-1)."""
    if not _ISSUED.fullmatch(digits):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0


def _without(run: re.Match[str]) -> str:
    """A run of groups of digits, with those that are a card's number, alone or together, masked."""
    text = run.group()
    groups = [group.span() for group in _GROUP.finditer(text)]
    out, done, at = "", 0, 0
    while at < len(groups):
        for last in range(len(groups) - 1, at - 1, -1):
            begin, end = groups[at][0], groups[last][1]
            digits = "".join(str(int(c)) for c in text[begin:end] if c.isdecimal())
            if is_card(digits):
                out += text[done:begin] + "*" * (len(digits) - _LEFT) + digits[-_LEFT:]
                done, at = end, last
                break
        at += 1
    return out + text[done:]
