"""A site: a folder of YAML under version control, read and checked as one.

    site.yaml     Asterisk, the web server, numbers, transfers, fallback, folders
    queues.yaml   the queues
    people.yaml   agents, supervisors, administrators
    quality.yaml  score forms and samples of calls; may be left out
    flows/*.yaml  the phone menus
    prompts/      sound files that the menus name

Secrets are not in it: they are files in the state folder, which no version control sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from config import lookup, messages
from config.files import login, pop, retention, transcripts
from config.files.alerts import missing, unknown_queues
from config.files.people import PeopleFile, PersonSettings, agents_of
from config.files.reports import unsendable
from config.files.site import NumbersSettings, SiteFile
from config.files.suggestions import nowhere
from cti.access import RIGHTS, Person, Right
from cti.actions.leaving import Destination
from cti.ami.client import AmiSettings
from cti.customers.card import Rules
from cti.desk.suggestions import Rule
from cti.outbound import Outbound
from cti.site import files as site_files
from cti.site.files import Document, ModelT, Problem, SiteError
from ivr.check.known import Nobody
from ivr.loader import Known, check_flow, check_flows, load_flows
from ivr.tree import Flow, Flows
from recordings.quality.forms import Form
from recordings.quality.quality_file import QualityFile
from recordings.quality.quality_file import check as check_quality
from recordings.quality.samples import Rule as SampleRule
from routing.agents import Agent
from routing.check import Around, lacks, phones
from routing.check import check as check_queues
from routing.policy import strategies
from routing.queues import Exit, Queues
from routing.queues_file import QueuesFile


@dataclass(frozen=True, slots=True)
class Site:
    """A site that has been checked."""

    folder: Path
    settings: SiteFile
    queues: Queues
    people: Mapping[str, PersonSettings]
    flows: Flows
    forms: Mapping[str, Form] = field(default_factory=dict)
    samples: Mapping[str, SampleRule] = field(default_factory=dict)

    @property
    def sounds(self) -> Path:
        return self.folder / self.settings.folders.sounds

    @property
    def recordings(self) -> Path:
        return self.folder / self.settings.folders.recordings

    @property
    def sealed(self) -> Path:
        return self.folder / self.settings.folders.sealed

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
    def sessions(self) -> Path:
        """The log-ins that go on."""
        return self.state / "sessions"

    @property
    def phone_secret_file(self) -> Path:
        return self.state / "phone-secret"

    @property
    def audit_secret_file(self) -> Path:
        return self.state / "audit-secret"

    @property
    def audit_head(self) -> Path:
        """What was written last to the audit log."""
        return self.state / "audit-last.json"

    @property
    def browser_phones(self) -> Mapping[str, str]:
        """The dial string of each person's phone in the browser, by the person's name."""
        return {name: p.browser_phone for name, p in self.people.items() if p.browser_phone is not None}

    @property
    def database(self) -> str:
        return self.settings.database or f"sqlite+aiosqlite:///{self.state / 'cordboard.db'}"

    @property
    def cards(self) -> Rules:
        """What customers' cards have on them."""
        customers = self.settings.customers
        return Rules(customers.region, customers.fields, frozenset(self.agents))

    @property
    def kokoro_voices(self) -> Path | None:
        voices = self.settings.speech.kokoro_voices
        return None if voices is None else self.folder / voices

    @property
    def listens_by(self) -> Path | None:
        """The folder of the model that transcribes, where the site brings one."""
        model = self.settings.transcripts.model
        return None if model is None else self.folder / model

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
        return {
            name: Person(name, p.role, p.usual_phone, password_mark=p.password_mark) for name, p in self.people.items()
        }

    @property
    def zone(self) -> tzinfo | None:
        """By whose clock a day begins, None for this machine's."""
        return ZoneInfo(self.settings.zone) if self.settings.zone else None

    def today(self) -> date:
        """The day it is by that clock."""
        return datetime.now(self.zone).date()

    @property
    def graders(self) -> list[str]:
        """Who may grade talks."""
        return _graders(self.people)

    @property
    def suggestions(self) -> Sequence[Rule]:
        """What agents are to suggest to callers."""
        return [suggestion.rule() for suggestion in self.settings.suggestions]

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

    @property
    def dials(self) -> Outbound:
        """The numbers that agents may call."""
        return _outbound(self.settings.agents_dial)


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
    graded = part("quality.yaml", QualityFile) if (folder / "quality.yaml").exists() else None
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
        wrong.extend(unsendable(site[1], site[0].reports, tuple(site[0].webhooks), site[0].mail))
        wrong.extend(lookup.unknown_host(site[1], site[0].customers.lookup, site[0].lookups.hosts))
        wrong.extend(missing(site[1], site[0].alerts_to, tuple(site[0].webhooks), site[0].mail))
        if built is not None:
            wrong.extend(unknown_queues(site[1], site[0].alerts, built))
            wrong.extend(nowhere(site[1], site[0].suggestions, built))
            wrong.extend(retention.unknown_queues(site[1], site[0].retention, built))
            wrong.extend(transcripts.mistakes(site[1], site[0].transcripts, built))
            wrong.extend(pop.unknown_queues(site[1], site[0].pop, built))
    if people:
        wrong.extend(login.mistakes(site[0].login if site else None, *people))
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
    if graded:
        wrong.extend(check_quality(graded[1], graded[0], built, _graders(people[0].people) if people else None))
    if wrong or not (site and built is not None and people):
        raise SiteError(wrong)
    quality = graded[0] if graded else QualityFile()
    return Site(
        folder, site[0], built, people[0].people, {**flows, **said}, quality.build_forms(), quality.build_samples()
    )


def _graders(people: Mapping[str, PersonSettings]) -> list[str]:
    return [name for name, person in people.items() if Right.GRADE in RIGHTS[person.role]]


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
