"""A site: a folder of YAML under version control, read and checked as one.

    site.yaml     Asterisk, the web server, numbers, transfers, fallback, folders
    queues.yaml   the queues
    people.yaml   agents, supervisors, administrators
    flows/*.yaml  the phone menus
    prompts/      sound files that the menus name

Secrets are not in it: they are files in the state folder, which no version control sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from config import messages
from config.alerts import AlertSettings, unknown_queues
from config.fields import Name, Phone, fits
from config.people_file import PeopleFile, PersonSettings, agents_of
from cti import site_files
from cti.access import Person
from cti.ami.client import AmiSettings
from cti.durations import Duration
from cti.executor import Destination
from cti.hours import Zone
from cti.outbound import Outbound
from cti.site_files import Document, ModelT, Problem, SiteError, SiteModel
from ivr.check.known import Nobody
from ivr.loader import Known, check_flow, check_flows, load_flows
from ivr.prompt import VOICE
from ivr.tree import Flow, Flows
from ivr.url_template import host_of
from routing.agents import Agent
from routing.check import Around, lacks, phones
from routing.check import check as check_queues
from routing.policy import strategies
from routing.queues import Exit, Queues
from routing.queues_file import QueuesFile

_NUMBER = r"[+0-9*][0-9A-Za-z*#_.-]{0,79}"

Endpoint = Annotated[str, fits(r"[A-Za-z0-9_.+-]{1,80}", "{} is not the name of a PJSIP endpoint")]
Number = Annotated[
    str, fits(_NUMBER, "{} is not a number as it is dialled, such as 5550100, +49301234 or *45, nor '*'")
]
Voice = Annotated[str, fits(VOICE, "{} is not the name of a voice, such as en or de")]
Allowed = Annotated[
    str, fits(r"\+?[0-9]{1,32}\*?", "{} is not a number such as +49301234, nor the beginning of one and a '*'")
]
Spoken = Annotated[str, Field(min_length=1)]
# A URL may have a password in it, too.
RedisUrl = Annotated[
    str, fits(r"(rediss?|unix)://\S+", "must be a URL that begins with redis://, rediss:// or unix://")
]
PhoneUrl = Annotated[
    str,
    fits(
        r"wss://[^\s/?#@;,'\"]+(/[^\s?#;,'\"]*)?|ws://(127\.0\.0\.1|localhost)(:\d+)?/[^\s?#;,'\"]*",
        "{} is not a URL such as wss://pbx.example:8089/ws; ws:// is good on 127.0.0.1 only, where no browser"
        " wants TLS to use the microphone",
    ),
]
DatabaseUrl = Annotated[
    str, fits(r"[a-z]+\+[a-z0-9]+://\S*", "must be a URL such as sqlite+aiosqlite:////srv/calls.db")
]


class AsteriskSettings(SiteModel):
    """Where Asterisk's manager interface is, and as whom to log in there."""

    name: Name = "asterisk"
    """Part of every call id; must stay the same, and differ between Asterisks."""
    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=1, le=65535)
    user: Name = "cordboard"
    tls: bool = False
    tls_ca: Path | None = None
    """Whose certificates are believed, if not those the system believes; relative to the site's folder."""


class WebSettings(SiteModel):
    """Where desks and programs reach us."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    secure_cookie: bool = False
    """True behind HTTPS."""
    phone_url: PhoneUrl | None = None
    """Where Asterisk's WebSocket is for phones in the browser."""


class FallbackSettings(SiteModel):
    """What callers get while the engine is away."""

    say: Spoken = "We are sorry, our telephone system is being restarted. Please hold on while we try to find someone."
    sorry: Spoken = "We are sorry, nobody can take your call right now. Please call again later."
    voice: Voice = "en"
    phones: tuple[Phone, ...] = ()
    ring: Annotated[Duration, Field(ge=1, le=600)] = 45.0


class FolderSettings(SiteModel):
    """Folders, relative to the site's own; Asterisk must reach sounds and recordings by the same path."""

    sounds: Path = Path("var/sounds")
    recordings: Path = Path("var/recordings")
    state: Path = Path("var/state")


class SpeechSettings(SiteModel):
    """The program that speaks texts: its command line up to the options; and voices of other kinds."""

    espeak: Annotated[tuple[str, ...], Field(min_length=1)] = ("espeak-ng",)
    kokoro_voices: Path | None = None
    """The folder of Kokoro's voices, relative to the site's own."""


class TransferSettings(SiteModel):
    """An extension in a context of the site's own dialplan."""

    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    exten: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*#+-]+$")]


class NumbersSettings(SiteModel):
    """Numbers that may be dialled, and the dialplan context where they are. Each
    is a whole number, or with a ``*`` at its end what numbers begin with."""

    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    allow: Annotated[tuple[Allowed, ...], Field(min_length=1)]


