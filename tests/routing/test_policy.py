"""Strategies: those there are, and those that a site adds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from routing import policy
from routing.policy import ENTRY_POINTS, Candidate, Rank


class Alphabet:
    """A site's own: by name."""

    rings_all = False

    def rank(self, candidate: Candidate) -> Rank:
        return tuple(float(ord(letter)) for letter in candidate.name)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package is installed that adds a strategy, and tries to replace a built-in one."""
    points = [EntryPoint(name, "tests.routing.test_policy:Alphabet", ENTRY_POINTS) for name in ("abc", "best-skill")]
    monkeypatch.setattr(policy, "entry_points", lambda group: points if group == ENTRY_POINTS else [])
    policy.strategies.cache_clear()
    yield
    policy.strategies.cache_clear()


def test_a_site_adds_a_strategy_and_replaces_none(added: None) -> None:
    found = policy.strategies()
    ann, bob = (Candidate(name, 1, 0.0, 0.0, 0.0, 0) for name in ("ann", "bob"))
    assert found["abc"].rank(ann) < found["abc"].rank(bob)
    assert isinstance(found["best-skill"], policy.BestSkill)


@pytest.mark.parametrize(
    ("strategy", "first"),
    [("best-skill", "skilled"), ("longest-idle", "idle"), ("least-talk", "quiet"), ("round-robin", "passed by")],
)
def test_who_is_asked_first(strategy: str, first: str) -> None:
    candidates = [
        Candidate("skilled", 9, 50.0, 50.0, 50.0, 5),
        Candidate("idle", 5, 10.0, 50.0, 50.0, 5),
        Candidate("quiet", 5, 50.0, 50.0, 10.0, 5),
        Candidate("passed by", 5, 50.0, 10.0, 50.0, 5),
    ]
    assert min(candidates, key=policy.strategies()[strategy].rank).name == first
