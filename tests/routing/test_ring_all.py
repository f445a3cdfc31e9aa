"""All phones of a small team ring at the same time, over both stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import fakeredis
import pytest

from routing.memory_store import MemoryStore
from routing.store import RedisStore, Store
from tests.routing.line import Line
from tests.routing.test_handler import Scenario
from tests.routing.test_rules import AGENTS, bills, queues

TEAM = queues(bills(strategy="ring-all"))
ALL_RING = [
    "offered c1 dan",
    "dan reserved c1",
    "-> offer c1 PJSIP/dan 15s",
    "offered c1 eva",
    "eva reserved c1",
    "-> offer c1 PJSIP/eva 15s",
]
RINGS: Scenario = [
    ("dan ready", ["dan ready"]),
    ("wait 1", []),
    ("eva ready", ["eva ready"]),
    ("c1 queued bills", ["-> music c1 default", *ALL_RING]),
]
RING_ALL: Mapping[str, Scenario] = {
    "the second picks up": [
        *RINGS,
        ("c1 accepted", ["-> withdraw c1", "refused c1 dan withdrawn", "dan ready", "-> connect c1"]),
        ("c1 accepted first", ["-> withdraw c1"]),
        ("c1 connected", ["eva talking c1"]),
        ("c1 left talk", ["eva ready"]),
    ],
    "the first picks up": [
        *RINGS,
        ("c1 accepted first", ["-> withdraw c1", "refused c1 eva withdrawn", "eva ready", "-> connect c1"]),
        ("c1 connected first", ["dan talking c1"]),
    ],
    "one refuses, the other's phone rings on": [
        *RINGS,
        ("c1 refused first", ["dan not ready (refused)"]),
        ("dan ready", ["dan ready"]),
        ("c1 accepted", ["-> connect c1"]),
        ("c1 connected", ["eva talking c1"]),
    ],
    "nobody picks up": [
        *RINGS,
        (
            "wait 18",
            [
                "-> withdraw c1",
                "refused c1 dan no answer",
                "dan not ready (no answer)",
                "-> withdraw c1",
                "refused c1 eva no answer",
                "eva not ready (no answer)",
            ],
        ),
        ("wait 10", []),
        (
            "dan ready",
            ["dan ready", "offered c1 dan", "dan reserved c1", "-> offer c1 PJSIP/dan 15s"],
        ),
    ],
    "the caller leaves": [
        *RINGS,
        (
            "c1 ended",
            [
                "-> withdraw c1",
                "refused c1 dan withdrawn",
                "dan ready",
                "-> withdraw c1",
                "refused c1 eva withdrawn",
                "eva ready",
            ],
        ),
    ],
}


@pytest.mark.parametrize("name", RING_ALL)
@pytest.mark.parametrize("kind", ["memory", "fakeredis"])
async def test_all_phones_ring(name: str, kind: str) -> None:
    async with fakeredis.FakeAsyncRedis(server_version=(7,), decode_responses=True) as redis:
        store: Store = MemoryStore() if kind == "memory" else RedisStore(redis)
        line = Line(store, AGENTS, TEAM)
        await line.start()
        for step, expected in RING_ALL[name]:
            assert await line.do(step) == expected, step
        await line.wait(2)
        held = {name: replace(status, token=0) for name, status in (await store.agents(AGENTS)).items()}
        assert held == {name: replace(status, token=0) for name, status in line.part.floor.crew.statuses.items()}