def _hosts(given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        try:
            good = host_of(f"https://{text}") == text
        except ValueError:
            good = False
        if not good:
            raise ValueError(f"{text!r} is no host; write it small, as crm.example or crm.example:8443")
    return given


def _webhook(url: str) -> str:
    host_of(url)
    return url


class LookupSettings(SiteModel):
    """Which hosts flows may ask, each as ``crm.example``, or ``crm.example:8443`` where the port is
    not the usual one."""

    hosts: Annotated[tuple[str, ...], AfterValidator(_hosts)] = ()


class BoxSettings(SiteModel):
    """A box for callers' messages. It has nothing to set yet."""


class SiteFile(SiteModel):
    """site.yaml."""

    asterisk: AsteriskSettings = AsteriskSettings()
    web: WebSettings = WebSettings()
    numbers: Mapping[Number, str] = Field(min_length=1)
    """Which flow a dialled number enters; ``*`` for all others."""
    transfers: Mapping[Name, TransferSettings] = {}
    transfers_to_numbers: NumbersSettings | None = None
    """Numbers outside that a flow may send callers to; none where it is left out."""
    callbacks: NumbersSettings | None = None
    """Numbers that may be called back; none where it is left out."""
    lookups: LookupSettings = LookupSettings()
    webhooks: Mapping[Name, Annotated[str, AfterValidator(_webhook)]] = {}
    """URLs of the site's own programs. A flow names the one that a one-time code is posted to, to be
    sent on: account, caller and code as JSON."""
    call_events: tuple[Name, ...] = ()
    """Which of ``webhooks`` are told all that happens to calls."""
    boxes: Mapping[Name, BoxSettings] = {}
    """Boxes that callers leave messages in."""
    zone: Zone | None = None
    """By whose clock a day begins; this machine's where it is left out."""
    short_abandon: Annotated[Duration, Field(le=60)] = 5.0
    """Who hangs up within so many seconds of coming to a queue counts neither as offered nor as abandoned."""
    alerts: Annotated[tuple[AlertSettings, ...], Field(max_length=200)] = ()
    """What supervisors are alerted of."""
    trunks: tuple[Endpoint, ...] = ()
    """PJSIP endpoints of the lines to the world: ``cordboard doctor`` looks at them."""
    fallback: FallbackSettings = FallbackSettings()
    lease: Annotated[Duration, Field(ge=3, le=120)] = 10.0
    folders: FolderSettings = FolderSettings()
    speech: SpeechSettings = SpeechSettings()
    redis: RedisUrl | None = None
    """redis:// or unix:// of an outside server; the packaged one is run where it is left out."""
    database: DatabaseUrl | None = None
    """An SQLAlchemy URL; a SQLite file in the state folder where it is left out."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site that has been checked."""

    folder: Path
    settings: SiteFile
    queues: Queues
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

    def ami(self, secret: str) -> AmiSettings:
        """How to reach Asterisk. Raises ValueError for what cannot work, such as a secret of two lines."""
        a = self.settings.asterisk
        ca = None if a.tls_ca is None else self.folder / a.tls_ca
        return AmiSettings(host=a.host, port=a.port, user=a.user, secret=secret, tls=a.tls, tls_ca=ca)

    @property
    def token_secret_file(self) -> Path:
        return self.state / "token-secret"

    @property
    def webhook_secret_file(self) -> Path:
        return self.state / "webhook-secret"

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    @property
    def phone_secret_file(self) -> Path:
        return self.state / "phone-secret"

    @property
    def browser_phones(self) -> Mapping[str, str]:
        """The dial string of each person's phone in the browser, by the person's name."""
        return {name: p.browser_phone for name, p in self.people.items() if p.browser_phone is not None}

    @property
    def database(self) -> str:
        return self.settings.database or f"sqlite+aiosqlite:///{self.state / 'cordboard.db'}"

    @property
    def kokoro_voices(self) -> Path | None:
        voices = self.settings.speech.kokoro_voices
        return None if voices is None else self.folder / voices

    @property
    def prompts(self) -> Path:
        return self.folder / "prompts"

    @property
    def menus(self) -> Flows:
        """The flows that have a file of their own; the others are made of messages."""
        return {name: flow for name, flow in self.flows.items() if not messages.is_message(flow)}

    @property
    def agents(self) -> Mapping[str, Agent]:
        return agents_of(self.people)

    @property
    def access(self) -> Mapping[str, Person]:
        return {name: Person(name, p.role, p.usual_phone) for name, p in self.people.items()}

    @property
    def zone(self) -> tzinfo | None:
        """By whose clock a day begins, None for this machine's."""
        return ZoneInfo(self.settings.zone) if self.settings.zone else None

    @property
    def targets(self) -> Mapping[str, float]:
        """Within how many seconds calls of each queue are to be answered."""
        return {name: queue.target.within_s for name, queue in self.queues.items()}

    @property
    def destinations(self) -> Mapping[str, Destination]:
        return {name: Destination(t.context, t.exten) for name, t in self.settings.transfers.items()}

    @property
    def outbound(self) -> Outbound:
        """The numbers that callers may be sent to."""
        return _outbound(self.settings.transfers_to_numbers)

    @property
    def callbacks(self) -> Outbound:
        """The numbers that may be called back."""
        return _outbound(self.settings.callbacks)


def _outbound(numbers: NumbersSettings | None) -> Outbound:
    return Outbound(numbers.context, numbers.allow) if numbers else Outbound()


class _Any(Collection[str]):
    """Every name: what a file names that could not be read, so that one mistake is not told as many."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


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
    agents = agents_of(people[0].people) if people else None
    built = queues[0].build() if queues else None
    entries = set(site[0].numbers.values()) if site else None
    if built is not None and entries is not None:
        entries |= {rule.to for queue in built.values() for rule in queue.overflow if rule.exit is Exit.FLOW}
    known = Known(
        queues=built if built is not None else _Any(),
        destinations=site[0].transfers if site else _Any(),
        prompts=folder / "prompts",
        boxes=site[0].boxes if site else None,
        webhooks=site[0].webhooks if site else None,
        hosts=site[0].lookups.hosts if site else None,
        numbers=_outbound(site[0].transfers_to_numbers) if site else None,
        agents=agents,
        nobody=_nobody(built, agents) if built is not None and agents is not None else None,
        levels=built.levels if built is not None else None,
        calls_back=site[0].callbacks is not None if site else None,
        entries=entries,
    )
    flows: Flows = {}
    said: Flows = {}
    try:
        flows = load_flows(folder / "flows", known)
        said = check_flows(messages.flows_of(queues[1], queues[0], flows), known) if queues else {}
    except SiteError as error:
        wrong.extend(error.problems)
    if site:
        wrong.extend(_numbers(*site, flows))
        wrong.extend(_told(*site))
        if built is not None:
            wrong.extend(unknown_queues(site[1], site[0].alerts, built))
    if people:
        wrong.extend(phones(people[1], {name: p.dialled for name, p in people[0].people.items()}))
        if site and site[0].web.phone_url is None:
            wrong.extend(_unreachable(*people))
    if queues and built is not None:
        around = Around(
            strategies=strategies(),
            agents=agents,
            flows=flows or None,
            messages=queues[0].messages(),
            numbers=known.numbers,
            asked=_asked(flows) if flows else None,
        )
        wrong.extend(check_queues(queues[1], built, around))
    if wrong or not (site and built is not None and people):
        raise SiteError(wrong)
    return Site(folder, site[0], built, people[0].people, {**flows, **said})


def _unreachable(people: PeopleFile, document: Document) -> Iterator[Problem]:
    """Phones in the browser, in a site that does not say where browsers reach Asterisk."""
    for name, person in people.people.items():
        if person.browser_phone is not None:
            message = "site.yaml does not say where browsers reach Asterisk"
            yield document.problem(("people", name, "browser_phone"), message, "set web.phone_url in site.yaml")


def _nobody(queues: Queues, agents: Mapping[str, Agent]) -> Nobody:
    def nobody(name: str, skills: Mapping[str, int]) -> Iterator[tuple[str, str]]:
        queue = queues.get(name)
        # What a queue wants and nobody has is told of the queue, and not again of each flow.
        if queue is not None and not (agents and lacks(queue, {}, agents)):
            yield from ((lack.message, lack.hint) for lack in lacks(queue, skills, agents))

    return nobody


def _asked(flows: Flows) -> Mapping[str, Sequence[Mapping[str, int]]]:
    """What flows ask for besides what each queue does."""
    asked: dict[str, list[Mapping[str, int]]] = {}
    for flow in flows.values():
        for node in flow.nodes.values():
            for want in node.wants():
                if want.kind == "queue" and want.skills:
                    asked.setdefault(want.name, []).append(want.skills)
    return asked


def load_flow(path: Path) -> Flow:
    """One flow's file, checked as far as it can be without its site. Raises SiteError."""
    known = Known(queues=_Any(), destinations=_Any(), prompts=path.resolve().parent.parent / "prompts")
    return check_flow(site_files.read(path), path.stem, known)


def _told(site: SiteFile, document: Document) -> Iterator[Problem]:
    for place, name in enumerate(site.call_events):
        if name not in site.webhooks:
            there = ", ".join(site.webhooks) or "none"
            yield document.problem(("call_events", place), f"there is no webhook called {name!r}", f"there is {there}")


def _numbers(site: SiteFile, document: Document, flows: Flows) -> Iterator[Problem]:
    """Numbers that lead to no flow, or that YAML would not take as they are written."""
    for number in document.data["numbers"]:
        if not isinstance(number, str):
            hint = "YAML drops a + and zeros in front of a bare number"
            yield document.problem(("numbers", number), "must be in quotes", hint)
    for number, flow in site.numbers.items():
        if flows and flow not in flows:
            yield document.problem(("numbers", number), f"there is no flow called {flow!r}")
