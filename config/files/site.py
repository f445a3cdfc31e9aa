"""site.yaml: its settings, each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from config.files.alerts import AlertSettings, AlertTargets, MailSettings
from config.files.customers import CustomerSettings
from config.files.fields import Name, Phone, fits
from config.files.limits import LimitSettings
from config.files.login import LoginSettings
from config.files.pop import CardUrl, PopSettings
from config.files.reports import ReportSettings
from config.files.retention import RetentionSettings
from config.files.storage import StorageSettings
from config.files.suggestions import SuggestionSettings
from config.files.transcripts import TranscriptSettings
from config.log import Form
from cti.access import Role
from cti.sight import Sight
from cti.site.durations import Duration
from cti.site.files import SiteModel
from cti.site.hours import Zone
from ivr.prompt import VOICE
from ivr.url_template import host_of
from recordings.pipeline.kinds import Format

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

    @model_validator(mode="after")
    def _tls_is_meant(self) -> Self:
        if self.tls_ca is not None and not self.tls:
            raise ValueError("tls_ca is of use with tls: true only; without it nothing is encrypted")
        return self


class WebSettings(SiteModel):
    """Where desks and programs reach us."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    secure_cookie: bool = False
    """True behind HTTPS."""
    card_url: CardUrl | None = None
    """What an agent's phone is told with a call: where its card is."""
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
    sealed: Path = Path("var/sealed")
    """Sealed recordings, where they are not at an S3 server."""


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


class RecordingSettings(SiteModel):
    """How recordings are kept."""

    format: Format = Format.MP3
    """mp3, opus, flac or wav."""


class BoxSettings(SiteModel):
    """A box for callers' messages. It has nothing to set yet."""


class SiteFile(SiteModel):
    """site.yaml."""

    asterisk: AsteriskSettings = AsteriskSettings()
    web: WebSettings = WebSettings()
    login: LoginSettings = LoginSettings()
    numbers: Mapping[Number, str] = Field(min_length=1)
    """Which flow a dialled number enters; ``*`` for all others."""
    transfers: Mapping[Name, TransferSettings] = {}
    transfers_to_numbers: NumbersSettings | None = None
    """Numbers outside that a flow may send callers to; none where it is left out."""
    callbacks: NumbersSettings | None = None
    """Numbers that may be called back; none where it is left out."""
    agents_dial: NumbersSettings | None = None
    """Numbers that agents may call; none where it is left out."""
    limits: LimitSettings = LimitSettings()
    parking: Annotated[Duration, Field(ge=1, le=3600)] = 120.0
    """How long a parked caller waits before he comes back to the agent, or to his queue."""
    lookups: LookupSettings = LookupSettings()
    webhooks: Mapping[Name, Annotated[str, AfterValidator(_webhook)]] = {}
    """URLs of the site's own programs. A flow names the one that a one-time code is posted to, to be
    sent on: account, caller and code as JSON."""
    call_events: tuple[Name, ...] = ()
    """Which of ``webhooks`` are told all that happens to calls."""
    customers: CustomerSettings = CustomerSettings()
    pop: Annotated[tuple[PopSettings, ...], Field(max_length=50)] = ()
    """What agents' pages open for a call: the first whose fields are known."""
    numbers_shown: Mapping[Role, Sight] = {}
    """When each role sees the numbers of people whole, but for those of his own calls: never, asked, opened, always."""
    boxes: Mapping[Name, BoxSettings] = {}
    """Boxes that callers leave messages in."""
    recordings: RecordingSettings = RecordingSettings()
    zone: Zone | None = None
    """By whose clock a day begins; this machine's where it is left out."""
    short_abandon: Annotated[Duration, Field(le=60)] = 5.0
    """Who hangs up within so many seconds of coming to a queue counts neither as offered nor as abandoned."""
    alerts: Annotated[tuple[AlertSettings, ...], Field(max_length=200)] = ()
    """What supervisors are alerted of."""
    suggestions: Annotated[tuple[SuggestionSettings, ...], Field(max_length=200)] = ()
    """What agents are to suggest to callers, in this order."""
    alerts_to: AlertTargets = AlertTargets()
    """Who is told besides them."""
    mail: MailSettings | None = None
    """By which mails are sent; none are where it is left out."""
    reports: ReportSettings = ReportSettings()
    trunks: tuple[Endpoint, ...] = ()
    """PJSIP endpoints of the lines to the world: ``cordboard doctor`` looks at them."""
    fallback: FallbackSettings = FallbackSettings()
    lease: Annotated[Duration, Field(ge=3, le=120)] = 10.0
    most_calls: int | None = Field(default=None, ge=1)
    """Calls that are served at a time; who comes then hears the fallback's ``sorry``. Any number where it is left
    out."""
    folders: FolderSettings = FolderSettings()
    storage: StorageSettings = StorageSettings()
    retention: Annotated[tuple[RetentionSettings, ...], Field(max_length=200)] = ()
    """How long recordings are kept: the first rule that fits decides; for ever where none does."""
    speech: SpeechSettings = SpeechSettings()
    transcripts: TranscriptSettings = TranscriptSettings()
    log: Form = "auto"
    traces: Annotated[str, AfterValidator(_webhook)] | None = None
    """Where calls that are over are sent as traces, by OTLP over HTTP; nowhere where it is left out."""
    redis: RedisUrl | None = None
    """redis:// or unix:// of an outside server; the packaged one is run where it is left out."""
    database: DatabaseUrl | None = None
    """An SQLAlchemy URL; a SQLite file in the state folder where it is left out."""
