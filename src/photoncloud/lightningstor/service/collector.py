"""Giving back what nobody refers to any more: blobs, multipart bodies, parts of finished uploads, old markers.

A blob or body whose last reference may have gone is a *candidate*. After the grace period, which lets readers under
way finish, it goes if it has no reference row. No reference can be added meanwhile: a copy compares the row of its
source. Every step may be repeated after a crash: references are deleted, never counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.multipart_rules import COMPLETED_KEPT_MS
from photoncloud.lightningstor.core.plan_upload import released_hold
from photoncloud.lightningstor.core.transaction import OPERATION_LIMIT, Compare, Delete, Put, Transaction
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace, StoreDamaged
from photoncloud.lightningstor.ports import BlobStore, Index, Row
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor.collector")

PASS_INTERVAL_SEC = 30
SWEEP_INTERVAL_SEC = 6 * 3600
"""Orphans exist only after crashes; looking through all blobs is work."""
_SCAN_ROWS = 256
_MS_PER_SEC = 1000
_NS_PER_SEC = 1_000_000_000
_NS_PER_MS = 1_000_000


@dataclass(slots=True)
class CollectorStatus:
    """Totals since the start; `backlog` is how many candidates the last pass saw waiting."""

    blobs: int = 0
    bodies: int = 0
    parts: int = 0
    orphans: int = 0
    failures: int = 0
    backlog: int = 0


class _Batch:
    """Unconditional changes, committed a transaction at a time; what is added together stays together."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._changes: dict[bytes, Put | Delete] = {}
        """By row: several parts may give up the same target."""

    async def add(self, changes: Sequence[Put | Delete]) -> None:
        if len(self._changes) + len(changes) > OPERATION_LIMIT:
            await self.flush()
        self._changes.update((change.key, change) for change in changes)

    async def flush(self) -> None:
        changes, self._changes = self._changes, {}
        if changes:
            await self._index.commit(Transaction((), tuple(changes.values()), makes_room=True))


