"""Layer tls: a verified handshake, and who presented what when it fails."""

from __future__ import annotations

import datetime
import ssl
from dataclasses import dataclass
from typing import Any

from photoncloud.ctl.adapters.connection import Route

HANDSHAKE_TIMEOUT_SEC = 3.0
_NOT_AFTER = "%b %d %H:%M:%S %Y %Z"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths; "" for the machine's own authorities and for no client certificate."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """`failure` "" when the chain, the name and the dates are good and our certificate was taken."""

    failure: str = ""
    protocol: str = ""
    subject: str = ""
    days_left: float | None = None


def context(files: TlsFiles) -> ssl.SSLContext:
    """Raises OSError or ssl.SSLError when the files give none."""
    made = ssl.create_default_context(cafile=files.ca_file or None)
    if files.cert_file:
        made.load_cert_chain(files.cert_file, files.key_file or None)
    return made


def shake_hands(route: Route, now: datetime.datetime) -> Handshake:
    """`route` has a context. Never raises for what the other side does."""
    try:
        with route.connect(HANDSHAKE_TIMEOUT_SEC) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            # In TLS 1.3 a refused client certificate shows only on the first read.
            connection.settimeout(0.2)
            _provoke(connection)
            certificate: Any = connection.getpeercert() or {}
            return Handshake("", connection.version() or "", _subject(certificate), _days_left(certificate, now))
    except ssl.SSLCertVerificationError as error:
        return Handshake(f"{error.verify_message}{_presented(route)}")
    except ssl.SSLError as error:
        return Handshake(f"{(error.reason or str(error)).lower().replace('_', ' ')}")
    except OSError as error:
        return Handshake(f"the handshake broke: {error.strerror or error}")


def _provoke(connection: ssl.SSLSocket) -> None:
    try:
        connection.recv(1)
    except (TimeoutError, ssl.SSLWantReadError):
        return


def _presented(route: Route) -> str:
    """Subject and issuer of the certificate that was refused, read without trusting it."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    try:
        with Route(route.address, route.family, route.server_name, blind).connect(HANDSHAKE_TIMEOUT_SEC) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            raw = connection.getpeercert(binary_form=True)
    except (TimeoutError, OSError):
        return ""
    return f" ({_described(raw)})" if raw else ""


def _described(raw: bytes) -> str:
    try:
        from cryptography import x509
    except ModuleNotFoundError:
        return "install photoncloud[server] to see its subject"
    certificate = x509.load_der_x509_certificate(raw)
    until = certificate.not_valid_after_utc.date().isoformat()
    subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    return f"subject {subject}, issuer {issuer}, valid until {until}"


def _subject(certificate: Any) -> str:
    parts = [pair for group in certificate.get("subject", ()) for pair in group]
    return ", ".join(f"{key}={value}" for key, value in parts)


def _days_left(certificate: Any, now: datetime.datetime) -> float | None:
    text = certificate.get("notAfter")
    if not text:
        return None
    until = datetime.datetime.strptime(text, _NOT_AFTER).replace(tzinfo=datetime.UTC)
    return (until - now).total_seconds() / 86400
