"""How a webhook's target knows that a message is ours, and new: HMAC-SHA256 over its time and its body."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "Cordboard-Signature"


def signature(secret: bytes, body: bytes, at: float) -> str:
    """The header's value, ``t=SECONDS,v1=HEX``: Unix seconds, and the HMAC of them, a dot, and the body."""
    seconds = int(at)
    signed = hmac.new(secret, b"%d." % seconds + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"
