"""How long the random tests search: shortly by hand, longer by ``make long``."""

from __future__ import annotations

from hypothesis import settings

from tests.examples import EXAMPLES

settings.register_profile("cordboard", max_examples=EXAMPLES)
settings.load_profile("cordboard")
