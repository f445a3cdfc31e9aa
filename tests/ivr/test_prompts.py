"""Sounds are made once, and are what Asterisk plays."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti.site.files import SiteError
from ivr.prompt import VOICE, File, Text
from ivr.prompts import ONCE, ONCE_S, Prompts
from ivr.speech import Espeak, Unmade, speakers
from ivr.tree import Flow
from ivr.verbs.talk import Say
from tests.ivr.flows import flow

SPEAKER = speakers((sys.executable, str(Path(__file__).with_name("speaker.py"))))
MUTE = Espeak(())


def saying(*pieces: object) -> dict[str, Flow]:
    say = Say.model_validate({"say": list(pieces), "next": "a"})
    return {"main": Flow("main", "flows/main.yaml", "a", {"en": "en"}, {"a": say})}


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

    again = Prompts(tmp_path / "sounds", tmp_path, Espeak(("/not/there",)))
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
    prompts = Prompts(tmp_path / "sounds", tmp_path, MUTE)
    await prompts.load(saying({"file": "tone.flac"}))
    sound = prompts.sound("en", File("tone.flac"))
    samples, made_rate = soundfile.read(sound.path + ".wav")
    assert (made_rate, samples.ndim, len(samples)) == (8000, 1, 8000)
    assert sound.seconds == 1.0
    assert np.argmax(np.abs(np.fft.rfft(samples))) == 440


async def test_a_file_that_changes_is_converted_anew(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path / "sounds", tmp_path, MUTE)
    for frames in (8000, 16000):
        soundfile.write(tmp_path / "a.wav", np.zeros(frames), 8000)
        await prompts.load(saying({"file": "a.wav"}))
        assert prompts.sound("en", File("a.wav")).seconds == frames / 8000


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("/not/there",), "(/not/there) cannot be run: No such file or directory (install espeak-ng, or"),
        ((sys.executable, "-c", "import sys; sys.exit('Error: No data.')"), "failed: Error: No data."),
        ((sys.executable, "-c", "pass"), "no sound could be made: the voice 'en' made nothing that is a sound"),
    ],
)
async def test_a_speaker_that_fails(tmp_path: Path, command: tuple[str, ...], says: str) -> None:
    with pytest.raises(SiteError) as caught:
        await Prompts(tmp_path / "sounds", tmp_path, Espeak(command)).load(saying("Hello", "you"))
    assert says in str(caught.value)
    assert str(caught.value).startswith("flows/main.yaml: nodes.a.say: no sound could be made: ")
    assert not list((tmp_path / "sounds").iterdir())


async def test_all_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"this is no sound")
    flows = saying({"file": "noise.wav"}, {"file": "gone.wav"}, "Hello")
    flows["main"] = replace(flows["main"], languages={"en": "none"})
    with pytest.raises(SiteError) as caught:
        await Prompts(tmp_path / "sounds", tmp_path, SPEAKER).load(flows)
    said = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "noise.wav" in said
    assert "gone.wav" in said
    assert "with the voice 'none' failed: Error: The voice does not exist." in said


async def test_a_problem_names_its_line(tmp_path: Path) -> None:
    flows = {"main": flow("start: a\nnodes:\n  a:\n    say: Hello\n    next: b\n  b: {hangup: true}")}
    with pytest.raises(SiteError, match=r"^main\.yaml:4: nodes\.a\.say: no sound could be made") as caught:
        await Prompts(tmp_path / "sounds", tmp_path, Espeak(("/not/there",))).load(flows)
    assert caught.value.problems[0].line == 4


async def test_every_language_has_its_voice_and_texts_with_values_wait(tmp_path: Path) -> None:
    main = flow("""
    start: a
    languages: {en: en-gb, zh: cmn}
    nodes:
      a: {say: ["Same.", {file: speaker.py}], next: b}
      b: {say: {en: "One.", zh: ["一", "{sum:number}"]}, next: c}
      c: {hangup: true}
    """)
    soundfile.write(tmp_path / "speaker.py", np.zeros(800), 8000, format="WAV")
    prompts = Prompts(tmp_path / "sounds", tmp_path, SPEAKER)
    await prompts.load({"main": main})
    same = {prompts.sound(voice, Text("Same.")).path for voice in ("en-gb", "cmn")}
    assert len(same) == 2
    assert prompts.sound("cmn", Text("一"))
    for voice, text in (("en-gb", "一"), ("cmn", "One."), ("cmn", "{sum:number}")):
        with pytest.raises(KeyError):
            prompts.sound(voice, Text(text))


async def test_what_is_spoken_for_one_caller_is_not_kept(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path, tmp_path, SPEAKER)
    first = await prompts.spoken_once("en", "You owe 5 euros.")
    assert Path(first.path).parent == tmp_path.resolve() / ONCE
    assert first == await prompts.spoken_once("en", "You owe 5 euros.")
    assert first.path != (await prompts.spoken_once("de", "You owe 5 euros.")).path
    old = os.stat(first.path + ".wav").st_mtime - ONCE_S - 1
    os.utime(first.path + ".wav", (old, old))
    second = await prompts.spoken_once("en", "And 6.")
    again = Prompts(tmp_path, tmp_path, SPEAKER)
    await again.load({})
    assert not os.path.exists(first.path + ".wav")
    assert os.path.exists(second.path + ".wav")
    os.utime(second.path + ".wav", (old, old))
    assert second == await again.spoken_once("en", "And 6.")  # it is in use again
    await again.load({})
    assert os.path.exists(second.path + ".wav")
    with pytest.raises(Unmade, match="does not exist"):
        await prompts.spoken_once("none", "5")
    assert {path.suffix for path in (tmp_path / ONCE).iterdir()} == {".wav"}


@pytest.mark.real  # the voice comes with what make test installs for listening
async def test_hibari_speaks_english(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path, tmp_path, SPEAKER)
    assert 0.3 < (await prompts.spoken("hibari:", "Hello there.")).seconds < 3
    for voice, text, why in (("hibari:emma", "Hello.", "without the voice"), ("hibari:", "。", "nothing to speak")):
        with pytest.raises(Unmade, match=why):
            await prompts.spoken(voice, text)


async def test_hibari_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hibari", None)
    flows = saying("Hello")
    flows["main"] = replace(flows["main"], languages={"en": "hibari:"})
    with pytest.raises(SiteError, match=r"not installed \(pip install 'cordboard\[tts\]'\)"):
        await Prompts(tmp_path, tmp_path, SPEAKER).load(flows)


@pytest.mark.parametrize("voice", ["", "-v", "a b", "hibari", "kokoro:x", "hibari:../x", "x" * 65, "en\n"])
def test_names_of_voices(voice: str) -> None:
    fits = re.fullmatch(VOICE, voice) is not None
    assert fits is (voice == "hibari")


async def test_when_nobody_calls_any_more_it_goes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.prompts.ONCE_S", -1.0)
    monkeypatch.setattr("ivr.prompts.SWEEP_S", 0.0)
    prompts = Prompts(tmp_path, tmp_path, SPEAKER)
    await prompts.spoken_once("en", "You owe 5 euros.")
    assert prompts._sweeping is not None
    await prompts._sweeping
    assert not list((tmp_path / ONCE).iterdir())
