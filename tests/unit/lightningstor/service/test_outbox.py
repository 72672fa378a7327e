"""The outbox: events leave it in order and only once the backend took them."""

from __future__ import annotations

import asyncio
import itertools
import json

import pytest

from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.core import key_space, notification
from photoncloud.lightningstor.core.records import BucketRecord, ObjectRecord
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.errors import EventRefused, EventsUnavailable, IndexUnavailable
from photoncloud.lightningstor.service import outbox as outbox_module
from photoncloud.lightningstor.service.bucket_directory import Bucket, Document
from photoncloud.lightningstor.service.outbox import IDLE_WAIT_SEC, Cause, EventOutbox

CAUSE = Cause("principal", "192.0.2.1", "REQUEST", 1_700_000_000_123_000_000)
RULES = notification.Notifications(
    (notification.Rule("cfg", "QueueConfiguration", "arn:photon:events:r:a:uploads", ("s3:ObjectCreated:*",), "in/"),)
)


class Sink:
    """Takes events unless told to be away."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, dict[str, object]]] = []
        self.room = 10**9
        self.refused: set[str] = set()

    def serves(self, target: str) -> bool:
        return True

    async def publish(self, target: str, event_id: str, event: bytes) -> None:
        if len(self.taken) >= self.room:
            raise EventsUnavailable("away")
        if event_id in self.refused:
            raise EventRefused("breaks a rule")
        self.taken.append((target, event_id, json.loads(event)))


def bucket(configured: notification.Notifications | None = RULES, versioning: str = "") -> Bucket:
    record = BucketRecord(
        name="bkt", id=b"\1" * 8, owner="o", owner_name="o", account_id="1", region="r", created_ms=0,
        versioning=versioning,  # type: ignore[arg-type]
    )  # fmt: skip
    documents = {} if configured is None else {"notification": Document(notification.to_xml(configured), 1)}
    return Bucket(record, 1, 1, documents)


@pytest.fixture
def index() -> LocalIndex:
    return LocalIndex(MemoryMetadata())


def outbox(index: LocalIndex, sink: Sink, limit: int = 1000) -> EventOutbox:
    numbers = itertools.count()
    return EventOutbox(
        index, sink, lambda size: next(numbers).to_bytes(size, "big"), source="/here", region="r", limit=limit
    )


async def write(
    box: EventOutbox, index: LocalIndex, sequence: int, key: bytes = b"in/a", where: Bucket | None = None
) -> int:
    record = ObjectRecord(sequence=sequence, version_tail=b"", size=3, etag="e")
    rows = box.rows_of(where or bucket(), CAUSE, "s3:ObjectCreated:Put", key, record, sequence)
    if rows:
        await index.commit(Transaction((), rows))
    return len(rows)


async def test_events_leave_in_order_of_their_sequence(index: LocalIndex) -> None:
    sink = Sink()
    box = outbox(index, sink)
    for sequence in (5, 3, 300, 4):
        assert await write(box, index, sequence) == 1
    assert await box.publish_waiting() == 4
    assert [event_id for _, event_id, _ in sink.taken] == [f"{'01' * 8}.{n}.cfg" for n in (3, 4, 5, 300)]
    assert {target for target, _, _ in sink.taken} == {"uploads"}
    assert await box.publish_waiting() == 0
    assert box.waiting == 0


async def test_only_rules_that_match_make_rows(index: LocalIndex) -> None:
    box = outbox(index, Sink())
    assert await write(box, index, 1, b"out/a") == 0
    assert await write(box, index, 1, where=bucket(None)) == 0
    both = notification.Notifications(RULES.rules, event_bridge=True)
    assert await write(box, index, 2, where=bucket(both)) == 2


async def test_an_outage_keeps_events_and_repeats_none_of_the_taken(index: LocalIndex) -> None:
    sink = Sink()
    box = outbox(index, sink)
    for sequence in range(5):
        await write(box, index, sequence)
    sink.room = 2
    with pytest.raises(EventsUnavailable):
        await box.publish_waiting()
    sink.room = 10**9
    assert await box.publish_waiting() == 3
    assert len(sink.taken) == 5


async def test_beyond_the_limit_the_oldest_are_dropped_and_counted(index: LocalIndex) -> None:
    sink = Sink()
    box = outbox(index, sink, limit=3)
    for sequence in range(10):
        await write(box, index, sequence)
    await box._trim()
    assert (box.dropped, box.waiting) == (7, 3)
    assert await box.publish_waiting() == 3
    assert [event_id.split(".")[1] for _, event_id, _ in sink.taken] == ["7", "8", "9"]


async def test_an_index_that_cannot_be_read_does_not_end_the_worker(
    index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, opened = Sink(), index.cursor
    box = outbox(index, sink)
    await write(box, index, 1)
    faults = [IndexUnavailable("checksum mismatch", maybe_applied=False)] * 3

    async def cursor(start: bytes, end: bytes) -> object:
        if faults:
            raise faults.pop()
        return await opened(start, end)

    monkeypatch.setattr(index, "cursor", cursor)
    monkeypatch.setattr(outbox_module, "RETRY_FIRST_SEC", 0.001)
    worker = asyncio.create_task(box.run())
    async with asyncio.timeout(10):
        while not sink.taken:  # noqa: ASYNC110  the sink tells nobody
            await asyncio.sleep(0.001)
    worker.cancel()
    assert box.waiting == 0


async def test_the_record_tells_what_happened(index: LocalIndex) -> None:
    sink = Sink()
    box = outbox(index, sink)
    await write(box, index, 7, where=bucket(versioning="Enabled"))
    await box.publish_waiting()
    ((_, _, event),) = sink.taken
    data = event["data"]
    assert isinstance(data, dict)
    assert data["eventTime"] == "2023-11-14T22:13:20.123Z"
    assert data["requestParameters"] == {"sourceIPAddress": "192.0.2.1"}
    assert data["s3"]["object"]["versionId"] == "null"
    assert data["s3"]["object"]["size"] == 3


async def test_what_nobody_will_ever_take_stops_nothing(index: LocalIndex) -> None:
    """A refused event and a damaged row are dropped and counted; what stands behind them leaves."""
    sink = Sink()
    box = outbox(index, sink)
    for sequence in (1, 3):
        await write(box, index, sequence)
    await index.commit(Transaction((), (Put(key_space.outbox(2, b"rnd1"), b"rubbish"),)))
    sink.refused = {f"{'01' * 8}.1.cfg"}
    assert await box.publish_waiting() == 3
    assert [event_id for _, event_id, _ in sink.taken] == [f"{'01' * 8}.3.cfg"]
    assert box.dropped == 2


@pytest.mark.parametrize("rule_id", ["r" * 255, "☃", "a\tb"])
async def test_an_event_id_stays_short_and_plain(index: LocalIndex, rule_id: str) -> None:
    """The bus takes ids of 128 bytes; ids of rules may have 255 characters of any kind."""
    sink = Sink()
    rule = notification.Rule(rule_id, "QueueConfiguration", "arn:photon:events:r:a:q", ("s3:ObjectCreated:*",))
    await write(outbox(index, sink), index, 1, where=bucket(notification.Notifications((rule,))))
    await outbox(index, sink).publish_waiting()
    ((_, event_id, event),) = sink.taken
    assert len(event_id.encode()) <= 128
    assert event_id.isprintable()
    assert event["data"]["s3"]["configurationId"] == rule_id  # type: ignore[index]


async def test_a_row_committed_after_its_news_leaves_soon(index: LocalIndex) -> None:
    """News come with the plan; a commit that takes longer than the publisher's first look may not wait for idleness."""
    sink = Sink()
    box = outbox(index, sink)
    work = asyncio.create_task(box.run())
    record = ObjectRecord(sequence=1, version_tail=b"", size=3, etag="e")
    rows = box.rows_of(bucket(), CAUSE, "s3:ObjectCreated:Put", b"in/a", record, 1)
    await asyncio.sleep(0.2)
    await index.commit(Transaction((), rows))
    async with asyncio.timeout(IDLE_WAIT_SEC - 1):
        while not sink.taken:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    work.cancel()
