"""Event notifications: rows written with the change they tell of, published afterwards in order, at least once.

A row leaves the outbox only after the events backend took the event. While the backend is away rows gather up to
`limit`; beyond it the oldest are dropped and counted, because writes never stop for events.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from photoncloud.lightningstor.core import key_space, notification, version_id
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Delete, Put, Transaction
from photoncloud.lightningstor.errors import EventRefused, EventsUnavailable, IndexUnavailable
from photoncloud.lightningstor.ports import EventSink, Index
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.collaborators import bucket_of
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor.outbox")

BATCH_ROWS = 100
"""Rows read, published and deleted together: well below the 128 operations of a transaction."""
IDLE_WAIT_SEC = 5.0
"""Longest wait for news; rows planned by this process wake the publisher."""
GATHER_SEC, LOOKS_AFTER_NEWS = 0.02, 100
"""News come when a row is planned, before its commit: the publisher then looks again for two seconds. The pause lets
rows gather, so that a busy bucket costs one removal for many events."""
RETRY_FIRST_SEC, RETRY_LIMIT_SEC = 0.5, 30.0
_RANDOM_BYTES = 4
RULE_ID_SHOWN = 64
"""Ids may have 255 characters; with bucket and sequence the event's id must stay below the bus's limit."""


class OutboxRow(msgspec.Struct, frozen=True, array_like=True):
    """What waits: `event` is the CloudEvent as JSON."""

    target: str
    event_id: str
    event: bytes


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what made an event happen."""

    principal_id: str
    source_ip: str
    request_id: str
    now_ns: int


