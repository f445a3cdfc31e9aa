"""A small OpenID provider that lies where it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

CODE = "c0de"


class Openid:
    """``claims`` and ``metadata`` are put over what a good provider says; ``key`` signs, by ``algorithm``."""

    def __init__(self) -> None:
        self.issuer = ""
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.kid = "k1"
        self.published = self.key = ec.generate_private_key(ec.SECP256R1())
        self.status = 200
        self.raw: str | None = None
        """Answered in place of everything."""
        self.paths: list[str] = []
        self.form: dict[str, str] = {}
        """What came with the code."""
        self.authorization = ""

    def answer(self, path: str) -> tuple[int, str]:
        """The status and the body."""
        self.paths.append(path)
        if self.raw is not None:
            return self.status, self.raw
        return self.status, json.dumps(self._said(path))

    def _said(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {"issuer": self.issuer, **{name: self.issuer + end for name, end in ends.items()}, **self.metadata}
        if path == "/keys":
            jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.published.public_key()))
            return {"keys": [{**jwk, "kid": self.kid}]}
        now = int(time.time())
        good = {"iss": self.issuer, "aud": "cordboard", "sub": "4711", "iat": now, "exp": now + 300}
        claims = good | {"nonce": self.nonce, "preferred_username": "ann.a"} | self.claims
        return {"id_token": jwt.encode(claims, self.key, "ES256", {"kid": self.kid}), "token_type": "Bearer"}


@contextmanager
def openid() -> Iterator[Openid]:
    """One at work on a port of this machine."""
    provider = Openid()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = provider.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            provider.form = {name: values[0] for name, values in parse_qs(form).items()}
            provider.authorization = self.headers.get("authorization", "")
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
