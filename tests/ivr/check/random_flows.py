"""Random flows that are good, and random callers who go through them in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from cti.site.files import Document
from ivr.check.known import Known
from ivr.loader import check_flows
from ivr.prompt import File, Piece
from ivr.questions import Question
from ivr.rehearsal import HANGS, Rehearsal
from ivr.session import Sound
from ivr.tree import Flows

KNOWN = Known(
    queues={"orders"},
    destinations={"desk"},
    prompts=Path(__file__).parent,
    boxes={"box"},
    hosts={"crm.example"},
    entries={"main"},
)
SECONDS = (0.5, 1.0, 2.5, 7.0)
"""How long prompts last: the text ``3`` the seconds of number 3, and so on."""


def length(text: str) -> float:
    return SECONDS[sum(map(ord, text)) % len(SECONDS)]


class Voice:
    def sound(self, voice: str, piece: Piece) -> Sound:
        return self.spoken(voice, piece.name if isinstance(piece, File) else piece.text)

    def spoken(self, voice: str, text: str) -> Sound:
        return Sound(f"{voice} {text}", length(text))


PROMPTS = st.integers(0, 9).map(str) | st.fixed_dictionaries(
    {"en": st.integers(0, 9).map(str), "zh": st.integers(0, 9).map(str)}
)
MISSES = st.fixed_dictionaries({}, optional={"say": PROMPTS, "retries": st.integers(0, 2)})
TRIES = st.fixed_dictionaries(
    {},
    optional={
        "retries": st.integers(0, 2),
        "no_input": MISSES,
        "no_match": MISSES,
        "timeout": st.sampled_from(["1s", "4s"]),
        "barge_in": st.booleans(),
    },
)


@st.composite
def _node(draw: st.DrawFn, on: str, later: list[str], anywhere: list[str], subflow: str | None) -> dict[str, Any]:
    """A node that leads on to ``on``. Who presses no good key only gets further (to ``later``)."""
    ahead, about = st.sampled_from(later), st.sampled_from(anywhere)
    verbs = ["say", "menu", "menu", "menu", "collect", "hours", "goto", "set", "branch", "split", "voicemail"]
    verbs += ["survey", "callback", "lookup", "language", "record", "verify", "value", "customer"] + [
        "subflow",
        "subflow",
    ] * (subflow is not None)
    verb = draw(st.sampled_from(verbs))
    tries = draw(TRIES)
    say = draw(PROMPTS)
    match verb:
        case "say":
            return {"say": say, "barge_in": draw(st.booleans()), "next": on}
        case "menu":
            keys = draw(st.dictionaries(st.sampled_from("123"), about, min_size=1, max_size=3))
            return {"menu": say, "keys": keys, "otherwise": on, **tries}
        case "collect":
            digits = {"digits": draw(st.sampled_from(["1", "2-3"])), "interdigit_timeout": "2s"}
            return {"collect": say, **digits, "name": "entered", "next": draw(about), "otherwise": on, **tries}
        case "hours":
            week = {"zone": "UTC", "open": {"thu": "00:00-12:00"}}
            return {"hours": week, "open": on, "closed": draw(ahead)}
        case "goto":
            return {"goto": on}
        case "set":
            return {"set": {"x": "1"}, "next": on}
        case "branch":
            return {"branch": [{"when": "caller == '1'", "to": draw(ahead)}], "otherwise": on}
        case "split":
            return {"split": {on: 100} if (to := draw(ahead)) == on else {on: 50, to: 50}}
        case "voicemail":
            return {"voicemail": "box", "say": say, "longest": "20s", "next": on}
        case "record":
            return {"record": "taped", "say": say, "longest": "9s", "next": on, "otherwise": draw(ahead)}
        case "survey":
            asked = [{"question": q, "say": draw(PROMPTS)} for q in ("kind", "quick")]
            return {"survey": asked, "next": on, "otherwise": draw(ahead), **tries}
        case "callback":
            return {"callback": "orders", "say": say, "next": draw(about), "otherwise": on, **tries}
        case "language":
            return {"language": draw(st.sampled_from(["en", "zh"])), "next": on}
        case "verify":
            ways = {"next": draw(about), "locked": draw(ahead), "otherwise": on}
            return {"verify": "pin", "account": "caller", "say": say, "digits": "2-3", **ways, **tries}
        case "value":
            return {"say": "{caller:digits}", "next": on}
        case "customer":
            return {"customer": {"y": "name"}, "next": on, "otherwise": draw(ahead)}
        case "lookup":
            return {"lookup": "https://crm.example/{caller}", "save": {"y": "y"}, "next": on, "otherwise": draw(ahead)}
    return {"subflow": subflow, "next": on}


@st.composite
def _flow(draw: st.DrawFn, ends: Mapping[str, dict[str, Any]], subflow: str | None, most: int) -> dict[str, Any]:
    names = [f"n{i}" for i in range(draw(st.integers(1, most)))]
    last = list(ends)
    nodes: dict[str, Any] = {}
    for i, name in enumerate(names):
        later = [*names[i + 1 :], "end"]
        nodes[name] = draw(_node(later[0], later, [*names, "end"], subflow))
    to_all = {str(i): to for i, to in enumerate(last, 1)}
    nodes["end"] = {"menu": "9", "keys": to_all, "otherwise": last[-1], **draw(TRIES)}
    return {"start": names[0], "languages": {"en": "en", "zh": "cmn"}, "nodes": {**nodes, **ends}}


QUEUES = (
    {"queue": "orders"},
    {"queue": "orders", "after": "bye"},
    {"queue": "orders", "after": "bye", "prefer": "last"},
    {"queue": "orders", "waiting": [{"after": "3s", "every": "20s", "say": "{position} 4"}], "keys": {"1": "n0"}},
    {"queue": "orders", "prefer": "first", "keys": {"1": "n0", "2": "desk", "3": "bye"}},
)


@st.composite
def sites(draw: st.DrawFn) -> Flows:
    """A flow ``main``, and often a subflow of it."""
    data: dict[str, Any] = {}
    if draw(st.booleans()):
        ends: dict[str, Any] = {"back": {"say": "8", "next": "return"}}
        if draw(st.booleans()):
            ends["wait"] = {"queue": "orders"}
        data["sub"] = draw(_flow(ends, None, 3))
    ends = {
        "queue": draw(st.sampled_from(QUEUES)),
        "desk": draw(st.sampled_from([{"transfer": "desk"}, {"transfer": "desk", "otherwise": "queue"}])),
        "bye": {"hangup": True},
    }
    data["main"] = draw(_flow(ends, "sub" if data else None, 5))
    if not any("subflow" in node for node in data["main"]["nodes"].values()):
        data.pop("sub", None)
    return check_flows({name: Document(f"{name}.yaml", flow) for name, flow in data.items()}, KNOWN)


SLOW = st.lists(st.sampled_from(["late *", "late *", "wait", "late 1", "late 2", "late 3"]), max_size=60)
ANYHOW = st.lists(st.sampled_from([*"1112223#0*", "wait", "wait", "step", "late", "say"]), max_size=40)
DOINGS = SLOW | ANYHOW
"""What a caller does, one thing after the other: as slowly as can be, or anyhow."""


def hangs(question: Question, node: str) -> object:
    return HANGS


def walked(flows: Flows, doings: list[str]) -> Rehearsal:
    """A caller who does all that, and then nothing more. Who waits then gets an agent. Talks take no
    time, and transfers fail as late as can be."""
    call = Rehearsal(flows["main"], flows, Voice(), hangs, caller="5550123")
    left = list(doings)
    for _ in range(2000):
        if call.transfer is not None:
            call.now += 29.9
            call.fail_transfer()
        elif call.over or (call.waiting and not left):
            if not call.talk(0.0):
                return call
        else:
            _does(call, left.pop(0) if left else "wait")
    raise AssertionError("the call does not end")


def _does(call: Rehearsal, what: str) -> None:
    match what:
        case "wait":  # until there is something to answer, and then say nothing
            while not call.over and not call.listening:
                call.step()
            call.step()
        case "step":
            call.step()
        case "late *" | "late 1" | "late 2" | "late 3":  # an answer at the last moment
            while not call.over and not call.listening:
                if call.taping:
                    call.speak(30.0)
                else:
                    call.step()
            if call.moment is not None:
                _nearly(call, call.moment)
                call.press(what[-1])
        case "late":  # on, to just before something happens by itself
            assert call.moment is not None
            _nearly(call, call.moment)
        case "say":
            if call.taping:
                call.speak(30.0)
        case key:
            call.press(key)


def _nearly(call: Rehearsal, moment: float) -> None:
    """Just before a moment; at once if it never comes."""
    if moment < inf:
        call.advance(max(call.now, moment - 0.01))
