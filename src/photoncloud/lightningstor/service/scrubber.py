"""The scrubber: reads every blob from disk at a limited rate and lets the store quarantine what rotted (§5.6).

Damage names bucket and key through `find_owners`, so that an operator knows what to restore; the object is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from photoncloud.lightningstor.errors import IndexUnavailable, StoreDamaged
from photoncloud.lightningstor.ports import BlobStore
from photoncloud.runtime.logging import get_logger

PAUSE_BETWEEN_PASSES_SEC = 3600
"""A store that was read whole rests before the next pass: rot is slow, disks wear."""
MAX_REPORTED_DAMAGE = 1000
"""Findings kept for the report of a pass; all of them are in the log."""

FindOwners = Callable[[bytes], Awaitable[list[str]]]
"""`bucket/key` of every version that uses a blob."""

log = get_logger("photoncloud.lightningstor.scrubber")


@dataclass(slots=True)
class ScrubReport:
    """One pass: what was read and what was found. `damaged` maps blob hex to reason and owners."""

    blobs: int = 0
    bytes: int = 0
    damaged: dict[str, str] = field(default_factory=dict)


class Scrubber:
    """`bytes_per_sec` may change while it runs; 0 switches the background passes off, not `scrub_once`."""

    def __init__(
        self,
        blobs: BlobStore,
        find_owners: FindOwners,
        *,
        bytes_per_sec: int,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._blobs = blobs
        self._find_owners = find_owners
        self.bytes_per_sec = bytes_per_sec
        self._monotonic = monotonic
        self._sleep = sleep
        self._ready_at = 0.0

    async def run(self) -> None:
        """Passes for ever, until cancelled."""
        while True:
            if self.bytes_per_sec:
                report = await self.scrub_once()
                log.info("scrub_pass", blobs=report.blobs, bytes=report.bytes, damaged=len(report.damaged))
            await self._sleep(PAUSE_BETWEEN_PASSES_SEC)

    async def scrub_once(self) -> ScrubReport:
        """Verify every blob there is."""
        return await self.scrub((blob, size) async for blob, size, _ in self._blobs.list())

    async def scrub(self, wanted: AsyncIterator[tuple[bytes, int]]) -> ScrubReport:
        """Verify the blobs that are named, each with its size; a repeated name is read again."""
        report = ScrubReport()
        async for blob, size in wanted:
            if blob.hex() in report.damaged:
                continue
            report.blobs += 1
            report.bytes += size
            try:
                await self._blobs.verify(blob, self._pace)
            except StoreDamaged as damage:
                await self._note(report, blob, damage)
        return report

    async def _note(self, report: ScrubReport, blob: bytes, damage: StoreDamaged) -> None:
        try:
            owners = await self._find_owners(blob)
        except IndexUnavailable as error:
            owners = [f"unknown: {error}"]
        log.error("scrub_damage", blob=blob.hex(), reason=damage.what, where=damage.where, owners=owners)
        if len(report.damaged) < MAX_REPORTED_DAMAGE:
            report.damaged[blob.hex()] = f"{damage.what}; used by {', '.join(owners) or 'nobody'}"

    async def _pace(self, count: int) -> None:
        """Sleep so long that on average no more than `bytes_per_sec` are read."""
        if not self.bytes_per_sec:
            return
        now = self._monotonic()
        self._ready_at = max(self._ready_at, now) + count / self.bytes_per_sec
        await self._sleep(self._ready_at - now)
