"""No digit of a secret comes out of a flow that the checker lets through."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cti.calls import codec
from cti.calls.events import Event
from cti.site.files import Document, SiteError, parse
from ivr.loader import check_flows
from ivr.questions import Question
from ivr.rehearsal import HANGS, Pressed, Rehearsal
from ivr.tree import Flows
from ivr.verbs.talk import Collect
from tests.ivr.check.random_flows import KNOWN, Voice

FIELDS = st.sampled_from("abcd")
SECRETS = st.sampled_from("cd")


@st.composite
def _node(draw: st.DrawFn, on: str, ahead: str, inner: bool) -> dict[str, Any]:
    name, other = draw(FIELDS), draw(FIELDS)
    entry = {"digits": 8, "next": on, "otherwise": on, "timeout": "1s", "retries": 0}
    verbs = ["secret", "secret", "set", "set", "say", "branch", "lookup", "post", "collect", "menu"]
    match draw(st.sampled_from(verbs + ["subflow"] * inner)):
        case "secret":
            return {"collect": "PIN?", "name": draw(SECRETS), "secret": True, **entry}
        case "set":
            made = draw(st.sampled_from([other, f"'1' + {other}", f"text({other}) + {name}", "'k'", f"len({other})"]))
            return {"set": {name: made}, "next": on}
        case "say":
            return {"say": f"It is {{{name}:digits}}.", "next": on}
        case "branch":
            return {"branch": [{"when": f"{name} == '1'", "to": ahead}], "otherwise": on}
        case "lookup":
            return {"lookup": f"https://crm.example/{{{name}}}", "save": {other: "x"}, "next": on, "otherwise": on}
        case "post":
            return {"lookup": "https://crm.example/", "post": {"x": name}, "next": on, "otherwise": on}
        case "collect":
            return {"collect": "Number?", "name": name, **entry}
        case "menu":
            return {"menu": "Which?", "keys": {"1": ahead}, "otherwise": on, "timeout": "1s", "retries": 0}
    return {"subflow": "sub", "next": on}


@st.composite
def sites(draw: st.DrawFn) -> Flows:
    data: dict[str, Any] = {}
    for flow, end in (("sub", {"say": "Back.", "next": "return"}), ("main", None)):
        names = [f"n{i}" for i in range(draw(st.integers(1, 5)))]
        nodes: dict[str, Any] = {"first": {"set": dict.fromkeys("abcd", "'x'"), "next": "n0"}}
        for i, name in enumerate(names):
            later = [*names[i + 1 :], "end"]
            nodes[name] = draw(_node(later[0], draw(st.sampled_from(later)), "sub" in data))
        nodes["end"] = end or {
            "queue": "orders",
            "screen": draw(st.lists(FIELDS, max_size=2)),
            "priority": draw(st.sampled_from(["1", "len(a)", "number(b)"])),
        }
        data[flow] = {"start": "first", "nodes": nodes}
    if not any("subflow" in node for node in data["main"]["nodes"].values()):
        del data["sub"]
    try:
        return check_flows({name: Document(f"{name}.yaml", flow) for name, flow in data.items()}, KNOWN)
    except SiteError:
        reject()


class Asked:
    """Keeps what the flow asks of the world outside, and answers it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __call__(self, question: Question, node: str) -> object:
        self.told.append(" ".join(str(getattr(question, f.name)) for f in fields(question)))
        return HANGS if len(self.told) % 2 else {"a": "1"}


@given(flows=sites(), secret=st.text("0123456789", min_size=8, max_size=8), keys=st.lists(st.booleans(), max_size=9))
@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_a_secret_gets_out_nowhere(flows: Flows, secret: str, keys: list[bool]) -> None:
    asked, seen = Asked(), []
    with capture_logs() as logs:
        call = Rehearsal(flows["main"], flows, Voice(), asked, caller="caller")
        for _ in range(300):
            if call.over:
                break
            if not call.listening:
                call.step()
            elif isinstance(call.here, Collect) and (not keys or keys.pop()):
                value = secret if call.here.secret else "########"
                for key in value:
                    call.press(key)
            elif keys and keys.pop():
                call.press("1")
            else:
                call.step()
            seen.append(repr(call._session._walk))
    assert call.over
    for happened in call.log:
        if isinstance(happened.what, Event):
            seen.append(str(codec.encode(happened.what)))
        if not isinstance(happened.what, Pressed):
            seen.append(repr(happened.what))
    said = " ".join([*seen, *asked.told, *map(str, logs)])
    assert not [secret[i : i + 5] for i in range(4) if secret[i : i + 5] in said.replace(" ", "")]


LEAKS = {
    "speech": ("say: 'It is {pin}.', next: bye", "x.say: the secret 'pin' can reach speech here: ask -> x"),
    "screen": ("queue: orders, screen: [pin]", "the agent's screen"),
    "back": ("back: [pin]", "the agent's screen"),
    "url": ("lookup: 'https://crm.example/{pin}', next: bye, otherwise: bye", "a URL"),
    "body": ("lookup: 'https://crm.example/', post: {p: pin}, next: bye, otherwise: bye", "the body of a request"),
    "way": ("branch: [{when: pin == '1', to: bye}], otherwise: bye", "the way that the call takes"),
    "record": ("collect: Again, digits: 4, name: pin, next: bye, otherwise: bye", "the call's record"),
}


@pytest.mark.parametrize(("node", "message"), LEAKS.values(), ids=LEAKS)
def test_leaks_are_refused(node: str, message: str) -> None:
    text = f"""
    start: ask
    nodes:
      ask: {{collect: PIN?, digits: 4, name: pin, secret: true, next: x, otherwise: bye}}
      x: {{{node}}}
      bye: {{hangup: true}}
    """
    with pytest.raises(SiteError) as caught:
        check_flows({"main": parse(text, "main.yaml")}, KNOWN)
    assert message in str(caught.value)
    assert "main.yaml:5" in str(caught.value)
