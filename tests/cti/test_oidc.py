"""What an OpenID provider says, and whether it is believed; the tokens here are signed by keys of our own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from cti import oidc
from cti.oidc import MOST_PENDING, PENDING_S, Begun, Client, NotBelieved, Pending, believed, called, safe

CLIENT = Client("https://id.example", "cordboard", "s3cret", "preferred_username")
KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def public(key: ec.EllipticCurvePrivateKey, kid: str = "k1") -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": kid, "alg": "ES256"}


KEYS = {"k1": jwt.PyJWK(public(KEY))}
NOW = int(time.time())
GOOD = {
    "iss": CLIENT.issuer,
    "sub": "4711",
    "aud": "cordboard",
    "iat": NOW,
    "exp": NOW + 300,
    "nonce": "n1",
    "preferred_username": "ann",
}


def signed(claims: Mapping[str, Any], key: Any = KEY, algorithm: str = "ES256", kid: str | None = "k1") -> str:
    return jwt.encode(dict(claims), key, algorithm, headers={} if kid is None else {"kid": kid})


def unsigned(algorithm: str, signature: str = "") -> str:
    parts = ({"alg": algorithm, "kid": "k1"}, GOOD)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts)
        + f".{signature}"
    )


def without(claim: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != claim}


REFUSED = {
    "no signature": unsigned("none"),
    "no signature, in capitals": unsigned("NONE"),
    "another's signature": signed(GOOD, OTHER),
    "a signature by the public key": signed(GOOD, b"x" * 32, "HS256"),
    "a signature by the client's secret": signed(GOOD, CLIENT.secret.encode() * 8, "HS256"),
    "an algorithm of another key": signed(GOOD, RSA, "RS256"),
    "another issuer": signed(GOOD | {"iss": "https://id.example/other"}),
    "another client": signed(GOOD | {"aud": "crm"}),
    "several clients, and not said whose it is": signed(GOOD | {"aud": ["cordboard", "crm"]}),
    "several clients, another's": signed(GOOD | {"aud": ["cordboard", "crm"], "azp": "crm"}),
    "another log-in": signed(GOOD | {"nonce": "n2"}),
    "no log-in": signed(without("nonce")),
    "expired": signed(GOOD | {"exp": NOW - 120}),
    "of the future": signed(GOOD | {"iat": NOW + 3600}),
    **{f"without {claim}": signed(without(claim)) for claim in ("iss", "sub", "aud", "exp", "iat")},
    "nested without end": "e30." + "[" * 5000 + ".x",
    "empty": "",
}


def test_what_is_signed_for_us_and_this_log_in_and_of_now_is_believed() -> None:
    for claims in (GOOD, GOOD | {"aud": ["cordboard"]}, GOOD | {"aud": ["cordboard", "crm"], "azp": "cordboard"}):
        assert called(believed(signed(claims), KEYS, CLIENT, "n1"), CLIENT.claim) == "ann"
    assert believed(signed(GOOD, kid=None), KEYS, CLIENT, "n1")["sub"] == "4711"


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED)
def test_nothing_else_is(token: str) -> None:
    with pytest.raises(NotBelieved):
        believed(token, KEYS, CLIENT, "n1")


def test_a_key_that_is_not_known_is_looked_for() -> None:
    for token, keys in ((signed(GOOD, OTHER, kid="k2"), KEYS), (signed(GOOD, kid=None), {**KEYS, "k2": KEYS["k1"]})):
        with pytest.raises(KeyError):
            believed(token, keys, CLIENT, "n1")


@given(st.text(max_size=80))
def test_whatever_it_is_it_is_only_refused(token: str) -> None:
    with pytest.raises(NotBelieved):
        believed(token, KEYS, CLIENT, "n1")


def test_only_public_keys_for_signatures_are_taken() -> None:
    shared = {"kty": "oct", "k": base64.urlsafe_b64encode(b"x" * 32).decode(), "kid": "k3"}
    hiding = public(KEY, "k4") | {"use": "enc"}
    found = oidc._public(
        [shared, hiding, public(KEY), {"kty": "EC", "kid": "k5"}, "no key", {"kty": "new", "kid": "k6"}]
    )
    assert list(found) == ["k1"]
    assert oidc._public("none") == {}


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        ({}, "preferred_username"),
        ({"preferred_username": ""}, "preferred_username"),
        ({"groups": ["ann"]}, "groups"),
        ({"email": "ann@site.example"}, "email"),
        ({"email": "ann@site.example", "email_verified": "true"}, "email"),
    ],
)
def test_who_it_is_has_to_be_said(claims: dict[str, Any], claim: str) -> None:
    with pytest.raises(NotBelieved):
        called(claims, claim)
    assert called({"email": "ann@site.example", "email_verified": True}, "email") == "ann@site.example"


def test_a_log_in_is_ended_once_and_in_time() -> None:
    pending = Pending()
    for number in range(MOST_PENDING + 1):
        pending.add(Begun(f"s{number}", "", "", "", float(number)))
    assert pending.take("s0", 1.0) is None
    assert pending.take("s1", 1.0 + PENDING_S) is not None
    assert pending.take("s1", 1.0) is None
    assert pending.take("s2", 2.1 + PENDING_S) is None


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://id.example/realms/a", True),
        ("http://127.0.0.1:9400", True),
        ("http://id.example", False),
        ("https://user@id.example", False),
        ("https://", False),
        ("https://[", False),
        ("file:///etc/passwd", False),
        (None, False),
    ],
)
def test_which_addresses_are_safe(url: object, good: bool) -> None:
    assert safe(url) is good
