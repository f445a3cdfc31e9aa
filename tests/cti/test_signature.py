"""The signature, as somebody else would check it."""

from __future__ import annotations

import subprocess

from hypothesis import given
from hypothesis import strategies as st

from cti.signature import signature


def test_as_openssl_has_it() -> None:
    command = ["openssl", "dgst", "-sha256", "-hmac", "a secret", "-r"]
    run = subprocess.run(command, input=b'1795333152.{"events":[]}', capture_output=True, check=True)
    expected = run.stdout.split()[0].decode()
    assert signature(b"a secret", b'{"events":[]}', 1795333152.9) == f"t=1795333152,v1={expected}"


@given(st.binary(), st.binary(), st.integers(0, 2**40), st.integers(0, 2**40))
def test_other_bodies_and_times_are_signed_otherwise(body: bytes, other: bytes, at: int, later: int) -> None:
    same = signature(b"a secret", body, at) == signature(b"a secret", other, later)
    assert same == ((body, at) == (other, later))
