"""A talk of two voices on a site that wants transcripts: finished as MP3, listened to, and found by what was said."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
from ruamel.yaml import YAML

from config import settings
from config.premises import ledger
from config.settings import Site
from config.storage import storage
from cti.calls.words import CallId, Party
from demo.debian import Program
from demo.tones import RATE, Samples, write_wav
from ivr.speech import speakers
from recordings.files import Files
from recordings.pipeline.rules import Unfit
from recordings.records.record import Recording
from recordings.records.search import Filters
from recordings.store import JournalRow, Store
from recordings.transcripts.listener import Listener
from recordings.transcripts.words import Line, decode, stem_of
from recordings.transcripts.worker import read
from recordings.words import RecordingState
from tests.listening.recogniser import words, wrong
from tests.recordings.scenarios import events

TALK = (
    (Party.AGENT, 0.5, "Good morning, this is the order desk. How may I help you?"),
    (Party.CALLER, 6.0, "I would like to ask about my refund. The parcel was broken when it arrived."),
    (Party.AGENT, 13.0, "I am sorry to hear that. The money is on its way to your bank."),
    (Party.CALLER, 45.0, "Thank you very much. Have a nice day."),
)
"""Who says what, from which second on."""
VOICES = {Party.AGENT: "en-us+f3", Party.CALLER: "hibari:heart"}
"""The agent is a robot, whom engines were not made for."""
WRONG = {Party.AGENT: 0.3, Party.CALLER: 0.1}
"""Of the words, so many may be."""
LENGTH_S = 50
STEM = "2026/o1"
CALL = """100 Arrived caller=4799 channel=Local/4799@out-1
105 Queued queue=faults
106 Offered offer=o1 agent=bob recording=2026/o1
107 Connected offer=o1 agent=bob
157 Ended by=caller"""


def telephone(path: Path) -> Samples:
    """A sound as a telephone has it."""
    sound, rate = sf.read(path)
    made: Samples = soxr.resample(sound, rate, RATE)
    return made


async def spoken(espeak: Program, side: Party, folder: Path) -> Samples:
    """What one side says."""
    sound, speaker = np.zeros(LENGTH_S * RATE), speakers([*espeak.argv, "-s", "150"])
    for who, at, text in TALK:
        if who is side:
            await speaker.speak(VOICES[who], text, folder / "said.wav")
            said = telephone(folder / "said.wav")
            sound[round(at * RATE) :][: len(said)] = said
    return sound


async def told(site: Site, espeak: Program, folder: Path) -> None:
    """The call as the server leaves it when it is over."""
    files = Files(site.recordings)
    for side, path in ((Party.CALLER, files.caller(STEM)), (Party.AGENT, files.agent(STEM))):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, await spoken(espeak, side, folder))
    one = Recording(
        stem=STEM, call=CallId("c1"), agent="bob", started_at=107.0, state=RecordingState.WHOLE,
        length_s=LENGTH_S, talk_s=LENGTH_S, file=f"{STEM}.wav",
    )  # fmt: skip
    store = await Store.open(site.database, ledger(site, "server"))
    try:
        await store.write([JournalRow("r", n, event) for n, event in enumerate(events(CALL, "c1"), 1)], [one])
    finally:
        await store.close()


async def ran(*argv: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "config", *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


async def test_what_was_said_is_found_by_who_and_when(
    shipped: Path, peers: Mapping[str, Program], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(shipped, tmp_path / "site"))
    yaml = YAML()
    wanted = yaml.load(folder / "site.yaml")
    wanted |= {"transcripts": {"queues": {"faults": "en"}}, "storage": {"sealed": True}}
    yaml.dump(wanted, folder / "site.yaml")
    site = settings.load(folder)
    await told(site, peers["espeak-ng"], tmp_path)
    await ran("pipeline", "--once", "--site", str(folder))
    begun = time.monotonic()
    said = await ran("transcribe", "--once", "--site", str(folder))
    print(f"a talk of {LENGTH_S} s in {time.monotonic() - begun:.1f} s with loading: {said.splitlines()[-1]}")
    assert "refund" not in said

    store = await Store.open(site.database, ledger(site, "server"))
    try:
        found, _ = await store.search(Filters(said="refund BROKEN"))
        assert [one.id for one in found] == ["c1"]
        kept = await storage(site, store).kept(stem_of(STEM))
        assert kept is not None
        made = decode(await read(kept))
    finally:
        await store.close()
    assert [line.side for line in made.lines if line.words[0].start_s > 40] == [Party.CALLER]
    for side in VOICES:
        text = words(" ".join(text for who, _, text in TALK if who is side))
        heard = words(" ".join(line.text for line in made.lines if line.side is side))
        assert wrong(text, heard) <= WRONG[side] * len(text), (text, heard)
    for who, at, _ in TALK:
        assert min(abs(begins(line) - at) for line in made.lines if line.side is who) < 1.0
    await ran("ledger", "verify", "--site", str(folder))


def begins(line: Line) -> float:
    return line.words[0].start_s


async def test_a_language_that_the_model_does_not_know(tmp_path: Path) -> None:
    listener = Listener("whisper")
    await listener.start()
    with pytest.raises(Unfit, match="does not know the language 'zh'; name a folder"):
        await listener.words(np.zeros(listener.rate, np.int16), "zh")
    await listener.stop()
