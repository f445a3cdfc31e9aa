"""A site that wants transcripts: its mistakes, and who is started for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from prometheus_client import CollectorRegistry
from ruamel.yaml import YAML

from config import pipeline_process, settings
from config.pipeline_health import queue_checks
from cti.site.files import SiteError


def wants(site: Path, **transcripts: object) -> settings.Site:
    yaml = YAML()
    found = yaml.load(site / "site.yaml") | {"transcripts": transcripts}
    yaml.dump(found, site / "site.yaml")
    return settings.load(site)


@pytest.mark.parametrize(
    ("transcripts", "wrong"),
    [
        ({"queues": {"nowhere": "en"}}, "there is no queue called 'nowhere'"),
        ({"queues": {"faults": "English"}}, "'English' is not a language such as en"),
        ({"queues": {"faults": "en"}, "engine": "ear"}, "there is no engine called 'ear'"),
    ],
)
def test_what_is_wrong_is_said(site: Path, transcripts: dict[str, Any], wrong: str) -> None:
    with pytest.raises(SiteError) as error:
        wants(site, **transcripts)
    assert wrong in str(error.value)


async def test_it_is_off_until_a_queue_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, int]] = []

    @asynccontextmanager
    async def process(_: object, __: object, command: str = "pipeline", nice: int = 10) -> AsyncIterator[None]:
        begun.append((command, nice))
        yield

    monkeypatch.setattr(pipeline_process, "pipeline", process)
    off = settings.load(site)
    on = wants(site, queues={"faults": "en"}, model="models/small")
    assert on.listens_by == site / "models" / "small"
    for loaded, parts in ((off, ["recordings pipeline"]), (on, ["recordings pipeline", "transcripts"])):
        async with pipeline_process.at_work(loaded, MagicMock()):
            assert list(queue_checks(loaded, MagicMock(), CollectorRegistry())) == parts
    assert begun == [("pipeline", 10), ("pipeline", 10), ("transcribe", 19)]
