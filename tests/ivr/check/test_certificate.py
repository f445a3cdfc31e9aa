"""What is certified holds in every walk."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings

from cti.calls.events import EnteredMenu, Queued
from ivr import reach
from ivr.check.certificate import Certificate, certify
from ivr.check.lengths import Lengths
from ivr.prompt import File, Piece, Text
from ivr.prompts import Prompts
from ivr.rehearsal import Rehearsal, Said
from ivr.speech import Espeak
from ivr.tree import Flow, Flows
from ivr.walk import RETURN
from tests.ivr.check.random_flows import DOINGS, length, sites, walked
from tests.ivr.flows import flow

NEARLY = 1e-6


def measured(voice: str, piece: Piece) -> float:
    return length(piece.name if isinstance(piece, File) else piece.text)


def certified(flows: Flows) -> Certificate:
    return certify(flows["main"], flows, Lengths(measured).of)


def _parts(flow: Flow) -> dict[str, int]:
    graph = {n: [link.to for link in node.links() if link.to != RETURN] for n, node in flow.nodes.items()}
    return {n: i for i, part in enumerate(reach.components(graph)) for n in part}


def holds(call: Rehearsal, flows: Flows, certificate: Certificate) -> None:
    """Whether the certificate holds for a call, up to where the caller goes round again by choice."""
    parts = {name: _parts(flow) for name, flow in flows.items()}
    turned: set[tuple[str, str]] = set()
    last: tuple[str, str] | None = None
    prompts = 0
    humans = 0
    waits_since: float | None = None
    waited = 0.0
    for happened in call.log:
        if isinstance(happened.what, EnteredMenu) and waits_since is not None:
            waited, waits_since = waited + happened.at - waits_since, None
        if waits_since is not None:  # nothing in a queue counts
            continue
        seconds = happened.at - call.began - waited
        if isinstance(happened.what, Queued):
            waits_since = happened.at
            assert certificate.human is not None
            assert humans > 1 or seconds <= certificate.human.took.seconds + NEARLY
        if isinstance(happened.what, EnteredMenu):
            event = happened.what
            here = (event.flow, event.node)
            if last is not None and last[0] == here[0] and parts[here[0]][last[1]] == parts[here[0]][here[1]]:
                links = flows[last[0]].nodes[last[1]].links()
                if any(link.to == here[1] and not link.unasked for link in links):
                    if last in turned:
                        return
                    turned.add(last)
            last = here
            if flows[event.flow].nodes[event.node].human:
                humans += 1
                assert certificate.human is not None
                assert humans > 1 or seconds <= certificate.human.took.seconds + NEARLY
        prompts += isinstance(happened.what, Said)
        assert prompts <= certificate.prompts.took.prompts
        assert seconds <= certificate.seconds.took.seconds + NEARLY


@given(flows=sites(), doings=DOINGS)
@settings(deadline=None)
def test_no_walk_takes_more_than_certified(flows: Flows, doings: list[str]) -> None:
    holds(walked(flows, doings), flows, certified(flows))


@given(flows=sites())
@settings(deadline=None)
def test_the_certificate_holds_for_a_caller_who_is_silent(flows: Flows) -> None:
    holds(walked(flows, []), flows, certified(flows))


@given(flows=sites(), doings=DOINGS)
@settings(deadline=None)
def test_the_higher_bound_of_many_circles_holds_too(flows: Flows, doings: list[str]) -> None:
    exact = certified(flows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivr.check.certificate.EXACT", 0)
        higher = certified(flows)
    assert higher.seconds.took.seconds >= exact.seconds.took.seconds - NEARLY
    assert higher.prompts.took.prompts >= exact.prompts.took.prompts
    holds(walked(flows, doings), flows, higher)


def test_a_certificate_in_full() -> None:
    main = flow("""
    start: hi
    nodes:
      hi: {say: "3", next: main}
      main:
        menu: "3"
        keys: {"1": help, "2": orders}
        timeout: 4s
        retries: 0
        otherwise: bye
      help: {menu: "3", keys: {"*": main, "1": desk}, timeout: 4s, retries: 0, otherwise: main}
      orders: {queue: orders}
      desk: {transfer: front-desk, otherwise: bye}
      bye: {hangup: true}
    """)
    each = length("3")
    found = certified({"main": main})
    # Into help by choice, back again, and on: from help no choice leads back but once.
    assert found.human is not None
    assert found.human.nodes == ("hi", "main", "help", "main", "orders")
    assert found.human.took.prompts == 4
    assert found.human.took.seconds == pytest.approx(4 * each + 3 * 4.0)
    assert found.seconds.nodes == ("hi", "main", "help", "desk", "bye")


def test_prompts_that_were_not_measured_are_guessed() -> None:
    main = flow("""
    start: hi
    languages: {en: en, zh: cmn}
    nodes:
      hi: {say: [{file: flows.py}, "{caller:digits}"], next: bye}
      bye: {hangup: true}
    """)
    lengths = Lengths(lambda voice, piece: 7.0 if isinstance(piece, File) else None)
    found = certify(main, {"main": main}, lengths.of)
    assert found.human is None
    assert found.seconds.took.prompts == 1
    assert found.seconds.took.seconds > 7.0 + 5.0
    assert lengths.guessed == 2


def test_sounds_that_are_there_are_measured(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "two.wav", [0.0] * 16000, 8000)
    (tmp_path / "broken.wav").write_text("no sound")
    prompts = Prompts(tmp_path / "made", tmp_path, Espeak())
    assert prompts.seconds("en", File("two.wav")) == 2.0
    for piece in (File("gone.wav"), File("broken.wav"), File("two.wav/x"), Text("Nobody has said this.")):
        assert prompts.seconds("en", piece) is None
