"""The include file has the site's values in it, and nothing that a value could smuggle in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import dialplan, settings
from cti.actions.joining import JOIN, MEET, STAND_BY
from cti.actions.leaving import LAST_MESSAGE
from cti.calls.legs import AGENT_CONTEXT, ENGINE_CONTEXT, FALLBACK_CONTEXT
from tests.config.test_settings import N, T, write

FLOWS = {"flows/main.yaml": "start: main\nnodes:\n  main: {hangup: true}\n"}


def rendered(folder: Path, more: str) -> str:
    return dialplan.render(settings.load(write(folder, {"site.yaml": N + T + more, **FLOWS})))


def lines(text: str, context: str) -> list[str]:
    """The lines of one context, without comments."""
    found = re.search(rf"^\[{context}\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return [line.strip() for line in found[1].splitlines() if line.strip() and not line.startswith(";")]


def test_the_values_of_the_site(tmp_path: Path) -> None:
    text = rendered(
        tmp_path,
        """
asterisk: {user: board-2}
lease: 12s
folders: {sounds: /srv/sounds, recordings: /srv/calls}
fallback: {phones: [PJSIP/ann, PJSIP/bob@trunk], ring: 30s}
""",
    )
    engine, fallback, agent = (lines(text, c) for c in (ENGINE_CONTEXT, FALLBACK_CONTEXT, AGENT_CONTEXT))
    assert "${AMI_CLIENT(board-2,sessions)}" in engine[0]
    assert "same => n(menu),Set(TIMEOUT(absolute)=12)" in engine
    assert any(line.startswith(f"same => n({LAST_MESSAGE}),Playback(") for line in fallback)
    assert "exten => T,1,Goto(cordboard-fallback,s,1)" in engine
    assert "same => n,Playback(/srv/sounds/fallback)" in fallback
    assert "same => n,Dial(PJSIP/ann&PJSIP/bob@trunk,30,m)" in fallback
    assert "same => n(sorry),Playback(/srv/sounds/sorry)" in fallback
    assert any("/srv/calls/${CORDBOARD_RECORDING}-caller.wav" in line for line in agent)


def test_the_labels_by_which_legs_are_joined_are_there(tmp_path: Path) -> None:
    text = rendered(tmp_path, "")
    for context, labels in ((ENGINE_CONTEXT, [STAND_BY]), (AGENT_CONTEXT, ["talk", STAND_BY, JOIN, MEET])):
        there = re.findall(r"n\((\w+)\)", "\n".join(lines(text, context)))
        assert [there.count(label) for label in labels] == [1] * len(labels)


def test_numbers_and_feature_codes_come_in(tmp_path: Path) -> None:
    first = lines(rendered(tmp_path, ""), ENGINE_CONTEXT)[0]
    assert first.startswith("exten => _[+0-9*]!,1,"), "Asterisk takes a * between brackets for itself"


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    text = rendered(tmp_path, "")
    assert "@{" not in text
    assert 'GotoIf($["" = ""]?sorry)' in text


@pytest.mark.parametrize(
    ("folder", "bad"),
    [
        ("/srv/my sounds", " "),
        ("/srv/sounds;", ";"),
        ("/srv/a,b", ","),
        ("/srv/a)b", ")"),
        ("/srv/${SHELL(id)}", "$"),
        ("/srv/a&b", "&"),
        ("/srv/größe", "ö"),
        ("/srv/a\nexten", "\n"),
    ],
)
def test_a_path_with_syntax_in_it_is_refused(tmp_path: Path, folder: str, bad: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"has {bad!r} in it")):
        rendered(tmp_path, f"folders: {{sounds: {folder!r}}}\n".replace("'", '"'))
    with pytest.raises(ValueError, match="recordings: "):
        rendered(tmp_path, f"folders: {{recordings: {folder!r}}}\n".replace("'", '"'))
