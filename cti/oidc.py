"""Asks an OpenID provider who somebody is: authorization code flow with PKCE (OpenID Connect Core 1.0,
RFC 7636). What it says is believed only if it is signed, for us, for this log-in, and of now.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt

PENDING_S = 600.0
"""How long somebody may take to log in at the provider."""
MOST_PENDING = 1000
"""Log-ins that were begun and not ended; the oldest gives way."""
FRESH_S = 3600.0
"""How long what the provider says of itself is believed, its keys too."""
AGAIN_S = 60.0
"""How soon its keys are fetched again for a signature by one that is not known."""
LEEWAY_S = 60.0
"""How far its clock may be from ours."""
PATIENCE_S = 8.0
MAX_BYTES = 256 * 1024
"""Of one answer."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by keys that the provider alone has: none by a shared secret, and not none at all."""
_PUBLIC_KEYS = ("RSA", "EC", "OKP")


class Unreachable(Exception):
    """The provider did not answer, or not as a provider does; the message says what."""


class NotBelieved(Exception):
    """What the provider said does not prove who somebody is; the message says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """How the site is known to the provider. ``claim`` says who somebody is; ``secret`` is empty for a client
    that has none."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in at the provider. ``state`` and ``nonce`` tie its answer to it, ``verifier`` proves that it was
    begun here; ``back`` is where the provider sends the browser. ``at``: Unix seconds."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    back: str
    at: float


class Pending:
    """Log-ins that were begun and not ended, each good once and for PENDING_S. Pure."""

    def __init__(self) -> None:
        self._begun: dict[str, Begun] = {}

    def add(self, begun: Begun) -> None:
        if len(self._begun) >= MOST_PENDING:
            del self._begun[next(iter(self._begun))]
        self._begun[begun.state] = begun

    def take(self, state: str, now: float) -> Begun | None:
        """The log-in of this state, which is good no more; None for none, or one of long ago."""
        begun = self._begun.pop(state, None)
        return begun if begun is not None and abs(now - begun.at) <= PENDING_S else None


def begin(back: str, now: float) -> Begun:
    """A new log-in that leads to the page ``back``."""
    return Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), back, now)


def safe(url: object) -> bool:
    """Whether nobody on the way can read or change what is asked there: HTTPS, or this machine."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = parts.hostname if parts else None
    except ValueError:
        return False
    if parts is None or not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1"))


def believed(token: str, keys: Mapping[str, jwt.PyJWK], client: Client, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token, signed by one of ``keys`` (by id), for this client and this log-in.

    Raises NotBelieved; KeyError for a key that is not known.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise NotBelieved("the ID token is not signed by a key of the provider")
        kid = header.get("kid")
        key = keys[kid] if kid is not None else next(iter(keys.values())) if len(keys) == 1 else keys[""]
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=client.client_id,
            issuer=client.issuer,
            leeway=LEEWAY_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError, RecursionError) as error:
        raise NotBelieved(f"the ID token is not good: {type(error).__name__}") from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client.client_id) != client.client_id:
        raise NotBelieved("the ID token was made for another client")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode("utf-8", "replace"), nonce.encode()):
        raise NotBelieved("the ID token is of another log-in")
    return claims


def called(claims: Mapping[str, Any], claim: str) -> str:
    """What the provider calls this person. Raises NotBelieved."""
    said = claims.get(claim)
    if not isinstance(said, str) or not said:
        raise NotBelieved(f"the ID token does not say the {claim}")
    if claim == "email" and claims.get("email_verified") is not True:
        raise NotBelieved("the provider has not verified the mail address")
    return said


class Provider:
    """The provider of a site. ``clock`` gives seconds of a clock that goes on."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self._clock = clock
        self._trust = ssl.create_default_context()
        self._said: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Mapping[str, jwt.PyJWK]] | None = None

    async def url(self, begun: Begun) -> str:
        """Where the browser goes to log in. Raises Unreachable."""
        said = await self._discovered()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": begun.back,
            "scope": "openid profile email",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        where = str(said["authorization_endpoint"])
        return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"

    async def who(self, begun: Begun, code: str) -> str:
        """What the provider calls who came back with this code. Raises Unreachable, NotBelieved."""
        said = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.back,
            "code_verifier": begun.verifier,
        }
        id, secret, auth = self.client.client_id, self.client.secret, None
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and isinstance(ways, list) and "client_secret_basic" in ways:
            auth = httpx.BasicAuth(quote(id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": id} | ({"client_secret": secret} if secret else {})
        token = (await self._ask("POST", str(said["token_endpoint"]), form, auth)).get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("the provider gave no ID token")
        try:
            claims = believed(token, await self._known_keys(said), self.client, begun.nonce)
        except KeyError:
            try:
                claims = believed(token, await self._known_keys(said, AGAIN_S), self.client, begun.nonce)
            except KeyError:
                raise NotBelieved("the ID token is signed by a key that is not the provider's") from None
        return called(claims, self.client.claim)

    async def _discovered(self) -> Mapping[str, Any]:
        if self._said is None or self._clock() - self._said[0] >= FRESH_S:
            said = await self._ask("GET", self.client.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if said.get("issuer") != self.client.issuer:
                raise Unreachable("the provider says that it is another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not safe(said.get(name)):
                    raise Unreachable(f"the provider's {name} is no address that is safe")
            self._said = (self._clock(), said)
        return self._said[1]

    async def _known_keys(self, said: Mapping[str, Any], fresh_s: float = FRESH_S) -> Mapping[str, jwt.PyJWK]:
        if self._keys is None or self._clock() - self._keys[0] >= fresh_s:
            found = await self._ask("GET", str(said["jwks_uri"]))
            self._keys = (self._clock(), _public(found.get("keys")))
        return self._keys[1]

    async def _ask(
        self, how: str, url: str, form: Mapping[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> Mapping[str, Any]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "cordboard"}
        body = bytearray()
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=PATIENCE_S, headers=headers) as http,
                http.stream(how, url, data=dict(form) if form else None, auth=auth) as answer,
            ):
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise Unreachable("the provider's answer is too long")
            found = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ssl.SSLError) as error:
            raise Unreachable(f"the provider does not answer: {type(error).__name__}") from None
        except (ValueError, RecursionError):
            raise Unreachable(f"the provider answers {answer.status_code} and no JSON") from None
        if how == "POST" and answer.status_code in (400, 401):
            why = found.get("error") if isinstance(found, dict) else None
            raise NotBelieved(f"the provider refuses the code: {why if why in _REFUSALS else answer.status_code}")
        if answer.status_code != httpx.codes.OK or not isinstance(found, dict):
            raise Unreachable(f"the provider answers {answer.status_code}")
        return found


_REFUSALS = ("invalid_grant", "invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type")


def _public(keys: object) -> Mapping[str, jwt.PyJWK]:
    """The keys that can be used to check signatures; of a shared secret, none."""
    found = {}
    for one in keys if isinstance(keys, list) else ():
        if not isinstance(one, dict) or one.get("kty") not in _PUBLIC_KEYS or one.get("use", "sig") != "sig":
            continue
        try:
            found[str(one.get("kid", ""))] = jwt.PyJWK(one)
        except (jwt.PyJWTError, TypeError, ValueError):
            continue  # of a kind that we do not know; others may do
    return found
