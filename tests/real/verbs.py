"""The cases of test_verbs.py: a flow for each verb, what its caller does, and what comes of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from cti.calls import events as ev
from cti.calls.events import CallEvent


@dataclass(frozen=True, slots=True)
class Case:
    """A flow of ``nodes`` that begins at its node ``start``; ``head`` are other keys of its file.

    ``keys`` are pressed, each as soon as the caller is at the node named. ``story`` is what must
    have happened then, as ``told``. ``midst`` is the node at which another caller hangs up.
    ``more`` are further flows, by name. The caller ``speaks`` all the time, or is silent.
    """

    name: str
    verb: str
    nodes: str
    story: tuple[str, ...]
    midst: str = "start"
    keys: tuple[tuple[str, str], ...] = ()
    speaks: bool = False
    head: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    def flows(self) -> dict[str, str]:
        """The text of each of its flows' files, by name."""
        nodes = textwrap.indent(textwrap.dedent(self.nodes).strip(), "  ")
        return {self.name: f"{self.head}\nstart: start\nnodes:\n{nodes}\n", **self.more}


def told(event: CallEvent) -> str:
    """An event in short; nothing for what every call has, and for keys and sounds."""
    match event:
        case ev.EnteredMenu():
            return f"{event.verb} {event.node}"
        case ev.Chosen():
            return f"chosen {event.node}={event.value}"
        case ev.LanguageChosen():
            return f"language {event.language}"
        case ev.Queued():
            return f"queued {event.queue} {event.priority}"
        case ev.MessageLeft():
            return f"message for {event.box}"
        case ev.CallbackWanted():
            return f"callback wanted about {event.queue}"
        case ev.Surveyed():
            return f"answered {event.question}={event.score}"
        case ev.StateAsked():
            return f"asked {event.phone} {event.agent} {event.state}"
        case ev.Transferred():
            return f"transferred {event.to}"
        case ev.Ended():
            return "ended"
    return ""


ACCOUNT, PIN = "204815", "4711"
HELLO = "Good day and a warm welcome to everybody who calls us on this line."

