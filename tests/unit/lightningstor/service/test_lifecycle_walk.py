"""What lifecycle finds due: heads, noncurrent versions, lone markers and uploads of one bucket."""

from __future__ import annotations

from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.records import BucketRecord, ObjectRecord, UploadRecord
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.service.bucket_directory import Bucket, Document
from photoncloud.lightningstor.service.lifecycle_walk import due_actions

BUCKET_ID = b"\7" * 8
DAY_SEC = 2
DAY_MS = DAY_SEC * 1000


def bucket(rule: str, versioning: str = "Enabled") -> Bucket:
    document = f"<LifecycleConfiguration><Rule><Prefix/><Status>Enabled</Status>{rule}</Rule></LifecycleConfiguration>"
    record = BucketRecord(
        name="bkt", id=BUCKET_ID, owner="o", owner_name="o", account_id="1", region="r", created_ms=0,
        versioning=versioning,  # type: ignore[arg-type]
    )  # fmt: skip
    return Bucket(record, 1, 1, {"lifecycle": Document(document.encode(), 1)})


class Rows:
    """Puts records of a bucket into a memory index."""

    def __init__(self) -> None:
        self.index = LocalIndex(MemoryMetadata())

    async def put(self, row: bytes, record: ObjectRecord | UploadRecord) -> None:
        await self.index.commit(Transaction((), (Put(row, record_codec.encode(record)),)))

    async def head(self, key: bytes, mtime_ms: int, kind: str = "object", sequence: int = 9) -> None:
        place = key_space.place(BUCKET_ID, key)
        row = key_space.marker(place) if kind == "marker" else key_space.current(place)
        await self.put(row, ObjectRecord(sequence=sequence, version_tail=b"t" * 8, kind=kind, mtime_ms=mtime_ms))  # type: ignore[arg-type]

    async def version(self, key: bytes, sequence: int, since_ms: int) -> None:
        place = key_space.place(BUCKET_ID, key)
        record = ObjectRecord(sequence=sequence, version_tail=b"t" * 8, noncurrent_since_ms=since_ms)
        await self.put(key_space.version(place, sequence), record)

    async def due(self, where: Bucket, at_ms: int) -> list[tuple[str, bytes, int]]:
        found = []
        async for action in due_actions(self.index, where, at_ms, DAY_SEC):
            found.append((action.kind, action.key, action.record.sequence if action.record else 0))
        return found


EXPIRE = "<Expiration><Days>1</Days></Expiration>"
NONCURRENT = (
    "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
    "<NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>"
)
LONE = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
ABORT = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"


async def test_heads_expire_when_their_day_is_over() -> None:
    rows = Rows()
    await rows.head(b"old", 0)
    await rows.head(b"new", 3 * DAY_MS)
    assert await rows.due(bucket(EXPIRE), DAY_MS - 1) == []
    assert await rows.due(bucket(EXPIRE), 3 * DAY_MS) == [("add-marker", b"old", 9)]
    assert await rows.due(bucket(EXPIRE, versioning=""), 3 * DAY_MS) == [("expire", b"old", 9)]


async def test_the_newest_noncurrent_versions_stay() -> None:
    rows = Rows()
    await rows.head(b"k", 100 * DAY_MS)
    for sequence in (1, 2, 3):
        await rows.version(b"k", sequence, 0)
    assert await rows.due(bucket(NONCURRENT), 2 * DAY_MS) == [
        ("expire-noncurrent", b"k", 2),
        ("expire-noncurrent", b"k", 1),
    ]


async def test_versions_belong_to_their_own_key() -> None:
    """`k`, `k\\0` and `kk` share prefixes; none may count as another's version."""
    rows = Rows()
    for key in (b"k", b"k\0", b"kk"):
        await rows.head(key, 100 * DAY_MS)
        await rows.version(key, 2, 0)
        await rows.version(key, 1, 0)
    assert await rows.due(bucket(NONCURRENT), 2 * DAY_MS) == [
        ("expire-noncurrent", key, 1) for key in (b"k", b"k\0", b"kk")
    ]


async def test_only_lone_markers_go() -> None:
    rows = Rows()
    await rows.head(b"alone", 5, kind="marker")
    await rows.head(b"covers", 5, kind="marker")
    await rows.version(b"covers", 1, 0)
    assert await rows.due(bucket(LONE), 10) == [("remove-marker", b"alone", 9)]


async def test_uploads_are_aborted() -> None:
    rows = Rows()
    upload_id = b"u" * 16
    record = UploadRecord(
        upload_id="x", key=b"up", initiated_ms=0, initiator_arn="", initiator_name="", owner="o", owner_name="o"
    )
    await rows.put(key_space.upload(key_space.place(BUCKET_ID, b"up"), upload_id), record)
    assert await rows.due(bucket(ABORT), DAY_MS - 1) == []
    assert await rows.due(bucket(ABORT), DAY_MS) == [("abort-upload", b"up", 0)]


async def test_without_rules_nothing_is_due() -> None:
    rows = Rows()
    await rows.head(b"old", 0)
    plain = bucket(EXPIRE)
    assert await rows.due(Bucket(plain.record, 1, 1, {}), 10**12) == []


async def test_what_cannot_be_read_is_left_alone() -> None:
    """An unreadable record counts as locked, and with it everything of its key; other keys go on."""
    rows = Rows()
    for key in (b"bad-head", b"bad-version", b"good"):
        await rows.head(key, 0)
        await rows.version(key, 5, 1)
    damaged = (
        key_space.current(key_space.place(BUCKET_ID, b"bad-head")),
        key_space.version(key_space.place(BUCKET_ID, b"bad-version"), 5),
        key_space.upload(key_space.place(BUCKET_ID, b"bad-upload"), b"u" * 16),
    )
    await rows.index.commit(Transaction((), tuple(Put(key, b"\1rubbish") for key in damaged)))
    assert await rows.due(bucket(EXPIRE + ABORT), 10 * DAY_MS) == [("add-marker", b"good", 9)]
