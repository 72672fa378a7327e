"""Leases: who ends when, and which keys end with it. Time is the caller's monotonic clock in nanoseconds."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from photoncloud.backends.metadata.errors import InvalidRequest, LeaseNotFound

MIN_TTL_SEC = 2  # shorter leases would expire between two keepalives of a busy process
MAX_TTL_SEC = 9_000_000_000  # etcd's bound
NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class LeaseRecord:
    """One lease and the keys attached to it."""

    ttl_sec: int
    deadline_ns: int
    keys: set[bytes] = field(default_factory=set)


class LeaseTable:
    """All leases of one store. `queue` may hold outdated entries; a lease's own deadline decides."""

    def __init__(self) -> None:
        self._leases: dict[int, LeaseRecord] = {}
        self._attached: dict[bytes, int] = {}
        self._queue: list[tuple[int, int]] = []

    def __contains__(self, lease: int) -> bool:
        return lease in self._leases

    def __len__(self) -> int:
        return len(self._leases)

    def grant(self, lease: int, ttl_sec: int, now_ns: int) -> int:
        """Add a lease; returns the time to live granted. Raises InvalidRequest for a TTL nobody can wait for."""
        if ttl_sec > MAX_TTL_SEC:
            raise InvalidRequest(f"lease TTL {ttl_sec} s is over {MAX_TTL_SEC} s")
        granted = max(ttl_sec, MIN_TTL_SEC)
        self._leases[lease] = LeaseRecord(granted, now_ns + granted * NANOSECONDS)
        heapq.heappush(self._queue, (now_ns + granted * NANOSECONDS, lease))
        return granted

    def renew(self, lease: int, now_ns: int) -> int:
        """Start the TTL anew; 0 when the lease is gone or already due."""
        record = self._leases.get(lease)
        if record is None or record.deadline_ns <= now_ns:
            return 0
        record.deadline_ns = now_ns + record.ttl_sec * NANOSECONDS
        heapq.heappush(self._queue, (record.deadline_ns, lease))
        return record.ttl_sec

    def remaining_sec(self, lease: int, now_ns: int) -> int:
        """Whole seconds left; -1 when the lease is gone."""
        record = self._leases.get(lease)
        return -1 if record is None else max(0, record.deadline_ns - now_ns) // NANOSECONDS

    def keys_of(self, lease: int) -> list[bytes]:
        """Attached keys in key order. Raises LeaseNotFound."""
        if lease not in self._leases:
            raise LeaseNotFound(lease)
        return sorted(self._leases[lease].keys)

    def attach(self, key: bytes, lease: int) -> None:
        """The key now belongs to `lease`; 0 detaches it."""
        before = self._attached.pop(key, 0)
        if before and before in self._leases:
            self._leases[before].keys.discard(key)
        if lease:
            self._leases[lease].keys.add(key)
            self._attached[key] = lease

    def drop(self, lease: int) -> None:
        """Forget a lease whose keys were deleted."""
        record = self._leases.pop(lease, None)
        for key in record.keys if record else ():
            self._attached.pop(key, None)

    def due(self, now_ns: int) -> list[int]:
        """Leases whose time is over, soonest first. They stay until `drop`."""
        due: list[int] = []
        while self._queue and self._queue[0][0] <= now_ns:
            _, lease = heapq.heappop(self._queue)
            record = self._leases.get(lease)
            if record is not None and record.deadline_ns <= now_ns and lease not in due:
                due.append(lease)
        return due

    def next_deadline_ns(self) -> int | None:
        """When `due` should be asked next; may be early, never late. None without leases."""
        return self._queue[0][0] if self._queue else None
