from __future__ import annotations

import pytest
from pydantic import ValidationError

from cti.site.durations import Duration, seconds
from cti.site.files import SiteModel


class Prompt(SiteModel):
    wait: Duration = 5.0


@pytest.mark.parametrize(
    ("text", "value"),
    [("500ms", 0.5), ("5s", 5.0), ("2m", 120.0), ("1h", 3600.0), ("1.5 s", 1.5), (" 0s ", 0.0)],
)
def test_a_number_with_a_unit_is_read(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)
    assert Prompt.model_validate({"wait": text}).wait == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 days", "5s5s", "1e3s", "٥s", "nan", "inf", 5, 5.5, True, None, []]
)
def test_anything_else_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValidationError, match="must be a duration such as"):
        Prompt.model_validate({"wait": text})


def test_without_it_the_default_stands() -> None:
    assert Prompt().wait == 5.0
