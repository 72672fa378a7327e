"""Totals of every bucket (stored object versions and bytes), and the newest time anything was committed at.

Deltas are kept in memory and written every minute, so totals never conflict with writes; a store that was not closed
cleanly is counted anew.
"""

from __future__ import annotations

import asyncio

import msgspec

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.transaction import OPERATION_LIMIT, Delete, Put, Transaction
from photoncloud.lightningstor.core.versioning import Usage
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.lightningstor.ports import Index

FLUSH_INTERVAL_SEC = 60
_SCAN_ROWS = 512
CLEAN = key_space.system("usage-clean")
"""Row that says the totals lack nothing: there only between a clean end and the next start."""
_CLOCK = key_space.system("clock")
_TOTALS = "usage/"


class UsageLedger:
    """`needs_recount` after `load`: the totals are what the last flush wrote, and may lack what came after it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._totals: dict[bytes, Usage] = {}
        self._changed: set[bytes] = set()
        self.newest_ms = 0
        self.needs_recount = False

    # Facts.

    def add(self, bucket_id: bytes, change: Usage, now_ms: int) -> None:
        """A commit changed a bucket."""
        if now_ms > self.newest_ms:
            self.newest_ms = now_ms
        if change.objects or change.size:
            before = self._totals.get(bucket_id, Usage())
            self._totals[bucket_id] = Usage(before.objects + change.objects, before.size + change.size)
            self._changed.add(bucket_id)

    def of(self, bucket_id: bytes) -> Usage:
        return self._totals.get(bucket_id, Usage())

    def all(self) -> Usage:
        """Every bucket together. May be called from another thread."""
        totals = list(self._totals.values())
        return Usage(sum(total.objects for total in totals), sum(total.size for total in totals))

    def forget(self, bucket_id: bytes) -> None:
        """The bucket was deleted."""
        self._totals.pop(bucket_id, None)
        self._changed.add(bucket_id)

    # Keeping them.

    async def load(self) -> None:
        """Read the totals; from now on the store counts as not closed cleanly."""
        clock, clean = await self._index.get_many((_CLOCK, CLEAN))
        self.newest_ms = 0 if clock is None else int.from_bytes(clock.value, "big")
        self.needs_recount = clean is None
        cursor = await self._index.cursor(*key_space.system_prefix(_TOTALS))
        try:
            while rows := await cursor.take(_SCAN_ROWS):
                for row in rows:
                    bucket_id = bytes.fromhex(row.key.removeprefix(key_space.system(_TOTALS)).decode())
                    self._totals[bucket_id] = Usage(*msgspec.msgpack.decode(row.value, type=tuple[int, int]))
        finally:
            cursor.close()
        if clean is not None:
            await self._index.commit(Transaction((), (Delete(CLEAN),)))

    async def flush(self) -> None:
        """Write what changed since the last flush."""
        changed, self._changed = self._changed, set()
        changes: list[Put | Delete] = [self._row(bucket_id) for bucket_id in changed]
        changes.append(Put(_CLOCK, self.newest_ms.to_bytes(8, "big")))
        try:
            for start in range(0, len(changes), OPERATION_LIMIT):
                batch = tuple(changes[start : start + OPERATION_LIMIT])
                await self._index.commit(Transaction((), batch))
        except BaseException:
            self._changed |= changed
            raise

    def _row(self, bucket_id: bytes) -> Put | Delete:
        key = key_space.system(_TOTALS + bucket_id.hex())
        total = self._totals.get(bucket_id)
        return Delete(key) if total is None else Put(key, msgspec.msgpack.encode((total.objects, total.size)))

    async def close(self) -> None:
        """The last flush, and the mark that nothing is missing from it."""
        await self.flush()
        if not self.needs_recount:
            await self._index.commit(Transaction((), (Put(CLEAN, b"\1"),)))

    async def recount(self, bucket_id: bytes) -> Usage:
        """Count one bucket from its rows and correct its total by what was found.

        Writes during the count are kept: the correction is the difference to the total at its beginning.
        """
        before = self.of(bucket_id)
        counted = Usage()
        cursors = await self._index.cursors(
            [key_space.bucket_rows(key_space.CURRENT, bucket_id), key_space.bucket_rows(key_space.VERSION, bucket_id)]
        )
        try:
            for cursor in cursors:
                while rows := await cursor.take(_SCAN_ROWS):
                    for row in rows:
                        counted = _plus(counted, row.value)
                    await asyncio.sleep(0)
        finally:
            for cursor in cursors:
                cursor.close()
        self.add(bucket_id, Usage(counted.objects - before.objects, counted.size - before.size), 0)
        return counted


def _plus(counted: Usage, value: bytes) -> Usage:
    """One version more; a record that cannot be read has no size."""
    try:
        record = record_codec.decode_object(value)
    except StoreDamaged:
        return counted
    return counted.plus(record, +1)
