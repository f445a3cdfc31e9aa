"""How people log in at a site: their passwords, and its provider of OpenID."""

from __future__ import annotations

from collections.abc import Mapping

from config.files.login import identities
from config.premises import CannotStart, token_secret
from config.settings import Site
from cti.access import Gate
from cti.desk.login import Passwords
from cti.desk.oidc_api import Oidc
from cti.keys import KeyFolder
from cti.oidc import Client, Provider
from cti.sessions import SessionFolder


class LogIns:
    """Who may log in at a site, by what, and who did. Raises CannotStart."""

    def __init__(self, site: Site) -> None:
        secret = token_secret(site)
        self.sessions = SessionFolder(site.sessions, secret)
        self.gate = Gate(secret, site.access, KeyFolder(site.keys), self.sessions)
        self.passwords = Passwords({})
        self.use(site)

    def use(self, site: Site) -> None:
        """The site as it is now: ends the sessions of who is gone, or has another role or password."""
        self.passwords.use(passwords(site))
        self.gate.keep_out(site.access)


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
