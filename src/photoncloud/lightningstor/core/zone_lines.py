"""Lines of a zone file that point website hosts at an address (RFC 1035 master file form, for flashdns)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable

DEFAULT_TTL_SEC = 300
"""Short enough that moving a website is a matter of minutes."""


def zone_lines(hosts: Iterable[str], target: str, ttl_sec: int = DEFAULT_TTL_SEC) -> str:
    """One `A` or `AAAA` line a host, absolute names, sorted. Raises ValueError when `target` is no IP address."""
    address = ipaddress.ip_address(target)
    kind = "A" if address.version == 4 else "AAAA"
    return "".join(f"{absolute(host)} {ttl_sec} IN {kind} {address}\n" for host in sorted(set(hosts)))


def json_lines(websites: Iterable[tuple[str, str]], target: str) -> str:
    """The same as a JSON array of `{"host", "bucket", "target"}`."""
    address = str(ipaddress.ip_address(target))
    rows = [{"host": host, "bucket": bucket, "target": address} for host, bucket in sorted(set(websites))]
    return json.dumps(rows, indent=1) + "\n"


def absolute(host: str) -> str:
    """`host` as a fully qualified name with its final dot."""
    return host if host.endswith(".") else host + "."
