"""The caller hears the words that the YAML says: each English prompt, as it goes over the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import settings
from demo.debian import Program
from demo.tones import read_wav
from ivr.prompt import Text
from ivr.prompts import Prompts
from ivr.questions import Scalar
from ivr.saying import said
from ivr.speech import speakers
from tests.listening.recogniser import Recogniser, digits, words, wrong

VALUES: Mapping[str, Scalar] = {"owed": 182, "due": "2026-12-01"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt's words, and what was heard of them."""

    said: list[str]
    heard: list[str]

    @property
    def wrong(self) -> int:
        """At most as many words as were said: a recogniser that goes round in circles says more."""
        return min(wrong(self.said, self.heard), len(self.said))

    @property
    def keys_right(self) -> bool:
        return digits(self.said) == digits(self.heard)


async def listen(folder: Path, peers: Mapping[str, Program], recogniser: Recogniser, sounds: Path) -> list[Heard]:
    """Has every English prompt of a site spoken as for callers, and listens to it."""
    site = settings.load(folder)
    options = site.settings.speech.espeak[1:]
    sounds.mkdir()
    prompts = Prompts(sounds, site.prompts, speakers([*peers["espeak-ng"].argv, *options]))
    texts = {
        (flow.languages["en"], said(piece, VALUES, "en"))
        for flow in site.flows.values()
        for node in flow.nodes.values()
        for _, prompt in node.prompts()
        for piece in prompt.pieces("en")
        if isinstance(piece, Text)
    }
    found = []
    for voice, text in sorted(texts):
        sound = await prompts.spoken(voice, text)
        found.append(Heard(words(text), recogniser.words(read_wav(Path(f"{sound.path}.wav")))))
    assert len(found) >= 25
    return found


def share_wrong(found: list[Heard]) -> float:
    """Of all words, those that were heard wrong."""
    return sum(one.wrong for one in found) / sum(len(one.said) for one in found)


async def test_a_natural_voice_is_understood_word_for_word(
    natural: Path, peers: Mapping[str, Program], recogniser: Recogniser, tmp_path: Path
) -> None:
    found = await listen(natural, peers, recogniser, tmp_path / "sounds")
    print(f"natural: {share_wrong(found):.3f} of the words wrong")
    assert [one for one in found if not one.keys_right] == []
    assert [one for one in found if one.wrong > max(2, 0.2 * len(one.said))] == []
    assert share_wrong(found) <= 0.05


async def test_the_shipped_voice_is_understood(
    shipped: Path, peers: Mapping[str, Program], recogniser: Recogniser, tmp_path: Path
) -> None:
    """espeak-ng's robot, which the recogniser was not made for: most of the words, and of the keys."""
    found = await listen(shipped, peers, recogniser, tmp_path / "sounds")
    print(f"shipped: {share_wrong(found):.3f} of the words wrong")
    assert share_wrong(found) <= 0.3
    assert sum(one.keys_right for one in found) >= 0.75 * len(found)