CASES = (
    Case(
        "say",
        "say",
        f"""
        start: {{say: [{HELLO}, {HELLO}], next: menu}}
        menu: {{menu: Press 1., keys: {{"1": bye}}}}
        bye: {{hangup: true}}
        """,
        ("say start", "menu menu", "chosen menu=1", "hangup bye", "ended"),
        keys=(("menu", "1"),),
    ),
    Case(
        "say-through",
        "say",
        """
        start: {say: Good day., barge_in: false, next: bye}
        bye: {hangup: true}
        """,
        ("say start", "hangup bye", "ended"),
    ),
    Case(
        "customer-unknown",
        "customer",
        """
        start: {customer: {rank: level}, next: known, otherwise: unknown}
        known: {say: We know you., next: unknown}
        unknown: {menu: Press 1., keys: {"1": bye}}
        bye: {hangup: true}
        """,
        ("customer start", "menu unknown", "chosen unknown=1", "hangup bye", "ended"),
        keys=(("unknown", "1"),),
        midst="unknown",
    ),
    Case(
        "menu",
        "menu",
        f"""
        start:
          menu: {HELLO}
          keys: {{"1": again, "*": bye}}
        again:
          menu: Press 2, or the star key.
          keys: {{"2": bye, "*": bye}}
          no_match: {{say: There is nothing on that key.}}
        bye: {{hangup: true}}
        """,
        ("menu start", "chosen start=1", "menu again", "chosen again=*", "hangup bye", "ended"),
        keys=(("start", "1"), ("again", "*")),
    ),
    Case(
        "menu-silent",
        "menu",
        """
        start:
          menu: Press 1.
          keys: {"1": bye}
          timeout: 1s
          retries: 1
          no_input: {say: I did not hear anything.}
          otherwise: bye
        bye: {hangup: true}
        """,
        ("menu start", "hangup bye", "ended"),
    ),
    Case(
        "collect",
        "collect",
        f"""
        start: {{collect: {HELLO}, digits: 4-8, name: account, next: meter}}
        meter: {{collect: Now three more., digits: 3, pattern: "0[0-9]+", next: pin}}
        pin: {{collect: And your secret., digits: 2, name: pin, secret: true, next: bye}}
        bye: {{hangup: true}}
        """,
        (
            *("collect start", "chosen account=12345", "collect meter", "chosen meter=077", "collect pin"),
            *("hangup bye", "ended"),
        ),
        keys=(("start", "12345#"), ("meter", "077"), ("pin", "99")),
    ),
    Case(
        "hours",
        "hours",
        """
        start:
          hours: {zone: UTC, open: {mon-sun: "00:00-24:00"}}
          open: menu
          closed: bye
        menu: {menu: We are open., keys: {"1": bye}}
        bye: {hangup: true}
        """,
        ("hours start", "menu menu", "chosen menu=1", "hangup bye", "ended"),
        midst="menu",
        keys=(("menu", "1"),),
    ),
    Case(
        "queue",
        "queue",
        """
        start: {menu: Press 1., keys: {"1": orders}}
        orders: {queue: orders, priority: 7}
        """,
        ("menu start", "chosen start=1", "queue orders", "queued orders 7"),
        midst="orders",
        keys=(("start", "1"),),
    ),
    Case(
        "transfer",
        "transfer",
        """
        start: {menu: Press 1., keys: {"1": desk}}
        desk: {transfer: front-desk, otherwise: bye}
        bye: {hangup: true}
        """,
        ("menu start", "chosen start=1", "transfer desk", "transferred front-desk"),
        keys=(("start", "1"),),
    ),
    Case(
        "back",
        "back",
        """
        start: {menu: Press 1., keys: {"1": proven}}
        proven: {back: {number: "{caller}"}}
        """,
        ("menu start", "chosen start=1", "back proven", "ended"),  # no agent has ever had the caller
        midst="start",
        keys=(("start", "1"),),
    ),
    Case(
        "goto",
        "goto",
        """
        start: {goto: menu}
        menu: {menu: Press 1., keys: {"1": bye}}
        bye: {hangup: true}
        """,
        ("goto start", "menu menu", "chosen menu=1", "hangup bye", "ended"),
        midst="menu",
        keys=(("menu", "1"),),
    ),
    Case(
        "hangup",
        "hangup",
        """
        start: {say: [Good bye., Good bye., Good bye.], barge_in: false, next: bye}
        bye: {hangup: true}
        """,
        ("say start", "hangup bye", "ended"),
    ),
    Case(
        "language",
        "language",
        """
        start: {language: {"1": en, "2": zh}, say: {en: "For English, press 1.", zh: 中文服务，请按2。}, next: menu}
        menu: {menu: {en: Press 3., zh: 请按3。}, keys: {"3": back}}
        back: {language: en, next: bye}
        bye: {hangup: true}
        """,
        (
            *("language start", "chosen start=2", "language zh", "menu menu", "chosen menu=3"),
            *("language back", "language en", "hangup bye", "ended"),
        ),
        keys=(("start", "2"), ("menu", "3")),
        head="languages: {en: en, zh: cmn}",
    ),
    Case(
        "branch",
        "branch",
        """
        start: {collect: Press two digits., digits: 2, name: code, next: which}
        which:
          branch: [{when: "number(code) > 50", to: high}]
          otherwise: low
        high: {menu: High. Press 1., keys: {"1": bye}}
        low: {hangup: true}
        bye: {hangup: true}
        """,
        ("collect start", "chosen code=77", "branch which", "menu high", "chosen high=1", "hangup bye", "ended"),
        midst="high",
        keys=(("start", "77"), ("high", "1")),
    ),
    Case(
        "set",
        "set",
        """
        start: {set: {sum: "2 * 21.5", day: "'2026-12-01'"}, next: told}
        told: {say: "You owe {sum:money:CNY} until {day:date}, you whose number is {caller:digits}.", next: bye}
        bye: {hangup: true}
        """,
        ("set start", "say told", "hangup bye", "ended"),
        midst="told",
    ),
    Case(
        "split",
        "split",
        """
        start: {split: {menu: 100, bye: 0}}
        menu: {menu: Press 1., keys: {"1": bye}}
        bye: {hangup: true}
        """,
        ("split start", "menu menu", "chosen menu=1", "hangup bye", "ended"),
        midst="menu",
        keys=(("menu", "1"),),
    ),
    Case(
        "subflow",
        "subflow",
        """
        start: {subflow: ask, next: after}
        after: {menu: And now 2., keys: {"2": bye}}
        bye: {hangup: true}
        """,
        ("subflow start", "menu ask", "chosen ask=1", "menu after", "chosen after=2", "hangup bye", "ended"),
        midst="ask",
        keys=(("ask", "1"), ("after", "2")),
        more={"ask": "start: ask\nnodes:\n  ask: {menu: Press 1., keys: {'1': return}, otherwise: return}\n"},
    ),
    Case(
        "lookup",
        "lookup",
        """
        start: {lookup: "http://LOOKUPS/{caller}", save: {name: customer.name}, next: told, otherwise: bye}
        told: {say: "Good day {name}.", next: menu}
        menu: {menu: Press 1., keys: {"1": bye}}
        bye: {hangup: true}
        """,
        ("lookup start", "say told", "menu menu", "chosen menu=1", "hangup bye", "ended"),
        midst="told",
        keys=(("menu", "1"),),
    ),
    Case(
        "verify",
        "verify",
        """
        start: {collect: Your account., digits: 6, name: account, next: pin}
        pin:
          verify: pin
          account: account
          say: And your secret number.
          digits: 4
          no_match: {say: That is not right.}
          next: bye
          locked: bye
        bye: {hangup: true}
        """,
        ("collect start", "chosen account=204815", "verify pin", "chosen pin=verified", "hangup bye", "ended"),
        midst="pin",
        keys=(("start", "204815"), ("pin", "4711")),
    ),
    Case(
        "callback",
        "callback",
        """
        start: {callback: orders, say: "To be called back, press 1.", next: bye, otherwise: bye}
        bye: {hangup: true}
        """,
        ("callback start", "callback wanted about orders", "hangup bye", "ended"),
        keys=(("start", "1"),),
    ),
    Case(
        "voicemail",
        "voicemail",
        """
        start: {voicemail: messages, say: Please speak., silence: 1s, longest: 4s, next: bye, otherwise: bye}
        bye: {hangup: true}
        """,
        ("voicemail start", "message for messages", "hangup bye", "ended"),
        speaks=True,
    ),
    Case(
        "record",
        "record",
        """
        start: {record: said, say: Please speak., longest: 2s, next: bye, otherwise: menu}
        menu: {menu: Nobody spoke. Press 1., keys: {"1": bye}}
        bye: {hangup: true}
        """,
        ("record start", "hangup bye", "ended"),
        speaks=True,
    ),
    Case(
        "survey",
        "survey",
        """
        start:
          survey:
            - {question: polite, say: How polite were we? Press a key from 1 to 5.}
            - {question: solved, say: "Did we solve it? Press 1, or 0.", keys: 0-1}
          next: bye
        bye: {hangup: true}
        """,
        ("survey start", "answered polite=4", "answered solved=0", "hangup bye", "ended"),
        keys=(("start", "40"),),
    ),
    Case(
        "consent",
        "consent",
        """
        start: {consent: We record. Press 2 if you do not want that., next: bye}
        bye: {hangup: true}
        """,
        ("consent start", "hangup bye", "ended"),
        keys=(("start", "2"),),
    ),
    Case(
        "agent",
        "agent",
        """
        start: {menu: Press 1., keys: {"1": back}}
        back: {agent: ready, next: out}
        out: {agent: offline, name: alice, next: bye}
        bye: {hangup: true}
        """,
        (
            *("menu start", "chosen start=1", "agent back", "asked PJSIP/caller  ready", "agent out"),
            *("asked PJSIP/caller alice offline", "hangup bye", "ended"),
        ),
        keys=(("start", "1"),),
    ),
)

AFTER = Case(
    "after",
    "queue",
    """
    start: {queue: orders, screen: [language], after: survey}
    survey: {survey: [{question: satisfied, say: "Were you satisfied? Press a key from 1 to 5."}], next: bye}
    bye: {hangup: true}
    """,
    ("queue start", "queued orders 0", "survey survey", "answered satisfied=5", "hangup bye", "ended"),
)
