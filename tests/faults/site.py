"""The site on which faults are done: its people, queues and menus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pwdlib import PasswordHash
from ruamel.yaml import YAML

from demo.stage import make_site

AGENTS = tuple(f"a{number:02}" for number in range(1, 41))
"""They answer."""
ABSENT = tuple(f"s{number:02}" for number in range(1, 101))
"""Their phones ring and ring."""
LAST = "n01"
"""He answers, too, has the skill that the queue nobody wants, and is not ready."""
BOSS, PASSWORD = "boss", "a password of this run"

FLOW = """
start: main
nodes:
  main:
    menu: Press a key.
    keys: {"1": talk, "2": queue, "3": ringing, "4": transfer, "5": number, "6": card, "8": vip}
    timeout: 10s
    retries: 9
    otherwise: bye
  talk: {queue: talk}
  queue: {queue: nobody}
  ringing: {queue: ringing}
  transfer: {transfer: outside, otherwise: bye}
  number: {collect: Your number., digits: 7, next: then, otherwise: bye}
  then: {menu: And now., keys: {"1": talk}, timeout: 10s, otherwise: bye}
  card: {collect: Your card., digits: 16, name: card, secret: true, next: talk, otherwise: bye}
  vip: {queue: nobody, priority: 10}
  bye: {hangup: true}
"""
AWAY = """
start: away
nodes:
  away: {transfer: outside, otherwise: bye}
  bye: {hangup: true}
"""
"""Where an agent may send a caller on."""
QUEUES = """
queues:
  talk: {skills: {talk: 1}, ring: 15s, wrap_up: 0s, record: true}
  nobody: {skills: {nothing: 1}, ring: 15s, wrap_up: 0s, record: true}
  ringing: {skills: {ring: 1}, ring: 5m, wrap_up: 0s, record: true}
"""
OUTSIDE = """
[internal]
exten => 0,1,Answer()
 same => n,Echo()

[cordboard]
; A caller of whom the dialplan before us knew much: 5,120 bytes.
exten => 200,1,Set(BIG=0123456789)
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Set(BIG=${BIG}${BIG})
 same => n,Goto(100,1)
"""


def write(folder: Path) -> None:
    """Makes the site."""
    make_site(folder)
    hashed = PasswordHash.recommended().hash(PASSWORD)
    people: dict[str, dict[str, Any]] = {
        name: {"role": "agent", "phone": f"PJSIP/{name}", "skills": {skill: 5}, "password": hashed}
        for names, skill in ((AGENTS, "talk"), (ABSENT, "ring"), ((LAST,), "nothing"))
        for name in names
    }
    people[BOSS] = {"role": "supervisor", "phone": f"PJSIP/{BOSS}", "password": hashed}
    YAML().dump({"people": people}, folder / "people.yaml")
    (folder / "queues.yaml").write_text(QUEUES, encoding="utf-8")
    for shipped in (folder / "quality.yaml", *(folder / "flows").iterdir()):
        shipped.unlink()
    for name, text in (("main", FLOW), ("away", AWAY)):
        (folder / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")
