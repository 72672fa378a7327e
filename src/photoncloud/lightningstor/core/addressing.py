"""Which bucket and key a request speaks of: virtual-host style or path style.

Host `BUCKET.DOMAIN` of a configured domain is virtual-host style (the longest domain wins); every other host is path
style, where everything between the first and the second `/` is the bucket and the rest is the key, so `/b//k` is key
`/k` and `/b` equals `/b/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HOSTS_REMEMBERED = 1024
"""Host fields whose meaning is kept: clients repeat themselves, and a flood of names must not grow."""


@dataclass(frozen=True, slots=True)
class Address:
    """Bucket name (empty: the service itself) and key (empty: the bucket itself)."""

    bucket: str
    key: bytes


class Domains:
    """The configured domains, prepared for matching."""

    __slots__ = ("_known", "_suffixes")

    def __init__(self, domains: Iterable[str]) -> None:
        cleaned = {b"." + domain.strip(".").lower().encode("idna") for domain in domains if domain.strip(".")}
        self._suffixes = tuple(sorted(cleaned, key=lambda suffix: (-len(suffix), suffix)))
        self._known: dict[bytes, str] = {}

    def bucket_of(self, host: bytes) -> str:
        """The bucket a Host field names, or empty for path style. The port and a trailing dot do not matter."""
        bucket = self._known.get(host)
        if bucket is None:
            bucket = self._match(host)
            if len(self._known) < HOSTS_REMEMBERED:
                self._known[host] = bucket
        return bucket

    def _match(self, host: bytes) -> str:
        name = host_name(host)
        if not name.endswith(self._suffixes):
            return ""
        for suffix in self._suffixes:
            if name.endswith(suffix):
                return name[: -len(suffix)].decode("latin-1")
        return ""


def host_name(host: bytes) -> bytes:
    """A Host field in lower case without port and trailing dot; an IPv6 literal keeps its brackets."""
    if host[:1] == b"[":
        return host.partition(b"]")[0].lower() + b"]"
    return host.partition(b":")[0].rstrip(b".").lower()


def address(path: bytes, host: bytes, domains: Domains) -> Address:
    """The address of a decoded path (which begins with `/` and is UTF-8) sent to `host`."""
    bucket = domains.bucket_of(host)
    if bucket:
        return Address(bucket, path[1:])
    name, _, key = path[1:].partition(b"/")
    return Address(name.decode("utf-8"), key)
