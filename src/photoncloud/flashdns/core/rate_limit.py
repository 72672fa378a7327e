"""Response rate limiting: which replies to an address block are sent, slipped or dropped (flashdns.md §4.10)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address, ip_network

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core.answer import Kind


class Action(Enum):
    """What happens to a reply. SLIP: an empty truncated reply, so that an honest client comes back by TCP."""

    SEND = "send"
    SLIP = "slip"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The `[standalone.rrl]` settings."""

    responses_per_sec: int = 200
    nxdomains_per_sec: int = 100
    referrals_per_sec: int = 200
    errors_per_sec: int = 50
    slip: int = 2
    window_sec: int = 15
    ipv4_prefix: int = 24
    ipv6_prefix: int = 56
    exempt: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    table_entries: int = 100_000

    def rate(self, kind: Kind) -> int:
        """Replies a second; 0 means unlimited. NODATA and NXDOMAIN share the rate of absence."""
        return {
            "positive": self.responses_per_sec,
            "nodata": self.nxdomains_per_sec,
            "nxdomain": self.nxdomains_per_sec,
            "referral": self.referrals_per_sec,
            "error": self.errors_per_sec,
        }[kind]


_CLASS_OF: dict[Kind, str] = {
    "positive": "positive", "nodata": "absent", "nxdomain": "absent", "referral": "referral", "error": "error",
}  # fmt: skip


class RateLimiter:
    """Token buckets for (block, class, imputed name). One for each worker; not shared between threads."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._exempt = [ip_network(block) for block in limits.exempt]
        # key -> [credit, time of the last reply in ns, refused in a row]; oldest use first
        self._buckets: OrderedDict[tuple[bytes, str, bytes], list[int]] = OrderedDict()

    def is_exempt(self, address: bytes) -> bool:
        """Whether an address (4 or 16 octets) is never limited."""
        ip = ip_address(address)
        return any(ip in block for block in self._exempt if block.version == ip.version)

    def decide(self, address: bytes, kind: Kind, imputed: bytes, now_ns: int) -> Action:
        """Count one reply of `kind` about `imputed` to `address`.

        A bucket holds one second of replies and may owe a window of them, so that a flood stays limited until it ends.
        """
        rate = self._limits.rate(kind)
        if rate == 0:
            return Action.SEND
        counted = names.ROOT if kind == "error" else imputed
        bucket = self._bucket((self._block(address), _CLASS_OF[kind], counted), rate, now_ns)
        earned = (now_ns - bucket[1]) * rate // 1_000_000_000
        if earned > 0:
            bucket[0] = min(rate, bucket[0] + earned)
            bucket[1] = now_ns
        bucket[0] = max(bucket[0] - 1, -rate * self._limits.window_sec)
        if bucket[0] >= 0:
            bucket[2] = 0
            return Action.SEND
        bucket[2] += 1
        slip = self._limits.slip
        return Action.SLIP if slip and bucket[2] % slip == 0 else Action.DROP

    def _bucket(self, key: tuple[bytes, str, bytes], rate: int, now_ns: int) -> list[int]:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._limits.table_entries:
                self._buckets.popitem(last=False)
            bucket = self._buckets[key] = [rate, now_ns, 0]
        else:
            self._buckets.move_to_end(key)
        return bucket

    def _block(self, address: bytes) -> bytes:
        bits = self._limits.ipv4_prefix if len(address) == 4 else self._limits.ipv6_prefix
        drop = len(address) * 8 - bits
        return (int.from_bytes(address, "big") >> drop << drop).to_bytes(len(address), "big")
