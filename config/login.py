"""How people log in at a site: their passwords, and its provider of OpenID."""

from __future__ import annotations

from collections.abc import Mapping

from config.files.login import identities
from config.premises import CannotStart
from config.settings import Site
from cti.desk.oidc_api import Oidc
from cti.oidc import Client, Provider


def passwords(site: Site) -> Mapping[str, str]:
    """The hashes of passwords by name; none where nobody logs in by one."""
    if not site.settings.login.passwords:
        return {}
    return {name: person.password for name, person in site.people.items() if person.password}


def provider(site: Site) -> Oidc | None:
    """The site's provider, with who is whom there. Raises CannotStart."""
    settings = site.settings.login.oidc
    if settings is None:
        return None
    secret = ""
    if settings.secret_file is not None:
        path = site.folder / settings.secret_file
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"the secret of the OpenID client cannot be read from {path}: {error}"
            raise CannotStart(f"{message}. Write it there, or leave login.oidc.secret_file out.") from None
    client = Client(settings.issuer, settings.client_id, secret, settings.claim)
    return Oidc(settings.name, Provider(client), identities(site.people))
