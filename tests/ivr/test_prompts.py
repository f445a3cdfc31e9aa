"""Sounds are made once, and are what Asterisk plays."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti.site_files import SiteError
from ivr.prompts import Prompts
from ivr.tree import File, Flow, Say, Text

SPEAKER = (sys.executable, str(Path(__file__).with_name("speaker.py")))


def saying(*pieces: object) -> dict[str, Flow]:
    return {"main": Flow("main", "flows/main.yaml", "a", "en", {"a": Say.model_validate({"say": pieces, "next": "a"})})}


async def test_text_is_spoken_once(tmp_path: Path) -> None:
    flows = saying("-w Hello", "-w Hello", "你好")
    prompts = Prompts(tmp_path / "sounds", tmp_path, SPEAKER)
    await prompts.load(flows)
    sound = prompts.sound("en", Text("-w Hello"))
    info = soundfile.info(sound.path + ".wav")
    assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")
    assert sound.seconds == pytest.approx(0.8, abs=0.01)
    assert os.path.isabs(sound.path)
    assert len(list((tmp_path / "sounds").iterdir())) == 2

    again = Prompts(tmp_path / "sounds", tmp_path, ("/not/there",))
    await again.load(flows)
    assert again.sound("en", Text("-w Hello")) == sound
    with pytest.raises(KeyError):
        again.sound("de", Text("-w Hello"))


async def test_a_damaged_sound_is_made_anew(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path, tmp_path, SPEAKER)
    await prompts.load(saying("Hello"))
    path = prompts.sound("en", Text("Hello")).path + ".wav"
    os.truncate(path, 4)
    await prompts.load(saying("Hello"))
    assert soundfile.info(path).frames > 0


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (16000, 1)])
async def test_a_sound_file_is_converted(tmp_path: Path, rate: int, channels: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    soundfile.write(tmp_path / "tone.flac", np.column_stack([tone] * channels), rate)
    prompts = Prompts(tmp_path / "sounds", tmp_path, ())
    await prompts.load(saying({"file": "tone.flac"}))
    sound = prompts.sound("en", File("tone.flac"))
    samples, made_rate = soundfile.read(sound.path + ".wav")
    assert (made_rate, samples.ndim, len(samples)) == (8000, 1, 8000)
    assert sound.seconds == 1.0
    assert np.argmax(np.abs(np.fft.rfft(samples))) == 440


async def test_a_file_that_changes_is_converted_anew(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path / "sounds", tmp_path, ())
    for frames in (8000, 16000):
        soundfile.write(tmp_path / "a.wav", np.zeros(frames), 8000)
        await prompts.load(saying({"file": "a.wav"}))
        assert prompts.sound("en", File("a.wav")).seconds == frames / 8000


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("/not/there",), "(/not/there) cannot be run: No such file or directory (install espeak-ng, or"),
        ((sys.executable, "-c", "import sys; sys.exit('Error: No data.')"), "failed: Error: No data."),
        ((sys.executable, "-c", "pass"), "no sound could be made: Error opening"),
    ],
)
async def test_a_speaker_that_fails(tmp_path: Path, command: tuple[str, ...], says: str) -> None:
    with pytest.raises(SiteError) as caught:
        await Prompts(tmp_path / "sounds", tmp_path, command).load(saying("Hello", "you"))
    assert says in str(caught.value)
    assert str(caught.value).startswith("flows/main.yaml: nodes.a.say: no sound could be made: ")
    assert not list((tmp_path / "sounds").iterdir())


async def test_all_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"this is no sound")
    flows = saying({"file": "noise.wav"}, {"file": "gone.wav"}, "Hello")
    flows["main"] = replace(flows["main"], voice="none")
    with pytest.raises(SiteError) as caught:
        await Prompts(tmp_path / "sounds", tmp_path, SPEAKER).load(flows)
    said = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "noise.wav" in said
    assert "gone.wav" in said
    assert "with the voice 'none' failed: Error: The voice does not exist." in said
