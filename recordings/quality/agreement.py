"""How far graders agree: the share of answers they gave alike, and Cohen's kappa. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from recordings.quality.forms import Form, Score, score


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two graders. ``alike`` of ``count`` answers are the same; ``kappa`` is Cohen's, from -1 to 1: (o - e) /
    (1 - e) with the share o that is alike, and the share e that would be if each gave his answers at random, as
    often as he did. None where e is 1: both gave one and the same answer to all."""

    graders: tuple[str, str]
    alike: int
    count: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Several graders' reviews of one talk: what each scored, each pair, the mean share alike and the mean kappa of
    all pairs (Light's; of two graders it is Cohen's), and the questions that were not answered alike by all."""

    scores: Mapping[str, Score]
    pairs: tuple[Agreement, ...]
    alike: float
    kappa: float | None
    apart: tuple[str, ...]


def agreement(one: str, other: str, given: Mapping[str, Mapping[str, str]]) -> Agreement:
    """Of two graders; ``given`` are the answers by question of each, to the same questions."""
    pairs = [(given[one][question], given[other][question]) for question in given[one]]
    n, alike = len(pairs), sum(a == b for a, b in pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    # In whole numbers, n² times each share: so that 1 - e is exactly 0 where it is.
    chance = sum(first[answer] * second[answer] for answer in first)
    kappa = None if chance == n * n else (alike * n - chance) / (n * n - chance)
    return Agreement((one, other), alike, n, kappa)


def compare(form: Form, given: Mapping[str, Mapping[str, str]]) -> Compared:
    """``given`` are the answers by question of each grader: two at least, each with an answer to every question.
    Raises NotAnAnswer."""
    scores = {grader: score(form, answers) for grader, answers in given.items()}
    pairs = tuple(agreement(a, b, given) for a, b in combinations(given, 2))
    kappas = [pair.kappa for pair in pairs if pair.kappa is not None]
    apart = tuple(q.name for q in form.questions if len({answers[q.name] for answers in given.values()}) > 1)
    return Compared(
        scores,
        pairs,
        sum(pair.alike for pair in pairs) / sum(pair.count for pair in pairs),
        sum(kappas) / len(kappas) if kappas else None,
        apart,
    )
