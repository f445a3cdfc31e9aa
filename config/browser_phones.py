"""Phones in the browser: their passwords, and the file of pjsip.conf that has them for Asterisk.

No password is stored or typed: each comes from the site's key and the phone's name, so that the
file and the page cannot differ.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from importlib import resources
from string import Template

from config.premises import phone_secret
from config.settings import Site
from cti.desk.phone import BrowserPhone

_SECTIONS = """
[{name}](cordboard-browser-phone)
auth = {name}-auth
aors = {name}
[{name}-auth](cordboard-browser-auth)
username = {name}
password = {password}
[{name}](cordboard-browser-aor)
"""


class _File(Template):
    delimiter = "@"


def password(key: bytes, user: str) -> str:
    """The password of a phone: 128 bits of HMAC-SHA-256 (RFC 2104), as 32 hexadecimal digits."""
    return hmac.digest(key, user.encode(), "sha256").hex()[:32]


def accounts(site: Site) -> Mapping[str, BrowserPhone]:
    """What each person's page registers with, by the person's name. Raises CannotStart: there is no key."""
    if not site.browser_phones:
        return {}
    key = phone_secret(site)
    url = site.settings.web.phone_url or ""
    users = {name: phone.partition("/")[2] for name, phone in site.browser_phones.items()}
    return {name: BrowserPhone(url=url, user=user, password=password(key, user)) for name, user in users.items()}


def render(site: Site) -> str:
    """The include file for Asterisk's pjsip.conf. It has the passwords in it. Raises CannotStart: there is
    no key."""
    text = resources.files("config").joinpath("asterisk/pjsip_cordboard.conf").read_text(encoding="utf-8")
    phones = [_SECTIONS.format(name=a.user, password=a.password) for a in accounts(site).values()]
    return _File(text).substitute(phones="".join(phones))
