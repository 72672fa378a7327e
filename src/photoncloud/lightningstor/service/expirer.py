"""Lifecycle carried out: a background walk that deletes what is due by ordinary conditional commits.

Every deletion demands that the version is still the one the decision was made for, so a rewrite in between wins.
Object lock wins over lifecycle. When the wall clock is far behind the newest record nothing is deleted at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from photoncloud.lightningstor.core import key_space, lifecycle, lock
from photoncloud.lightningstor.core.plan_put import EventRows
from photoncloud.lightningstor.core.version_id import NULL_REF, VersionRef
from photoncloud.lightningstor.errors import IndexUnavailable, OutOfSpace, S3Error, StoreDamaged
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory
from photoncloud.lightningstor.service.lifecycle_walk import Action, due_actions
from photoncloud.lightningstor.service.objects import Deletion, Objects
from photoncloud.lightningstor.service.outbox import Cause, EventOutbox
from photoncloud.lightningstor.service.usage import UsageLedger

BATCH = 256
"""Deletions between two pauses: other work gets its turn."""
PAUSE_SEC = 0.05
WALKS_PER_DAY = 24
"""Walks in a lifecycle day: due times are multiples of a day, so an hour's delay is the most that shows."""
LONGEST_WAIT_SEC = 3600.0
SHORTEST_WAIT_SEC = 0.5
LIFECYCLE_PRINCIPAL = "s3.amazonaws.com"

AbortUpload = Callable[[Bucket, bytes, bytes], Awaitable[None]]
"""Abort the upload (bucket, key, upload id); what is gone already is a success."""


@dataclass
class ExpirerStatus:
    """What the last walk did; `stopped` says why lifecycle does nothing, empty while it works."""

    deleted: int = 0
    kept_by_lock: int = 0
    failures: list[str] = field(default_factory=list)
    stopped: str = ""


class Expirer:
    def __init__(
        self,
        index: Index,
        directory: BucketDirectory,
        objects: Objects,
        abort_upload: AbortUpload,
        outbox: EventOutbox,
        usage: UsageLedger,
        now_ns: Callable[[], int],
        *,
        day_sec: int = lifecycle.DAY_SEC,
    ) -> None:
        self._index = index
        self._directory = directory
        self._objects = objects
        self._abort_upload = abort_upload
        self._outbox = outbox
        self._usage = usage
        self._now_ns = now_ns
        self._day_sec = day_sec
        self.status = ExpirerStatus()

    async def run(self) -> None:
        """Walk for ever; cancelled at the end of the process."""
        wait = min(max(self._day_sec / WALKS_PER_DAY, SHORTEST_WAIT_SEC), LONGEST_WAIT_SEC)
        while True:
            await asyncio.sleep(wait)
            try:
                await self.walk()
            except IndexUnavailable as error:
                self.status.stopped = f"the index does not answer: {error}"

    async def walk(self) -> ExpirerStatus:
        """Do everything that is due now."""
        now_ms = self._now_ns() // 1_000_000
        status = self.status = ExpirerStatus()
        if lock.clock_is_behind(now_ms, self._usage.newest_ms):
            status.stopped = "the clock is more than an hour behind the newest record"
            return status
        async for bucket in self._buckets():
            try:
                await self._walk_bucket(bucket, now_ms, status)
            except S3Error as error:  # rules this program cannot read
                status.failures.append(f"{bucket.record.name}: {error.code}")
        return status

    async def _walk_bucket(self, bucket: Bucket, now_ms: int, status: ExpirerStatus) -> None:
        done = 0
        async for action in due_actions(self._index, bucket, now_ms, self._day_sec):
            await self._carry_out(bucket, action, status)
            done += 1
            if done % BATCH == 0:
                await asyncio.sleep(PAUSE_SEC)

    async def dry_run(self, bucket: Bucket, at_ms: int) -> AsyncIterator[Action]:
        """What a walk at `at_ms` would do."""
        async for action in due_actions(self._index, bucket, at_ms, self._day_sec):
            yield action

    async def _buckets(self) -> AsyncIterator[Bucket]:
        cursor = await self._index.cursor(*key_space.BUCKETS)
        try:
            await cursor.seek(key_space.BUCKETS[0])
            while rows := await cursor.take(BATCH):
                for row in rows:
                    bucket = await self._bucket(row.key)
                    if bucket is not None and "lifecycle" in bucket.documents:
                        yield bucket
        finally:
            cursor.close()

    async def _bucket(self, row_key: bytes) -> Bucket | None:
        """The bucket of a row; None when it went meanwhile or cannot be read."""
        try:
            return await self._directory.get(row_key.removeprefix(key_space.BUCKETS[0]).decode())
        except StoreDamaged:
            return None

    async def _carry_out(self, bucket: Bucket, action: Action, status: ExpirerStatus) -> None:
        try:
            if action.kind == "abort-upload":
                await self._abort_upload(bucket, action.key, action.upload_id)
            else:
                await self._objects.delete(bucket, action.key, self._deletion(bucket, action))
            status.deleted += 1
        except S3Error as error:
            if error.code == "AccessDenied":
                status.kept_by_lock += 1
            else:
                status.failures.append(f"{bucket.record.name}/{action.key.decode()}: {error.code}")
        except OutOfSpace:
            status.failures.append(f"{bucket.record.name}/{action.key.decode()}: no space for a delete marker")

    def _deletion(self, bucket: Bucket, action: Action) -> Deletion:
        record = action.record
        assert record is not None
        whole_key = action.kind in ("expire", "add-marker")
        ref = None if whole_key else VersionRef(record.sequence, record.version_tail)
        return Deletion(
            ref=NULL_REF if ref is not None and not record.version_tail else ref,
            owner=bucket.record.owner,
            owner_name=bucket.record.owner_name,
            expected_sequence=record.sequence,
            removed_events=self._events(bucket, action.key, "s3:LifecycleExpiration:Delete"),
            marker_events=self._events(bucket, action.key, "s3:LifecycleExpiration:DeleteMarkerCreated"),
        )

    def _events(self, bucket: Bucket, key: bytes, event: str) -> EventRows:
        cause = Cause(LIFECYCLE_PRINCIPAL, "", "", self._now_ns())
        return lambda record, sequence: self._outbox.rows_of(bucket, cause, event, key, record, sequence)
