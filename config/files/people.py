"""people.yaml: who may log in, and who answers, as it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from config.files.fields import BrowserPhone, Name, Phone, fits
from cti.access import RIGHTS, Right, Role
from cti.site.files import Key, SiteModel
from routing.agents import Agent
from routing.queues_file import Groups, Skills

# What is not a hash may be the password itself: it is not shown.
Hash = Annotated[str, fits(r"\$argon2id?\$[\w$,=+/]+", "must be a hash; `cordboard password` makes one")]


def mark_of(hashed: str) -> str:
    """Tells a password's hash from others, and nothing of it."""
    return hashlib.sha256(hashed.encode()).hexdigest()[:16]


class PersonSettings(SiteModel):
    """One entry of people.yaml."""

    role: Role
    password: Hash = ""
    """A hash made by ``cordboard password``; none for who logs in by the site's provider only."""
    oidc: Annotated[str, Field(max_length=250)] = ""
    """What the provider calls the person, where that is not the name here."""
    phone: Phone | None = None
    """The same as ``phones`` with this one."""
    phones: Annotated[tuple[Phone, ...], Field(max_length=10)] = ()
    """Where the person may sit; the first is the usual place."""
    browser_phone: BrowserPhone | None = None
    """A further phone, in the person's page; `cordboard phones` writes it for Asterisk."""
    skills: Skills = Field(default_factory=dict)
    groups: Groups = ()
    auto_answer: Annotated[bool, Field(strict=True)] = False

    @property
    def password_mark(self) -> str:
        """Another one with each new password; nothing can be told from it."""
        return mark_of(self.password) if self.password else ""

    @model_validator(mode="after")
    def _has_phones(self) -> Self:
        if self.phone is not None and self.phones:
            raise ValueError("has phone and phones: write all of them in phones, the usual one first")
        if self.role is Role.AGENT and not self.dialled:
            raise ValueError("an agent needs a phone")
        if self.dialled and Right.DESK not in RIGHTS[self.role]:
            raise ValueError(f"the role {self.role} takes no calls: leave the phone out")
        return self

    @property
    def dialled(self) -> Sequence[tuple[Key, str]]:
        """All phones, the usual one first, each with where it stands."""
        found: list[tuple[Key, str]] = [(("phones", i), phone) for i, phone in enumerate(self.phones)]
        if self.phone is not None:
            found.append((("phone",), self.phone))
        if self.browser_phone is not None:
            found.append((("browser_phone",), self.browser_phone))
        return found

    @property
    def usual_phone(self) -> str:
        """Empty for who has none."""
        return self.dialled[0][1] if self.dialled else ""

    def agent(self, name: str) -> Agent:
        further = tuple(phone for _, phone in self.dialled[1:])
        return Agent(name, self.usual_phone, self.skills, frozenset(self.groups), further, self.auto_answer)


class PeopleFile(SiteModel):
    """people.yaml."""

    people: Mapping[Name, PersonSettings] = Field(min_length=1)


def agents_of(people: Mapping[str, PersonSettings]) -> Mapping[str, Agent]:
    return {name: person.agent(name) for name, person in people.items() if person.role is Role.AGENT}
