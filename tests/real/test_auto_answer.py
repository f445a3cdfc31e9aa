"""What an agent's phone is told: to pick up by itself, and where the caller's card is."""

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


@pytest.mark.parametrize("auto_answer", [True, False, None])
async def test_the_phone_is_told(
    site: Path, made_site: Path, peers: Mapping[str, Program], auto_answer: bool | None
) -> None:
    """None is for a site that tells phones nothing."""
    invites: asyncio.Queue[SipRequest] = asyncio.Queue()
    async with refusing_phone("second", rung=invites.put_nowait) as contact:
        card_url = None if auto_answer is None else "https://desk.example/card?id={customer.id}&call={call}&by={agent}"
        changes = {"folders": {"sounds": str(made_site / "sounds")}, "web": {"card_url": card_url}}
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
                auto_answer=bool(auto_answer),
            )
            async with bare.working():
                await bare.does(lambda now: [begins, offered, offer])
                invite = await asyncio.wait_for(invites.get(), 10)
                await bare.watch.wait(ev.Refused)
    told = [invite.headers.get(name) for name in ("Call-Info", "Alert-Info")]
    card = "<https://desk.example/card?id=7&call=back&by=alice>;purpose=info"
    auto = [["<sip:cordboard>;answer-after=0", card], ["<http://cordboard>;info=alert-autoanswer;delay=0"]]
    assert told == {True: auto, False: [[card], []], None: [[], []]}[auto_answer]
    assert "5550123" in str(invite.headers.get_first("From"))
