"""Values spoken while the caller waits: what is heard is the sound that was made for this call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti.calls import events as ev
from demo.debian import Program
from demo.tones import Samples
from ivr.prompts import ONCE
from tests.real.conftest import INTERNAL
from tests.real.hotline import hotline

FLOW = """
start: choose
languages: {en: en, zh: cmn}
nodes:
  choose: {language: {"1": en, "2": zh}, say: {en: For English 1., zh: 中文请按2。}, next: number}
  number: {collect: {en: Number?, zh: 号码？}, name: account, digits: 4, next: bill}
  bill:
    say: {en: "Your number is {account:digits}.", zh: "您的号码是{account:digits}。"}
    barge_in: false
    next: rest
  rest: {menu: {en: Press 1., zh: 请按1。}, keys: {"1": bye}, retries: 0, timeout: 1s, otherwise: bye}
  bye: {hangup: true}
"""


def likeness(heard: Samples, sound: Samples) -> float:
    """How much of ``heard`` is ``sound`` at the place where it fits best, from 0 to 1."""
    size = len(heard) + len(sound)
    found = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size)), size)[: len(heard)]
    at = int(np.argmax(found))
    there = heard[at : at + len(sound)]
    return float(found[at] / (np.linalg.norm(sound) * np.linalg.norm(there)))


@pytest.mark.parametrize(("key", "language"), [("1", "en"), ("2", "zh")])
async def test_a_value_is_heard(site: Path, peers: Mapping[str, Program], key: str, language: str) -> None:
    (site / "flows" / "main.yaml").write_text(FLOW, encoding="utf-8")
    changes = {"web": {"port": 0}, "lease": "3s"}
    async with hotline(site, peers, changes=changes, includes=[INTERNAL]) as line:
        caller = await (await line.caller()).dial("100")
        await caller.answered()
        await line.watch.wait(ev.EnteredMenu)
        await caller.press(key)
        chosen = await line.watch.wait(ev.LanguageChosen)
        assert chosen.language == language
        await caller.press("4711")
        await line.watch.wait(ev.EnteredMenu, lambda e: e.node == "rest")
        happened = line.watch.events
        bill = next(i for i, e in enumerate(happened) if isinstance(e, ev.EnteredMenu) and e.node == "bill")
        played = next(e for e in happened[bill:] if isinstance(e, ev.Played))
        assert (played.whole, played.error) == (True, "")
        (made,) = (line.stage.site.sounds / ONCE).glob("*.wav")
        sound, _ = soundfile.read(made)
        assert len(sound) > 8000
        assert likeness(caller.heard(), sound) > 0.8
        await caller.hang_up()
        await line.watch.wait(ev.Ended)
