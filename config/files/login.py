"""The key ``login`` of site.yaml: by passwords, by a provider of OpenID, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from config.files.people import PeopleFile, PersonSettings
from cti.oidc import safe
from cti.site.files import Document, Problem, SiteModel


def _issuer(url: str) -> str:
    if not safe(url) or "?" in url:
        raise ValueError("is not the address of a provider: https://, a host, and maybe a path")
    return url


class OidcSettings(SiteModel):
    """A provider of OpenID Connect, where Cordboard is a client of the kind web application."""

    issuer: Annotated[str, Field(max_length=500), AfterValidator(_issuer)]
    client_id: Annotated[str, Field(min_length=1, max_length=250)]
    secret_file: Path | None = None
    """Relative to the site's folder. A client without a secret has none."""
    name: Annotated[str, Field(min_length=1, max_length=40)]
    claim: Annotated[str, Field(pattern=r"^[A-Za-z_][\w:/.-]{0,99}$")] = "preferred_username"


class LoginSettings(SiteModel):
    """How people log in."""

    passwords: Annotated[bool, Field(strict=True)] = True
    oidc: OidcSettings | None = None

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if not self.passwords and self.oidc is None:
            raise ValueError("nobody could log in: leave passwords on, or set oidc")
        return self


def identities(people: Mapping[str, PersonSettings]) -> Mapping[str, str]:
    """Each person's name here, by what the provider calls him."""
    return {person.oidc or name: name for name, person in people.items()}


def mistakes(login: LoginSettings | None, people: PeopleFile, document: Document) -> Iterator[Problem]:
    """People who cannot log in, or not as themselves; ``login`` is None where it could not be read."""
    named: dict[str, str] = {}
    for name, person in people.people.items():
        if login is not None and login.oidc is None and not person.password:
            yield document.problem(("people", name, "password"), "is missing", "or set login.oidc in site.yaml")
        called = person.oidc or name
        if called in named:
            message = f"{named[called]} is called {called!r} by the provider too"
            key = ("people", name, "oidc") if person.oidc else ("people", name)
            yield document.problem(key, message, "set oidc to what the provider calls each")
        named[called] = name
