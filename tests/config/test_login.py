"""The key `login` of site.yaml, and who is whom at the provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from config import settings
from config.login import passwords, provider
from config.premises import CannotStart
from cti.site.files import SiteError

OIDC = {"issuer": "https://id.example/realms/a", "client_id": "cordboard", "name": "Example"}


def change(path: Path, key: str, value: Any) -> None:
    yaml = YAML()
    text = yaml.load(path)
    text[key] = value
    yaml.dump(text, path)


def person(site: Path, name: str, **keys: str | None) -> None:
    """Changes keys of somebody; None takes one out."""
    yaml = YAML()
    path = site / "people.yaml"
    text = yaml.load(path)
    for key, value in keys.items():
        if value is None:
            del text["people"][name][key]
        else:
            text["people"][name][key] = value
    yaml.dump(text, path)


def problems(site: Path) -> list[str]:
    with pytest.raises(SiteError) as wrong:
        settings.load(site)
    return [f"{problem.key}: {problem.message}" for problem in wrong.value.problems]


def test_by_passwords_as_long_as_nothing_is_said(site: Path) -> None:
    found = settings.load(site)
    assert provider(found) is None
    assert passwords(found).keys() == found.people.keys()


def test_by_a_provider_and_who_is_whom_there(site: Path) -> None:
    (site / "oidc-secret").write_text(" s3cret\n")
    change(site / "site.yaml", "login", {"passwords": False, "oidc": OIDC | {"secret_file": "oidc-secret"}})
    person(site, "alice", oidc="alice@site.example", password=None)
    found = settings.load(site)
    oidc = provider(found)
    assert oidc is not None
    assert (oidc.name, oidc.provider.client.secret, oidc.provider.client.claim) == (
        "Example",
        "s3cret",
        "preferred_username",
    )
    assert "s3cret" not in repr(oidc.provider.client)
    assert oidc.people == {"alice@site.example": "alice", "bob": "bob", "sue": "sue", "root": "root"}
    assert passwords(found) == {}
    (site / "oidc-secret").unlink()
    with pytest.raises(CannotStart, match=r"oidc-secret.*leave login.oidc.secret_file out"):
        provider(found)


def test_who_has_no_password_logs_in_by_the_provider_only(site: Path) -> None:
    person(site, "alice", password=None)
    assert problems(site) == ["people.alice.password: is missing"]
    change(site / "site.yaml", "login", {"oidc": OIDC})
    assert passwords(settings.load(site)).keys() == {"bob", "sue", "root"}


def test_two_cannot_be_the_same_there(site: Path) -> None:
    person(site, "bob", oidc="alice")
    assert problems(site) == ["people.bob.oidc: alice is called 'alice' by the provider too"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"passwords": False}, "login: nobody could log in: leave passwords on, or set oidc"),
        ({"oidc": OIDC | {"issuer": "http://id.example"}}, "login.oidc.issuer: is not the address of a provider"),
        ({"oidc": OIDC | {"issuer": "https://id.example?a=b"}}, "login.oidc.issuer: is not the address of a provider"),
        ({"oidc": OIDC | {"claim": "a b"}}, "login.oidc.claim: "),
        ({"oidc": {"issuer": OIDC["issuer"]}}, "login.oidc.client_id: is missing"),
    ],
)
def test_what_cannot_be(site: Path, said: dict[str, Any], problem: str) -> None:
    change(site / "site.yaml", "login", said)
    assert problems(site)[0].startswith(problem)
