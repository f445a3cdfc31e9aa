"""How the pipeline is, in words and in figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from config.doctor import Verdict
from config.pipeline_health import finding, pipeline_check
from recordings.pipeline.queue import Failure, Status
from recordings.store import Store

FAILURE = Failure("2026/o1", 7.0, "there is no sound in o1-caller.wav")


@pytest.mark.parametrize(
    ("now", "verdict", "seen"),
    [
        (Status(0, 0.0, "", 0, ()), Verdict.GOOD, "nothing waits"),
        (Status(3, 12.4, "", 0, ()), Verdict.GOOD, "3 wait, the oldest for 12 s"),
        (Status(3, 601.0, "", 0, ()), Verdict.DOUBTFUL, "3 wait, the oldest for 601 s"),
        (Status(1, 9.0, "File too large", 0, ()), Verdict.DOUBTFUL, "1 wait, the oldest for 9 s; File too large"),
        (
            Status(0, 0.0, "", 2, (FAILURE, FAILURE)),
            Verdict.DOUBTFUL,
            "nothing waits; 2 failed, the last 2026/o1: there is no sound in o1-caller.wav",
        ),
    ],
)
def test_it_is_told_in_words(now: Status, verdict: Verdict, seen: str) -> None:
    found = finding(now)
    assert (found.verdict, found.seen) == (verdict, seen)
    assert bool(found.do) == (verdict is not Verdict.GOOD)


async def test_what_is_seen_is_in_the_metrics(tmp_path: Path) -> None:
    store, registry = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/cordboard.db"), CollectorRegistry()
    look = pipeline_check(store, registry)
    assert (await look()).verdict is Verdict.GOOD
    for name in ("waiting", "oldest_seconds", "failed"):
        assert registry.get_sample_value(f"cordboard_pipeline_{name}") == 0.0
    await store.close()
