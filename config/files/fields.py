"""Types of what several files of a site have in them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def fits(pattern: str, otherwise: str) -> AfterValidator:
    """Only text that fits the whole pattern; ``{}`` in the message is the text that does not."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(otherwise.format(repr(text)))
        return text

    return AfterValidator(check)


_PHONE = r"[A-Za-z0-9]+/[A-Za-z0-9_.@:+-]+"
_NAME = r"[a-z0-9][a-z0-9_.-]{0,39}"

Phone = Annotated[str, fits(_PHONE, "{} is not the dial string of one phone, such as PJSIP/1001")]
BrowserPhone = Annotated[
    str, fits(r"PJSIP/[A-Za-z0-9_.+-]{1,80}", "{} is not the dial string of a PJSIP phone, such as PJSIP/alice-web")
]
Name = Annotated[str, fits(_NAME, "{} is not a name: small letters, digits, '-', '_', '.', at most 40")]
