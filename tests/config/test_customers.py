"""What a site says of its customers' cards."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.files.customers import CustomerSettings


def test_region_and_fields() -> None:
    settings = CustomerSettings.model_validate({"region": "DE", "fields": ["Contract", "生日"]})
    assert (settings.region, settings.fields) == ("DE", ("Contract", "生日"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"region": "XX"}, "not a region"),
        ({"fields": ["name"]}, "has 'name' already"),
        ({"fields": ["numbers"]}, "has 'numbers' already"),
        ({"fields": ["A", "A"]}, "twice"),
        ({"fields": ["a,b"]}, "pattern"),
        ({"fields": ["=A"]}, "pattern"),
        ({"fields": [" "]}, "at least 1|pattern"),
    ],
)
def test_what_cannot_be(given: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        CustomerSettings.model_validate(given)
