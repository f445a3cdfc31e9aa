"""Everything wrong with a site is told at once, with its file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from config import settings
from config.settings import Site
from cti.access import Person, Role
from cti.actions.leaving import Destination
from cti.site.files import SiteError

HASH = '"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"'

FLOW = """
start: main
nodes:
  main: {menu: Hello, keys: {"1": wait}, otherwise: bye}
  wait: {queue: orders}
  bye: {transfer: desk}
"""
GOOD = {
    "site.yaml": """
numbers: {"*": main, "+4930555": main}
transfers:
  desk: {context: internal, exten: "0"}
""",
    "queues.yaml": "queues:\n  orders: {skills: {tea: 3}}\n",
    "people.yaml": f"""
people:
  ann: {{role: agent, phone: PJSIP/ann, password: {HASH}, skills: {{tea: 5}}}}
  sue: {{role: supervisor, password: {HASH}}}
""",
    "flows/main.yaml": FLOW,
}


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """A site of these files; None for one that is not there."""
    for name, text in {**GOOD, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(SiteError) as caught:
        settings.load(folder)
    return str(caught.value).splitlines()


def test_a_good_site(tmp_path: Path) -> None:
    site = settings.load(write(tmp_path, {}))
    assert site.folder == tmp_path.resolve()
    assert site.settings.numbers == {"*": "main", "+4930555": "main"}
    assert site.destinations == {"desk": Destination("internal", "0")}
    assert replace(site.access["sue"], password_mark="") == Person("sue", Role.SUPERVISOR)
    assert site.access["sue"].password_mark == site.people["sue"].password_mark != ""
    assert [(a.name, a.phone, dict(a.skills)) for a in site.agents.values()] == [("ann", "PJSIP/ann", {"tea": 5})]
    assert site.sounds == tmp_path.resolve() / "var/sounds"
    assert site.database == f"sqlite+aiosqlite:///{tmp_path.resolve()}/var/state/cordboard.db"


def test_folders_of_its_own(tmp_path: Path) -> None:
    more = "folders: {sounds: /srv/sounds, recordings: calls}\nasterisk: {tls: true, tls_ca: ca.pem}\n"
    site = settings.load(write(tmp_path, {"site.yaml": GOOD["site.yaml"] + more}))
    assert site.sounds == Path("/srv/sounds")
    assert site.recordings == tmp_path.resolve() / "calls"
    assert site.ami("secret").tls_ca == tmp_path.resolve() / "ca.pem"
    with pytest.raises(ValueError, match="line break"):
        site.ami("two\nlines")


def test_all_files_problems_at_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "site.yaml": "numbers: {'*': main}\nport: 5038\n",
            "queues.yaml": "queues:\n  orders: {ring: 15}\n",
            "people.yaml": "people: [",
            "flows/main.yaml": "start: a\nnodes:\n  a: {hangup: true, loud: true}\n",
        },
    )
    assert problems(folder) == [
        "flows/main.yaml:3: nodes.a.loud: is not known here (hangup knows hangup)",
        "people.yaml:1: expected the node content, but found '<stream end>'",
        "queues.yaml:2: queues.orders.ring: must be a duration such as 500ms, 5s, 2m or 1h",
        "site.yaml:2: port: is not known here (is it spelled right?)",
    ]


def test_an_empty_folder(tmp_path: Path) -> None:
    assert problems(tmp_path) == [
        f"flows: there is no flow here (write one as {tmp_path / 'flows/main.yaml'})",
        f"people.yaml: the file is not there (expected at {tmp_path / 'people.yaml'})",
        f"queues.yaml: the file is not there (expected at {tmp_path / 'queues.yaml'})",
        f"site.yaml: the file is not there (expected at {tmp_path / 'site.yaml'})",
    ]


def test_one_mistake_is_not_told_as_many(tmp_path: Path) -> None:
    """The flow names a queue and a destination of files that are broken: that is no fault of the flow."""
    folder = write(tmp_path, {"queues.yaml": "queues: [", "site.yaml": "numbers: ["})
    assert [line.partition(":")[0] for line in problems(folder)] == ["queues.yaml", "site.yaml"]


N = "numbers: {'*': main}\n"
T = "transfers:\n  desk: {context: internal, exten: '0'}\n"

SITE_FILES = {
    "an empty file": ("", ["site.yaml:1: numbers: is missing"]),
    "a list": ("- a\n", ["site.yaml:1: must be keys with values"]),
    "no number": ("numbers: {}\n" + T, ["site.yaml:1: numbers: must not be empty"]),
    "a number to nowhere": (
        "numbers:\n  '*': main\n  '100': mian\n" + T,
        ["site.yaml:3: numbers.100: there is no flow called 'mian'"],
    ),
    "numbers without quotes": (
        "numbers:\n  '*': main\n  0301234: main\n  +4930: main\n" + T,
        [
            "site.yaml:3: numbers.301234: must be in quotes (YAML drops a + and zeros in front of a bare number)",
            "site.yaml:4: numbers.4930: must be in quotes (YAML drops a + and zeros in front of a bare number)",
        ],
    ),
    "a number that nobody dials": (
        "numbers:\n  '555 0100': main\n" + T,
        [
            "site.yaml:2: numbers.555 0100: '555 0100' is not a number as it is dialled,"
            " such as 5550100, +49301234 or *45, nor '*'"
        ],
    ),
    "asterisk": (
        N + T + "asterisk:\n  port: 70000\n  user: Cord Board\n  tls: perhaps\n  hosts: x\n",
        [
            "site.yaml:5: asterisk.port: must be less than or equal to 65535",
            "site.yaml:6: asterisk.user: 'Cord Board' is not a name: small letters, digits, '-', '_', '.', at most 40",
            "site.yaml:7: asterisk.tls: must be true or false",
            "site.yaml:8: asterisk.hosts: is not known here (is it spelled right?)",
        ],
    ),
    "an authority for a line without TLS": (
        N + T + "asterisk: {tls_ca: ca.pem}\n",
        ["site.yaml:4: asterisk: tls_ca is of use with tls: true only; without it nothing is encrypted"],
    ),
    "a user with dialplan in it": (
        N + T + 'asterisk: {user: "a)}${SHELL(id)}"}\n',
        [
            "site.yaml:4: asterisk.user: 'a)}${SHELL(id)}' is not a name:"
            " small letters, digits, '-', '_', '.', at most 40"
        ],
    ),
    "transfers": (
        N + "transfers:\n  desk: {context: 'a,b', exten: 0}\n  Front Desk: {context: a, exten: '1'}\n",
        [
            "site.yaml:3: transfers.desk.context: String should match pattern '^[A-Za-z0-9_-]+$'",
            "site.yaml:3: transfers.desk.exten: must be text (put it in quotes)",
            "site.yaml:4: transfers.Front Desk: 'Front Desk' is not a name:"
            " small letters, digits, '-', '_', '.', at most 40",
        ],
    ),
    "fallback": (
        N + T + "fallback:\n  phones:\n    - PJSIP/ann\n    - PJSIP/bob&PJSIP/cat\n    - ann\n  ring: 0s\n  say: ''\n",
        [
            "site.yaml:7: fallback.phones.1: 'PJSIP/bob&PJSIP/cat' is not the dial string of one phone,"
            " such as PJSIP/1001",
            "site.yaml:8: fallback.phones.2: 'ann' is not the dial string of one phone, such as PJSIP/1001",
            "site.yaml:9: fallback.ring: must be greater than or equal to 1",
            "site.yaml:10: fallback.say: String should have at least 1 character",
        ],
    ),
    "times": (N + T + "lease: 1s\n", ["site.yaml:4: lease: must be greater than or equal to 3"]),
    "a bare time": (N + T + "lease: 10\n", ["site.yaml:4: lease: must be a duration such as 500ms, 5s, 2m or 1h"]),
    "stores": (
        N + T + "redis: localhost\ndatabase: calls.db\n",
        [
            "site.yaml:4: redis: must be a URL that begins with redis://, rediss:// or unix://",
            "site.yaml:5: database: must be a URL such as sqlite+aiosqlite:////srv/calls.db",
        ],
    ),
    "a voice that is an option": (
        N + T + "fallback: {voice: --path=/}\n",
        ["site.yaml:4: fallback.voice: '--path=/' is not the name of a voice, such as en or de"],
    ),
    "no speaker": (N + T + "speech: {espeak: []}\n", ["site.yaml:4: speech.espeak: must not be empty"]),
    "trunks": (
        N + T + "trunks: [PJSIP/provider]\n",
        ["site.yaml:4: trunks.0: 'PJSIP/provider' is not the name of a PJSIP endpoint"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), SITE_FILES.values(), ids=SITE_FILES)
def test_site_yaml(tmp_path: Path, text: str, lines: list[str]) -> None:
    flow = "start: main\nnodes:\n  main: {hangup: true}\n"
    assert problems(write(tmp_path, {"site.yaml": text, "flows/main.yaml": flow})) == lines


PEOPLE_FILES = {
    "nobody": ("people: {}\n", ["people.yaml:1: people: must not be empty"]),
    "an agent without a phone": (
        f"people:\n  ann:\n    role: agent\n    password: {HASH}\n",
        ["people.yaml:2: people.ann: an agent needs a phone"],
    ),
    "an unknown role": (
        f"people:\n  ann:\n    role: boss\n    password: {HASH}\n",
        ["people.yaml:3: people.ann.role: must be 'agent', 'supervisor', 'auditor', 'admin' or 'system'"],
    ),
    "skills": (
        f"people:\n  ann: {{role: agent, phone: PJSIP/a, password: {HASH},\n"
        "    skills: {tea: 11, coffee: 0,\n      milk: yes, water: 2.5}}\n",
        [
            "people.yaml:3: people.ann.skills.tea: must be less than or equal to 10",
            "people.yaml:3: people.ann.skills.coffee: must be greater than or equal to 1",
            "people.yaml:4: people.ann.skills.milk: must be a whole number",
            "people.yaml:4: people.ann.skills.water: must be a whole number",
        ],
    ),
    "a password as it is typed": (
        "people:\n  ann:\n    role: admin\n    password: hunter2\n",
        ["people.yaml:4: people.ann.password: must be a hash; `cordboard password` makes one"],
    ),
    "no role": ("people:\n  ann: {}\n", ["people.yaml:2: people.ann.role: is missing"]),
    "names": (
        f"people:\n  Ann Lee: {{role: admin, password: {HASH}}}\n  {'a' * 41}: {{role: admin, password: {HASH}}}\n",
        [
            "people.yaml:2: people.Ann Lee: 'Ann Lee' is not a name:"
            " small letters, digits, '-', '_', '.', at most 40",
            f"people.yaml:3: people.{'a' * 41}: '{'a' * 41}' is not a name:"
            " small letters, digits, '-', '_', '.', at most 40",
        ],
    ),
    "a phone of two lines": (
        f'people:\n  ann: {{role: agent, phone: "PJSIP/a\\nAction: x", password: {HASH}}}\n',
        ["people.yaml:2: people.ann.phone: 'PJSIP/a\\nAction: x' is not the dial string of one phone,"
         " such as PJSIP/1001"],
    ),
    "one name twice": (
        f"people:\n  ann: {{role: admin, password: {HASH}}}\n  ann: {{role: admin, password: hunter2}}\n",
        ['people.yaml:3: found duplicate key "ann"'],
    ),
    "somebody who is a word": ("people:\n  ann: agent\n", ["people.yaml:2: people.ann: must be keys with values"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), PEOPLE_FILES.values(), ids=PEOPLE_FILES)
def test_people_yaml(tmp_path: Path, text: str, lines: list[str]) -> None:
    told = problems(write(tmp_path, {"people.yaml": text}))
    assert told == lines
    assert "hunter2" not in "\n".join(told)


def test_only_what_is_allowed_is_called_back(tmp_path: Path) -> None:
    more = "callbacks: {context: outbound, allow: ['+4930*']}\n"
    site = settings.load(write(tmp_path, {"site.yaml": N + T + more}))
    assert (site.callbacks.context, "+493012" in site.callbacks, "+491" in site.callbacks) == ("outbound", True, False)
    assert "+493012" not in site.outbound


def test_a_feature_code_is_a_number(tmp_path: Path) -> None:
    site = settings.load(write(tmp_path, {"site.yaml": "numbers: {'*': main, '*45': main, '*45*1#': main}\n" + T}))
    assert list(site.settings.numbers) == ["*", "*45", "*45*1#"]


def test_queues_and_flows_are_read_together(tmp_path: Path) -> None:
    folder = write(tmp_path, {"queues.yaml": "queues: {sales: {}}\n", "flows/main.yaml": FLOW})
    assert problems(folder) == [
        "flows/main.yaml:5: nodes.wait.queue: the site has no queue 'orders' (the site has sales)"
    ]


def test_files_that_are_no_text(tmp_path: Path) -> None:
    folder = write(tmp_path, {"site.yaml": b"numbers: \xff", "people.yaml": b"\x89PNG\r\n\x1a\n\x00" + bytes(100)})
    (folder / "queues.yaml").unlink()
    (folder / "queues.yaml").mkdir()
    assert problems(folder) == [
        "people.yaml:1: is not UTF-8 text (save it as UTF-8)",
        "queues.yaml: cannot be read: Is a directory",
        "site.yaml:1: is not UTF-8 text (save it as UTF-8)",
    ]


def test_the_shipped_site_is_good(site: Path) -> None:
    loaded: Site = settings.load(site)
    assert loaded.settings.fallback.phones == ("PJSIP/alice", "PJSIP/bob")
