"""What a private Asterisk is to be, and the configuration files that make it so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

HOST = "127.0.0.1"
TEMPLATES = Path(__file__).parent / "templates"
MODULES = tuple((TEMPLATES / "modules.txt").read_text().split())
EMPTY = ("acl", "ccss", "features", "pjproject", "queuerules", "queues", "stasis", "udptl")
"""Files whose defaults will do; Asterisk wants them there."""
READY_USER = "ready"

_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_VALUE = re.compile(r"[^\x00-\x1f;\[\]]*")


@dataclass(frozen=True, slots=True)
class Phone:
    """A line of the private Asterisk, ``PJSIP/<name>``.

    With a ``password`` the phone registers; with a ``contact`` (a SIP URI) it is always taken to
    be there, as SIPp's are.
    """

    name: str
    password: str = field(default="", repr=False)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Manager:
    """An AMI user. ``events`` are the only events it is sent; none named, all that ``read`` allows."""

    name: str
    secret: str = field(repr=False)
    read: str
    write: str
    events: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: the manager port's certificate with its key, and the authority that vouches for it."""

    certificate: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class Ports:
    """UDP for SIP, TCP for AMI without and with TLS and for browsers' WebSockets, and UDP from
    ``rtp_first`` to ``rtp_last`` for sound, on loopback."""

    sip: int
    ami: int
    web: int
    ami_tls: int
    rtp_first: int
    rtp_last: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a private Asterisk is to be.

    Who calls from this machine without being one of ``phones`` starts in ``caller_context``;
    ``phones`` dial in ``phone_context`` (the default lets them dial each other). ``includes`` are
    dialplan files, ``pjsip`` files of PJSIP configuration. ``files`` are whole configuration files by
    name, such as ``queues.conf``. With ``tls`` there is a manager port with TLS, too.
    """

    phones: Sequence[Phone] = ()
    managers: Sequence[Manager] = ()
    includes: Sequence[Path] = ()
    pjsip: Sequence[Path] = ()
    caller_context: str = "phones"
    phone_context: str = "phones"
    files: Mapping[str, str] = field(default_factory=dict)
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the private Asterisk keeps what; ``run`` is for its control socket."""

    base: Path
    run: Path
    modules: Path

    @property
    def etc(self) -> Path:
        return self.base / "etc"

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def music(self) -> Path:
        return self.base / "music"

    @property
    def spool(self) -> Path:
        return self.base / "spool"

    @property
    def log(self) -> Path:
        return self.base / "log"


def render(plan: Plan, ports: Ports, folders: Folders, ready_secret: str) -> dict[str, str]:
    """The text of each configuration file, by its name.

    Raises ValueError: a name, password or path would break out of its line.
    """
    values = {
        "modules": "\n".join(f"load = {name}.so" for name in MODULES if (folders.modules / f"{name}.so").exists()),
        "managers": "\n".join(_manager(manager) for manager in plan.managers),
        "phones": "\n".join(_phone(phone, plan.phone_context) for phone in plan.phones),
        "includes": _includes(plan.includes),
        "pjsip_includes": _includes(plan.pjsip),
        "caller_context": _name(plan.caller_context),
        "ready_user": READY_USER,
        "ready_secret": ready_secret,
        "sip": str(ports.sip),
        "ami": str(ports.ami),
        "web": str(ports.web),
        "tls": _tls(plan.tls, ports),
        "rtp_first": str(ports.rtp_first),
        "rtp_last": str(ports.rtp_last),
        "music": str(folders.music),
    }
    places = {name: str(getattr(folders, name)) for name in ("etc", "data", "spool", "log", "run")}
    places["modules"] = str(folders.modules)
    whole = sorted(path.name for path in TEMPLATES.glob("*.conf"))
    filled = {name: _fill(name, places if name == "asterisk.conf" else values) for name in whole}
    return {**{f"{name}.conf": "" for name in EMPTY}, **filled, **plan.files}


def _includes(paths: Sequence[Path]) -> str:
    return "\n".join(f'#include "{_value(str(path))}"' for path in paths)


def _tls(tls: Tls | None, ports: Ports) -> str:
    if tls is None:
        return ""
    return _fill("manager_tls.section", {"port": str(ports.ami_tls), "certificate": _value(str(tls.certificate))})


def _manager(manager: Manager) -> str:
    # One filter: Asterisk tries each on every event, and from its start on that is quick.
    names = "|".join(map(_name, manager.events))
    return _fill(
        "manager_user.section",
        {
            "name": _name(manager.name),
            "secret": _value(manager.secret),
            "read": _value(manager.read),
            "write": _value(manager.write),
            "filters": f"eventfilter = ^Event: ({names})" if names else "",
        },
    )


def _phone(phone: Phone, context: str) -> str:
    values = {"name": _name(phone.name), "password": _value(phone.password), "phone_context": _name(context)}
    login = _fill("phone_login.section", values) if phone.password else ""
    contact = f"contact = {_value(phone.contact)}" if phone.contact else ""
    return _fill("phone.section", {**values, "login": login, "contact": contact})


def _fill(template: str, values: dict[str, str]) -> str:
    return Template((TEMPLATES / template).read_text()).substitute(values)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} cannot be a name in Asterisk's configuration")
    return text


def _value(text: str) -> str:
    if not _VALUE.fullmatch(text):
        raise ValueError("a value in Asterisk's configuration has a control character, ';', '[' or ']'")
    return text
