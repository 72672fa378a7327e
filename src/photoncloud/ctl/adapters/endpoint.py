"""An endpoint as people write it: URL, `host:port`, `[v6]:port`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from photoncloud.ctl.errors import UsageWrong

DEFAULT_PORTS = {
    "http": 80,
    "https": 443,
    "grpc": 50051,
    "grpcs": 50051,
    "s3": 9001,
    "dns": 53,
    "nats": 4222,
    "tls": 4222,
    "postgres": 5432,
    "postgresql": 5432,
}
TLS_SCHEMES = frozenset({"https", "grpcs", "tls"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`scheme` "" when only an address was written; `path` without the leading slash."""

    text: str
    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def has_tls(self) -> bool:
        return self.scheme in TLS_SCHEMES

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str) -> Endpoint:
    """Raises UsageWrong: no host, a port out of range, an unknown scheme, or credentials in the URL."""
    has_scheme = "://" in text
    parts = urlsplit(text if has_scheme else f"//{text}")
    try:
        port = parts.port
    except ValueError as error:
        raise UsageWrong(f"endpoint {text!r}: {error}") from error
    if has_scheme and parts.scheme not in DEFAULT_PORTS:
        raise UsageWrong(f"endpoint {text!r}: scheme is none of {', '.join(DEFAULT_PORTS)}")
    if parts.username is not None:
        raise UsageWrong("an endpoint holds no user name or password; use --token-file")
    if not parts.hostname:
        raise UsageWrong(f"endpoint {text!r} names no host")
    number = port if port is not None else DEFAULT_PORTS.get(parts.scheme)
    if number is None:
        raise UsageWrong(f"endpoint {text!r} names no port")
    return Endpoint(text, parts.scheme, parts.hostname, number, parts.path.strip("/"))