class Collector:
    """`grace_sec` and `orphan_age_sec` may change while running."""

    def __init__(
        self, index: Index, blobs: BlobStore, clock: Clock, *, grace_sec: int = 900, orphan_age_sec: int = 86_400
    ) -> None:
        self._index = index
        self._blobs = blobs
        self._clock = clock
        self.grace_sec = grace_sec
        self.orphan_age_sec = orphan_age_sec
        self.status = CollectorStatus()

    async def run(self) -> None:
        """Collect for ever, beginning at once: a server that often restarts must not fill its disk. Cancelled at the
        end of the process.
        """
        swept_ns = self._clock.monotonic_ns()
        while True:
            try:
                await self.collect()
                if self._clock.monotonic_ns() - swept_ns >= SWEEP_INTERVAL_SEC * _NS_PER_SEC:
                    swept_ns = self._clock.monotonic_ns()
                    await self.forget_completed()
                    await self.sweep()
            except (IndexUnavailable, OutOfSpace) as error:
                log.warning("collector_waits", reason=str(error))
            await self._clock.sleep(PASS_INTERVAL_SEC)

    async def collect(self) -> int:
        """One pass over what is due, until nothing more becomes due by it; returns how many candidates went."""
        total = 0
        while done := await self._pass():
            total += done
        await self._count_backlog()
        return total

    async def _pass(self) -> int:
        done = 0
        due_ms = self._now_ms() - self.grace_sec * _MS_PER_SEC + 1
        async with aclosing(self._rows(*key_space.candidates(max(due_ms, 1)))) as rows:
            async for row in rows:
                done += await self._settle(row)
                await asyncio.sleep(0)
        return done

    async def _settle(self, row: Row) -> int:
        """Deal with one candidate; 0 when it must stay for a later pass."""
        _, target = key_space.candidate_parts(row.key)
        kind, target_id = target[:1], target[1:]
        try:
            if kind == key_space.TARGET_UPLOAD:
                await self._clean_parts(target_id)
            elif not await self._is_referenced(target):
                if kind == key_space.TARGET_BLOB:
                    await self._blobs.delete(target_id)
                    self.status.blobs += 1
                else:
                    await self._dissolve(target_id)
                    self.status.bodies += 1
            await self._index.commit(Transaction((Compare(row.key, row.revision),), (Delete(row.key),)))
        except CommitLost:
            return 0  # queued anew meanwhile
        except (StoreDamaged, OSError) as error:
            self.status.failures += 1
            log.error("collector_failed", target=target.hex(), reason=str(error))
            return 0
        return 1

    async def _is_referenced(self, target: bytes) -> bool:
        cursor = await self._index.cursor(*key_space.references(target))
        try:
            return bool(await cursor.take(1))
        finally:
            cursor.close()

    async def _dissolve(self, body_id: bytes) -> None:
        """Give up what a body holds, row by row, each row last."""
        async with aclosing(self._rows(*key_space.body_segments(body_id))) as rows:
            async for row in rows:
                batch = _Batch(self._index)
                for hold in record_codec.decode_segments(row.value).holds:
                    # the body has waited, so what it held need not wait again
                    await batch.add(released_hold(body_id, hold.target, hold.number, 0))
                await batch.add([Delete(row.key)])
                await batch.flush()
        digest = Delete(key_space.segments(body_id, key_space.BODY_DIGEST_NUMBER))
        await self._index.commit(Transaction((), (digest,)))

    async def _clean_parts(self, upload_id: bytes) -> None:
        """Remove the part rows of a finished upload; parts that did not become part of the object are given up."""
        kept = await self._holds(upload_id)
        now_ms = self._now_ms()
        batch = _Batch(self._index)
        async with aclosing(self._rows(*key_space.parts(upload_id))) as rows:
            async for row in rows:
                part = record_codec.decode_part(row.value)
                changes: list[Put | Delete] = [Delete(row.key)]
                if part.hold and (part.hold, part.number) not in kept:
                    changes += released_hold(upload_id, part.hold, part.number, now_ms)
                    self.status.parts += 1
                await batch.add(changes)
        await batch.flush()

    async def _holds(self, body_id: bytes) -> set[tuple[bytes, int]]:
        held: set[tuple[bytes, int]] = set()
        async with aclosing(self._rows(*key_space.body_segments(body_id))) as rows:
            async for row in rows:
                held.update((hold.target, hold.number) for hold in record_codec.decode_segments(row.value).holds)
        return held

    # What crashes leave behind.

    async def sweep(self) -> int:
        """Remove blobs that are old and that nothing refers to; returns how many."""
        limit_ns = self._clock.now_ns() - self.orphan_age_sec * _NS_PER_SEC
        found = 0
        async for blob, _, mtime_ns in self._blobs.list():
            if mtime_ns < limit_ns and not await self._is_referenced(key_space.TARGET_BLOB + blob):
                await self._blobs.delete(blob)
                found += 1
            await asyncio.sleep(0)
        self.status.orphans += found
        return found

    async def forget_completed(self) -> None:
        """Remove the marks of uploads completed so long ago that a repeated Complete is no longer recognised."""
        limit_ms = self._now_ms() - COMPLETED_KEPT_MS
        batch = _Batch(self._index)
        async with aclosing(self._rows(*key_space.COMPLETED)) as rows:
            async for row in rows:
                if _completed_ms(row.value) < limit_ms:
                    await batch.add([Delete(row.key)])
        await batch.flush()

    async def _rows(self, start: bytes, end: bytes) -> AsyncGenerator[Row, None]:
        cursor = await self._index.cursor(start, end)
        try:
            while rows := await cursor.take(_SCAN_ROWS):
                for row in rows:
                    yield row
        finally:
            cursor.close()

    async def _count_backlog(self) -> None:
        waiting = 0
        async with aclosing(self._rows(*key_space.candidates(self._now_ms() + 1))) as rows:
            async for _ in rows:
                waiting += 1
        self.status.backlog = waiting

    def _now_ms(self) -> int:
        return self._clock.now_ns() // _NS_PER_MS


def _completed_ms(value: bytes) -> int:
    """When an upload was completed; a mark that cannot be read is as old as can be."""
    try:
        return record_codec.decode_completed(value).completed_ms
    except StoreDamaged:
        return 0
