"""Why there is no connection to Asterisk's manager port, and what to do about it."""

from __future__ import annotations

import ssl

from cti.ami.errors import AmiDown

NOT_GREETED = "is this the port of bindaddr in manager.conf? That of tlsbindaddr needs asterisk.tls: true in site.yaml"
"""What to do about a port that does not greet as Asterisk does where TLS was not asked for."""


def unreachable(error: Exception, *, host: str, port: int) -> AmiDown:
    """What an error from connecting means, TLS included."""
    at = f"{host}:{port}"
    renew = "give Asterisk a new one (tlscertfile in manager.conf), then reload its manager"
    match error:
        case ssl.SSLCertVerificationError(verify_code=10):  # X509_V_ERR_CERT_HAS_EXPIRED
            return AmiDown(f"the certificate of {at} has expired, or its authority's", renew)
        case ssl.SSLCertVerificationError(verify_code=9):  # X509_V_ERR_CERT_NOT_YET_VALID
            return AmiDown(f"the certificate of {at} is not good yet", "look at both machines' clocks (chrony)")
        case ssl.SSLCertVerificationError(verify_code=62 | 64):  # a host's name, an address
            return AmiDown(
                f"the certificate of {at} is not for {host}",
                "set asterisk.host in site.yaml to a name that is in it (subjectAltName)",
            )
        case ssl.SSLCertVerificationError():
            return AmiDown(
                f"the certificate of {at} is not believed: {error.verify_message}",
                "name the authority that signed it in site.yaml: asterisk.tls_ca, a PEM file",
            )
        case ssl.SSLError():
            return AmiDown(
                f"{at} does not speak TLS as we do: {error.reason or error}",
                "is this the port of tlsbindaddr in manager.conf (often 5039), and is tlsenable = yes?",
            )
    return AmiDown(f"cannot connect: {error}")
