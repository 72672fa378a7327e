"""The zones a server hosts and how a name finds its zone (flashdns.md §4.4 rule 1)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.zone import Zone


class ZoneState(Enum):
    """Whether a hosted zone can answer."""

    SERVED = "served"
    NOT_READY = "not_ready"  # configured, never loaded, or a secondary without a first transfer
    EXPIRED = "expired"  # a secondary whose primary was not reached for `expire`
    REFUSED = "refused"  # the checker refused the only version there is


class HostedZone:
    """One apex. A new version is published as a whole; readers see the old or the new one, never a mixture.

    `live` is the version that may be answered from, None in every state but SERVED.
    """

    __slots__ = ("apex", "expires_at_sec", "live", "revision", "state", "zone")

    def __init__(self, apex: bytes, zone: Zone | Image | None = None, *, revision: int = 0) -> None:
        self.apex = apex.lower()
        self.zone: Zone | Image | None = None
        self.live: Zone | Image | None = None
        self.state = ZoneState.NOT_READY
        self.revision = revision
        self.expires_at_sec: int | None = None  # Unix time; secondaries only
        if zone is not None:
            self.publish(zone, revision)

    def publish(self, zone: Zone | Image, revision: int) -> None:
        """Answer from a new version."""
        self.zone, self.revision, self.state = zone, revision, ZoneState.SERVED
        self.live = zone

    def withdraw(self, state: ZoneState) -> None:
        """Stop answering: the zone expired or was refused. The version is kept for a later transfer or comparison."""
        self.live = None
        self.state = state


class ZoneDirectory:
    """Immutable set of hosted zones; adding or removing one makes a new directory."""

    def __init__(self, zones: Iterable[HostedZone]) -> None:
        self.zones = {zone.apex: zone for zone in zones}
        self._depths = sorted({names.label_count(apex) for apex in self.zones}, reverse=True)

    def find(self, name: bytes) -> HostedZone | None:
        """The hosted zone with the longest apex at or above a folded name."""
        starts = names.offsets(name)
        labels = len(starts) - 1
        for depth in self._depths:
            if depth <= labels:
                zone = self.zones.get(name[starts[labels - depth] :])
                if zone is not None:
                    return zone
        return None

    def find_for(self, name: bytes, qtype: int) -> HostedZone | None:
        """Like `find`; DS at an apex belongs to the parent zone when that is hosted too (RFC 4035 §3.1.4.1)."""
        zone = self.find(name)
        if qtype == rr.DS and zone is not None and zone.apex == name and name != names.ROOT:
            return self.find(names.parent(name)) or zone
        return zone
