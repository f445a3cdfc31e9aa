"""An agent's phone is asked to pick up by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiosipua import SipRequest

from cti.calls import events as ev
from cti.calls.commands import Offer
from cti.calls.words import CallId, OfferId
from demo.configuration import Phone as Line
from demo.debian import Program
from demo.phones import refusing_phone
from demo.stage import stage
from tests.real.bare import Bare

CALL, OFFER = CallId("back"), OfferId("cordboard-offer")


@pytest.mark.parametrize("auto_answer", [True, False])
async def test_the_phone_is_told(site: Path, made_site: Path, peers: Mapping[str, Program], auto_answer: bool) -> None:
    invites: asyncio.Queue[SipRequest] = asyncio.Queue()
    async with refusing_phone("second", rung=invites.put_nowait) as contact:
        changes = {"folders": {"sounds": str(made_site / "sounds")}}
        async with stage(site, peers, phones=[Line("second", contact=contact)], changes=changes) as at:
            bare = Bare(at)
            begins = ev.CalledBack(
                call=CALL, at=0.0, number="5550123", queue="orders", wanted=CALL, attempt=1, since=0.0
            )
            offered = ev.Offered(call=CALL, at=0.0, offer=OFFER, agent="alice", recording="2026/11/22/x")
            offer = Offer(
                call=CALL,
                offer=OFFER,
                agent="alice",
                phone="PJSIP/second",
                ring_s=5.0,
                recording="2026/11/22/x",
                auto_answer=auto_answer,
            )
            async with bare.working():
                await bare.does(lambda now: [begins, offered, offer])
                invite = await asyncio.wait_for(invites.get(), 10)
                await bare.watch.wait(ev.Refused)
    told = [invite.headers.get(name) for name in ("Call-Info", "Alert-Info")]
    assert told == (
        [["<sip:cordboard>;answer-after=0"], ["<http://cordboard>;info=alert-autoanswer;delay=0"]]
        if auto_answer
        else [[], []]
    )
    assert "5550123" in str(invite.headers.get_first("From"))