class EventOutbox:
    """`source` names this server in the events; `region` stands in the records."""

    def __init__(
        self,
        index: Index,
        sink: EventSink,
        random_bytes: Callable[[int], bytes],
        *,
        source: str,
        region: str,
        limit: int,
    ) -> None:
        self._index = index
        self._sink = sink
        self._random = random_bytes
        self._source = source
        self._region = region
        self._limit = limit
        self._news = asyncio.Event()
        self._looks_left = 0
        self.waiting = 0
        """Rows in the outbox, as far as this process knows."""
        self.dropped = 0
        """Events given up since the start: the outbox was full, or the backend will never take them."""

    # Writing.

    def rows(self, call: Call, event: str, key: bytes, record: ObjectRecord, sequence: int) -> tuple[Put, ...]:
        """One row for each rule that wants this event of a request."""
        return self.rows_of(bucket_of(call), _cause(call), event, key, record, sequence)

    def rows_of(
        self, bucket: Bucket, cause: Cause, event: str, key: bytes, record: ObjectRecord, sequence: int
    ) -> tuple[Put, ...]:
        """As `rows`, whatever caused the event."""
        configured = bucket.parsed("notification", _parse)
        if configured is None:
            return ()
        name = key.decode("utf-8")
        rules = list(notification.matching(configured.rules, event, name))
        if configured.event_bridge:
            rules.append(notification.Rule("event-bridge", "", "", (event,)))
        if not rules:
            return ()
        happened = self._occurrence(bucket, cause, event, name, record, sequence)
        return tuple(self._row(happened, rule, sequence) for rule in rules)

    def rows_of_test(self, call: Call, configured: notification.Notifications) -> tuple[Put, ...]:
        """One test event for every destination of a configuration that is being stored."""
        sequence = call.now_ns // 1000
        nothing = ObjectRecord(sequence=sequence, version_tail=b"")
        happened = self._occurrence(bucket_of(call), _cause(call), notification.TEST_EVENT, "", nothing, sequence)
        return tuple(self._row(happened, rule, sequence) for rule in configured.rules)

    def _occurrence(
        self, bucket: Bucket, cause: Cause, event: str, key: str, record: ObjectRecord, sequence: int
    ) -> notification.Occurrence:
        was_removed = "Removed" in event or "Expiration" in event
        own = bucket.record
        return notification.Occurrence(
            event=event,
            bucket=own.name,
            bucket_id=own.id,
            bucket_owner=own.owner,
            key=key,
            sequence=sequence,
            time_text=_time_text(cause.now_ns),
            region=self._region,
            principal_id=cause.principal_id,
            source_ip=cause.source_ip,
            request_id=cause.request_id,
            size=record.size if record.kind == "object" and not was_removed else None,
            etag=record.etag,
            version_id=version_id.text(record.sequence, record.version_tail) if own.versioning else "",
        )

    def _row(self, happened: notification.Occurrence, rule: notification.Rule, sequence: int) -> Put:
        event = notification.cloud_event(happened, rule, self._source)
        row = OutboxRow(rule.target, f"{happened.bucket_id.hex()}.{sequence}.{_short(rule.id)}", event)
        self.waiting += 1
        self._looks_left = LOOKS_AFTER_NEWS
        self._news.set()
        return Put(key_space.outbox(sequence, self._random(_RANDOM_BYTES)), msgspec.msgpack.encode(row))

    # Publishing.

    async def run(self) -> None:
        """Publish for ever; cancelled at the end of the process."""
        is_counted = False
        delay = RETRY_FIRST_SEC
        while True:
            try:
                if not is_counted:
                    await self._count()
                    is_counted = True
                await self.publish_waiting()
                delay = RETRY_FIRST_SEC
                await self._wait_for_news()
            except (EventsUnavailable, IndexUnavailable):
                with contextlib.suppress(IndexUnavailable):  # rows that cannot be removed now wait as well
                    await self._trim()
                await asyncio.sleep(delay)
                delay = min(delay * 2, RETRY_LIMIT_SEC)

    async def publish_waiting(self) -> int:
        """Publish every row there is, oldest first; returns how many. Raises EventsUnavailable, IndexUnavailable."""
        published = 0
        while rows := await self._oldest(BATCH_ROWS):
            done: list[bytes] = []
            try:
                for key, value in rows:
                    await self._publish(value)
                    done.append(key)
            finally:
                await self._remove(done)
            published += len(done)
        self.waiting = 0
        return published

    async def _publish(self, value: bytes) -> None:
        """Hand one row over; what can never be handed over is dropped, or it would stop everything behind it."""
        try:
            row = msgspec.msgpack.decode(value, type=OutboxRow)
            await self._sink.publish(row.target, row.event_id, row.event)
        except (EventRefused, msgspec.MsgspecError) as error:
            self.dropped += 1
            log.error("event_dropped", reason=str(error))

    async def _wait_for_news(self) -> None:
        if self._looks_left > 0:
            self._looks_left -= 1
            await asyncio.sleep(GATHER_SEC)
            return
        self._news.clear()
        try:
            async with asyncio.timeout(IDLE_WAIT_SEC):
                await self._news.wait()
            await asyncio.sleep(GATHER_SEC)
        except TimeoutError:
            pass  # rows of a transaction whose outcome was unknown may have appeared silently

    async def _trim(self) -> None:
        """Give up the oldest rows beyond the limit."""
        while self.waiting > self._limit:
            rows = await self._oldest(min(BATCH_ROWS, self.waiting - self._limit))
            if not rows:
                await self._count()
                return
            await self._remove([key for key, _ in rows])
            self.dropped += len(rows)

    async def _remove(self, keys: list[bytes]) -> None:
        if keys:
            await self._index.commit(Transaction((), tuple(Delete(key) for key in keys)))
            self.waiting = max(0, self.waiting - len(keys))

    async def _oldest(self, limit: int) -> list[tuple[bytes, bytes]]:
        cursor = await self._index.cursor(*key_space.OUTBOX)
        try:
            await cursor.seek(key_space.OUTBOX[0])
            return [(row.key, row.value) for row in await cursor.take(limit)]
        finally:
            cursor.close()

    async def _count(self) -> None:
        cursor = await self._index.cursor(*key_space.OUTBOX)
        count = 0
        try:
            await cursor.seek(key_space.OUTBOX[0])
            while rows := await cursor.take(BATCH_ROWS):
                count += len(rows)
        finally:
            cursor.close()
        self.waiting = count


def _cause(call: Call) -> Cause:
    request = call.request
    return Cause(call.authorised.principal.canonical_id, request.peer, request.request_id, call.now_ns)


def _short(rule_id: str) -> str:
    """A rule's id as it can stand in an event's id: itself, or a digest when it is long or unusual."""
    if len(rule_id) <= RULE_ID_SHOWN and rule_id.isascii() and rule_id.isprintable():
        return rule_id
    return hashlib.sha256(rule_id.encode()).hexdigest()[:RULE_ID_SHOWN]


def _parse(document: bytes) -> notification.Notifications:
    return notification.parse(document, lambda number: f"rule-{number}")


def _time_text(now_ns: int) -> str:
    return (
        datetime.fromtimestamp(now_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now_ns // 1_000_000 % 1000:03d}Z"
    )
