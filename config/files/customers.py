"""What site.yaml says of customers' cards."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from config.lookup import CustomerLookup
from cti.customers.card import LENGTHS
from cti.customers.numbers import is_region
from cti.site.files import SiteModel

CardField = Annotated[
    str, AfterValidator(str.strip), Field(min_length=1, max_length=40, pattern=r"^[^,;=+@\x00-\x1f-][^,;\x00-\x1f]*$")
]


def _region(name: str) -> str:
    if not is_region(name):
        raise ValueError(f"{name!r} is not a region of ISO 3166-1, such as DE, US or CN")
    return name


def _own_fields(names: tuple[str, ...]) -> tuple[str, ...]:
    taken = {*LENGTHS, "numbers"}
    for name in names:
        if name in taken:
            raise ValueError(f"each card has {name!r} already, or it stands here twice")
        taken.add(name)
    return names


class CustomerSettings(SiteModel):
    """What is on customers' cards."""

    region: Annotated[str, AfterValidator(_region)] | None = None
    """Where numbers without a country code are from."""
    fields: Annotated[tuple[CardField, ...], Field(max_length=20), AfterValidator(_own_fields)] = ()
    lookup: CustomerLookup | None = None
    """Where who has no card here is looked for."""
