"""A site: a folder of YAML under version control, read and checked as one.

    site.yaml     Asterisk, the web server, numbers, transfers, fallback, folders
    queues.yaml   the queues
    people.yaml   agents, supervisors, administrators
    flows/*.yaml  the phone menus
    prompts/      sound files that the menus name

Secrets are not in it: they are files in the state folder, which no version control sees.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cti import site_files
from cti.access import Person, Role
from cti.durations import Duration
from cti.executor import Destination
from cti.site_files import Document, ModelT, Problem, SiteError, SiteModel
from ivr.loader import Known, load_flows
from ivr.tree import Flows
from routing.agents import Agent
from routing.queues import Queue, QueuesFile

DIAL_STRING = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@:+-]+")
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


def _dial_string(text: str) -> str:
    if not DIAL_STRING.fullmatch(text):
        raise ValueError(f"{text!r} is not the dial string of one phone, such as PJSIP/1001")
    return text


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a name: small letters, digits, '-', '_', '.', at most 40")
    return text


Phone = Annotated[str, AfterValidator(_dial_string)]
Name = Annotated[str, AfterValidator(_name)]


class AsteriskSettings(SiteModel):
    """Where Asterisk's manager interface is, and as whom to log in there."""

    name: Name = "asterisk"
    """Part of every call id; must stay the same, and differ between Asterisks."""
    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=1, le=65535)
    user: Name = "cordboard"
    tls: bool = False
    tls_ca: Path | None = None


class WebSettings(SiteModel):
    """Where desks and programs reach us."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    secure_cookie: bool = False
    """True behind HTTPS."""


class FallbackSettings(SiteModel):
    """What callers get while the engine is away."""

    say: str = "We are sorry, our telephone system is being restarted. Please hold on while we try to find someone."
    sorry: str = "We are sorry, nobody can take your call right now. Please call again later."
    voice: str = "en"
    phones: tuple[Phone, ...] = ()
    ring: Duration = 45.0


class FolderSettings(SiteModel):
    """Folders, relative to the site's own; Asterisk must reach sounds and recordings by the same path."""

    sounds: Path = Path("var/sounds")
    recordings: Path = Path("var/recordings")
    state: Path = Path("var/state")


class SpeechSettings(SiteModel):
    """The program that speaks texts: its command line up to the options."""

    espeak: tuple[str, ...] = ("espeak-ng",)


class TransferSettings(SiteModel):
    """An extension in a context of the site's own dialplan."""

    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    exten: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*#+-]+$")]


class SiteFile(SiteModel):
    """site.yaml."""

    asterisk: AsteriskSettings = AsteriskSettings()
    web: WebSettings = WebSettings()
    numbers: Mapping[str, str] = Field(min_length=1)
    """Which flow a dialled number enters; ``*`` for all others."""
    transfers: Mapping[Name, TransferSettings] = {}
    fallback: FallbackSettings = FallbackSettings()
    lease: Annotated[Duration, Field(ge=3, le=120)] = 10.0
    folders: FolderSettings = FolderSettings()
    speech: SpeechSettings = SpeechSettings()
    redis: str | None = None
    """redis:// or unix:// of an outside server; the packaged one is run where it is left out."""
    database: str | None = None
    """An SQLAlchemy URL; a SQLite file in the state folder where it is left out."""


class PersonSettings(SiteModel):
    """One entry of people.yaml."""

    role: Role
    password: Annotated[str, Field(pattern=r"^\$argon2id?\$")]
    """A hash made by ``cordboard password``."""
    phone: Phone | None = None
    skills: Mapping[Name, Annotated[int, Field(ge=1, le=10)]] = {}

    @model_validator(mode="after")
    def _agents_have_phones(self) -> Self:
        if self.role is Role.AGENT and self.phone is None:
            raise ValueError("an agent needs a phone")
        return self


class PeopleFile(SiteModel):
    """people.yaml."""

    people: Mapping[Name, PersonSettings] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Site:
    """A site that has been checked."""

    folder: Path
    settings: SiteFile
    queues: Mapping[str, Queue]
    people: Mapping[str, PersonSettings]
    flows: Flows

    @property
    def sounds(self) -> Path:
        return self.folder / self.settings.folders.sounds

    @property
    def recordings(self) -> Path:
        return self.folder / self.settings.folders.recordings

    @property
    def state(self) -> Path:
        return self.folder / self.settings.folders.state

    @property
    def ami_secret_file(self) -> Path:
        return self.state / "ami-secret"

    @property
    def token_secret_file(self) -> Path:
        return self.state / "token-secret"

    @property
    def database(self) -> str:
        return self.settings.database or f"sqlite+aiosqlite:///{self.state / 'cordboard.db'}"

    @property
    def prompts(self) -> Path:
        return self.folder / "prompts"

    @property
    def agents(self) -> Mapping[str, Agent]:
        return {name: Agent(name, p.phone or "", p.skills) for name, p in self.people.items() if p.role is Role.AGENT}

    @property
    def access(self) -> Mapping[str, Person]:
        return {name: Person(name, p.role, p.phone or "") for name, p in self.people.items()}

    @property
    def destinations(self) -> Mapping[str, Destination]:
        return {name: Destination(t.context, t.exten) for name, t in self.settings.transfers.items()}


def load(folder: Path) -> Site:
    """Reads and checks a whole site. Raises SiteError with everything that is wrong in any file."""
    folder = folder.resolve()
    wrong: list[Problem] = []

    def part(name: str, model: type[ModelT]) -> tuple[ModelT, Document] | None:
        try:
            document = site_files.read(folder / name)
            return site_files.check(model, document), document
        except SiteError as error:
            wrong.extend(error.problems)
            return None

    site, queues, people = part("site.yaml", SiteFile), part("queues.yaml", QueuesFile), part("people.yaml", PeopleFile)
    flows: Flows = {}
    try:
        known = Known(
            queues=queues[0].queues if queues else (),
            destinations=site[0].transfers if site else (),
            prompts=folder / "prompts",
        )
        flows = load_flows(folder / "flows", known)
    except SiteError as error:
        wrong.extend(error.problems)
    if site and flows:
        wrong.extend(
            site[1].problem(("numbers", number), f"there is no flow called {flow!r}")
            for number, flow in site[0].numbers.items()
            if flow not in flows
        )
    if wrong or not (site and queues and people):
        raise SiteError(wrong)
    return Site(folder, site[0], queues[0].build(), people[0].people, flows)
