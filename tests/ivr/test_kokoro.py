"""Mandarin by Kokoro: what the model is given, and what is refused. The model itself is made up here."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ivr.kokoro import LONGEST, RATE, Kokoro, Samples
from ivr.prompt import VOICE
from ivr.prompts import Prompts
from ivr.speech import KokoroVoice, Unmade, speakers

SOUNDS = {",": 3, ".": 4, " ": 16, "a": 43, "n": 56, "→": 171}


class Model:
    """A tenth of a second for each token, and a second of silence; remembers what it was given."""

    def __init__(self, loud: float = 0.5) -> None:
        self.loud = loud
        self.given: list[Mapping[str, NDArray[np.generic]]] = []
        self.threads: set[threading.Thread] = set()

    def run(self, wanted: Sequence[str] | None, given: Mapping[str, NDArray[np.generic]]) -> Sequence[Samples]:
        assert wanted is None
        self.given.append(given)
        self.threads.add(threading.current_thread())
        spoken = np.full(given["tokens"].shape[1] * RATE // 10, self.loud, np.float32)
        return [np.concatenate([spoken, np.zeros(RATE, np.float32)])]


def phonemes(text: str) -> str:
    """Stands in for the front end: every Chinese character sounds alike, all else stays."""
    marked = re.sub(r"[\u4e00-\u9fff]|\d", "na→", text)
    return marked.replace("。", ". ").replace("，", ", ").strip()


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    """A folder with one voice, whose every style is its own number."""
    folder = tmp_path / "voices"
    folder.mkdir()
    np.repeat(np.arange(LONGEST, dtype="<f4"), 256).tofile(folder / "zf_xiaobei.bin")
    return folder


def speaker(model: Model, voices: Path | None) -> KokoroVoice:
    return KokoroVoice(voices, lambda: Kokoro(model, phonemes, SOUNDS))


async def test_a_text_is_spoken_in_the_style_for_its_length(tmp_path: Path, voices: Path) -> None:
    model = Model()
    await speaker(model, voices).speak("kokoro:zf_xiaobei", "安，\n１。", tmp_path / "a.wav")
    (given,) = model.given
    na = [56, 43, 171]
    assert given["tokens"].tolist() == [[0, *na, 3, 16, *na, 4, 0]]
    assert given["style"].shape == (1, 256)
    assert set(given["style"][0].tolist()) == {8.0}
    assert given["speed"].tolist() == [1.0]
    assert {name: array.dtype for name, array in given.items()} == {
        "tokens": np.int64,
        "style": np.float32,
        "speed": np.float32,
    }
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == RATE
    assert len(samples) == pytest.approx(12 * RATE // 10, abs=1)
    assert np.allclose(samples[: 11 * RATE // 10], 0.5, atol=1e-4)
    assert threading.main_thread() not in model.threads


@pytest.mark.parametrize("long", [LONGEST // 3, LONGEST // 6, 20])
async def test_a_long_text_is_spoken_in_pieces(tmp_path: Path, voices: Path, long: int) -> None:
    model = Model()
    text = "。".join(["安" * (long - 1) + "。"] * 9)
    await speaker(model, voices).speak("kokoro:zf_xiaobei", text, tmp_path / "a.wav")
    told = [given["tokens"][0].tolist()[1:-1] for given in model.given]
    assert all(0 < len(tokens) <= LONGEST for tokens in told)
    assert sum(tokens.count(43) for tokens in told) == 9 * (long - 1)
    assert [given["style"][0, 0] for given in model.given] == [len(tokens) - 1 for tokens in told]


async def test_the_model_is_loaded_once_and_when_it_is_needed(tmp_path: Path, voices: Path) -> None:
    loaded: list[Kokoro] = []

    def load() -> Kokoro:
        loaded.append(Kokoro(Model(), phonemes, SOUNDS))
        return loaded[-1]

    voice = KokoroVoice(voices, load)
    assert loaded == []
    for text in ("安", "安安"):
        await voice.speak("kokoro:zf_xiaobei", text, tmp_path / "a.wav")
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing to speak"),
        ("，。……", "nothing to speak"),
        ("Hello", "nothing to speak"),
        ("安 VIP", "letters that are not Chinese"),
        ("请按#键", "a character that it cannot say"),
        ("安" * LONGEST, "too long a sentence"),
    ],
)
async def test_a_text_that_it_cannot_say_whole_is_refused(tmp_path: Path, voices: Path, text: str, why: str) -> None:
    model = Model()
    with pytest.raises(Unmade, match=why) as caught:
        await speaker(model, voices).speak("kokoro:zf_xiaobei", text, tmp_path / "a.wav")
    assert "it speaks Mandarin only" in caught.value.hint
    assert model.given == []
    assert not (tmp_path / "a.wav").exists()


async def test_a_text_of_which_nothing_is_heard(tmp_path: Path, voices: Path) -> None:
    with pytest.raises(Unmade, match="nothing to speak"):
        await speaker(Model(loud=0.001), voices).speak("kokoro:zf_xiaobei", "安", tmp_path / "a.wav")


async def test_voices_that_are_not_there(tmp_path: Path, voices: Path) -> None:
    (voices / "zm_yunxi.bin").write_bytes(b"no voice")
    np.full(LONGEST * 256, np.nan, "<f4").tofile(voices / "zf_xiaoyi.bin")
    for folder, voice, why in (
        (None, "zf_xiaobei", "Kokoro has no folder of voices"),
        (voices, "zf_xiaoni", r"zf_xiaoni\.bin cannot be read: No such file"),
        (voices, "zm_yunxi", r"zm_yunxi\.bin is no voice"),
        (voices, "zf_xiaoyi", r"zf_xiaoyi\.bin is no voice"),
    ):
        with pytest.raises(Unmade, match=why) as caught:
            await speaker(Model(), folder).speak(f"kokoro:{voice}", "安", tmp_path / "a.wav")
        assert caught.value.hint


@pytest.mark.parametrize("package", ["onnxruntime", "misaki.zh"])
async def test_without_the_extra(tmp_path: Path, voices: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", sys)
    monkeypatch.setitem(sys.modules, package, None)
    prompts = Prompts(tmp_path, tmp_path, speakers(kokoro_voices=voices))
    with pytest.raises(Unmade, match="Kokoro is not installed") as caught:
        await prompts.spoken("kokoro:zf_xiaobei", "安")
    assert caught.value.hint == "pip install 'cordboard[tts-zh]'"


async def test_what_the_model_makes_of_a_text_never_ends_the_server(tmp_path: Path, voices: Path) -> None:
    def broken(text: str) -> str:
        raise IndexError(text)

    voice = KokoroVoice(voices, lambda: Kokoro(Model(), broken, SOUNDS))
    with pytest.raises(Unmade) as caught:
        await voice.speak("kokoro:zf_xiaobei", "安", tmp_path / "a.wav")
    assert str(caught.value) == "Kokoro failed: IndexError"


@pytest.mark.parametrize(
    "voice", ["kokoro:zf_xiaobei", "kokoro:", "kokoro:zf_", "kokoro:af_heart", "kokoro:../zf_a", "kokoro:zf_a/b"]
)
def test_names_of_its_voices(voice: str) -> None:
    fits = re.fullmatch(VOICE, voice) is not None
    assert fits is (voice == "kokoro:zf_xiaobei")
