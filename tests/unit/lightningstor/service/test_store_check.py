"""fsck finds every kind of damage that can be made by hand, mends book-keeping, and leaves records and bytes alone."""

import hashlib

import pytest

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.transaction import Delete, Put, Transaction
from photoncloud.lightningstor.service.check_report import FindingKind
from photoncloud.lightningstor.service.store_check import StoreCheck

KEEPS_ORPHANS_NS = 3600 * 1_000_000_000
BODY = bytes(range(256)) * 20
"""Larger than the inline limit of these tests."""
PART = b"p" * (5 << 20)


class Store:
    """A world that is checked, with rows and files changed behind its back."""

    def __init__(self, world):
        self.world = world

    async def check(self, *, deep=False, repairs=False, orphan_age_ns=KEEPS_ORPHANS_NS, **options):
        check = StoreCheck(
            self.world.index,
            self.world.stores.blobs,
            self.world.stores.hashes,
            deep=deep,
            repairs=repairs,
            now_ns=self.world.clock.ns,
            orphan_age_ns=orphan_age_ns,
            progress=lambda what, count: None,
            **options,
        )
        return await check.run()

    async def kinds(self, **options):
        return sorted(finding.kind for finding in (await self.check(**options)).findings)

    async def change(self, *changes):
        await self.world.index.commit(Transaction((), changes))

    async def rows(self, start, end):
        cursor = await self.world.index.cursor(start, end)
        found = []
        while page := await cursor.take(100):
            found += page
        cursor.close()
        return found

    async def family(self, family):
        return await self.rows(family, key_space.prefix_end(family))

    async def record(self, bucket, key):
        row = await self.world.index.get(key_space.current(key_space.place(bucket.record.id, key.encode())))
        return record_codec.decode_object(row.value)

    async def upload(self, bucket, key, parts, **headers):
        """An unfinished upload with these parts; its id."""
        created = await self.world.call("CreateMultipartUpload", bucket, key, headers=headers)
        text = created.body.decode()
        upload_id = text[text.index("<UploadId>") + 10 : text.index("</UploadId>")]
        for number, part in enumerate(parts, 1):
            await self.world.call("UploadPart", bucket, key, part, uploadId=upload_id, partNumber=number)
        return upload_id

    async def complete(self, bucket, key, upload_id, parts):
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{hashlib.md5(part).hexdigest()}</ETag></Part>"
            for number, part in enumerate(parts, 1)
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        await self.world.call("CompleteMultipartUpload", bucket, key, document, uploadId=upload_id)


@pytest.fixture
def store(world):
    return Store(world)


async def filled(store):
    """Every kind of object there is, in a bucket with versions."""
    world = store.world
    bucket = await world.bucket(versioning="Enabled")
    encrypted = {"x-amz-server-side-encryption": "AES256"}
    for key, body in (("inline", b"small"), ("blob", BODY), ("empty", b"")):
        await world.put(bucket, key, body)
        await world.call("PutObject", bucket, f"sealed-{key}", body, headers=encrypted)
    await world.put(bucket, "blob", BODY[::-1])
    await world.call("DeleteObject", bucket, "inline")
    for name, headers in (("mp", {}), ("sealed-mp", encrypted)):
        created = await store.upload(bucket, name, [PART, b"tail"], **headers)
        await store.complete(bucket, name, created, [PART, b"tail"])
        await world.call("CopyObject", bucket, f"copy-{name}", source=(bucket, name))
        await store.upload(bucket, f"open-{name}", [PART, b"tail"], **headers)
    aborted = await store.upload(bucket, "aborted", [BODY])
    await world.call("AbortMultipartUpload", bucket, "aborted", uploadId=aborted)
    suspended = await world.changed(bucket, versioning="Suspended")
    await world.put(suspended, "blob", BODY)
    return await world.changed(suspended, versioning="Enabled")


async def test_a_sound_store_is_clean_and_counted(store):
    await filled(store)
    report = await store.check(deep=True)
    assert (report.left, report.repaired, report.findings) == (0, 0, [])
    assert (report.buckets, report.uploads) == (1, 2)
    assert report.versions == 13
    assert report.blobs == 10
    assert report.bytes > 4 * len(PART)


async def test_what_waits_for_the_collector_is_no_finding(store):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", BODY)
    await store.world.call("DeleteObject", bucket, "key")
    assert await store.kinds(orphan_age_ns=0) == []


async def test_a_record_that_cannot_be_decoded(store):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", BODY)
    await store.change(Put(key_space.current(key_space.place(bucket.record.id, b"key")), b"\1rubbish"))
    report = await store.check(repairs=True)
    assert [(finding.kind, finding.where, finding.repaired) for finding in report.findings] == [
        (FindingKind.UNREADABLE, "bucket/key", False)
    ]
    assert len(await store.family(b"r")) == 1, "the bytes of an unreadable record are still kept"


async def test_a_bucket_record_that_cannot_be_decoded(store):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", BODY)
    await store.change(Put(key_space.bucket("bucket"), b"\1rubbish"))
    found = await store.kinds(repairs=True)
    assert found == [FindingKind.UNKNOWN_BUCKET, FindingKind.UNREADABLE]
    assert len(await store.family(b"c")) == len(await store.family(b"r")) == 1


@pytest.mark.parametrize("body", [b"small", BODY], ids=["inline", "blob"])
async def test_missing_bytes_are_told_and_not_mended(store, body):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", body)
    record = await store.record(bucket, "key")
    if record.body.kind == "inline":
        await store.change(Delete(key_space.inline(record.body.id)))
    else:
        store.world.stores.blobs.path(record.body.id).unlink()
    report = await store.check(repairs=True)
    assert [(finding.kind, finding.where) for finding in report.findings] == [(FindingKind.MISSING_BYTES, "bucket/key")]
    assert (report.left, report.repaired) == (1, 0)
    assert await store.record(bucket, "key") == record


async def test_a_missing_row_of_segments(store):
    bucket = await store.world.bucket()
    upload = await store.upload(bucket, "key", [PART, b"tail"])
    await store.complete(bucket, "key", upload, [PART, b"tail"])
    await store.change(Delete(key_space.segments(bytes.fromhex(upload), 0)))
    assert FindingKind.MISSING_BYTES in await store.kinds()


async def test_changed_inline_bytes_are_found_by_a_deep_check_only(store):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", b"small")
    record = await store.record(bucket, "key")
    await store.change(Put(key_space.inline(record.body.id), b"smell"))
    assert await store.kinds() == []
    assert await store.kinds(deep=True) == [FindingKind.DAMAGED_BYTES]


async def test_inline_bytes_of_another_length(store):
    bucket = await store.world.bucket()
    for key, headers in (("plain", {}), ("sealed", {"x-amz-server-side-encryption": "AES256"})):
        await store.world.call("PutObject", bucket, key, b"small", headers=headers)
        record = await store.record(bucket, key)
        row = await store.world.index.get(key_space.inline(record.body.id))
        await store.change(Put(key_space.inline(record.body.id), row.value[:-1]))
    assert await store.kinds() == [FindingKind.DAMAGED_BYTES] * 2


async def test_a_blob_of_another_length(store):
    """A record that names the wrong blob would serve somebody else's bytes."""
    bucket = await store.world.bucket()
    await store.world.put(bucket, "one", BODY)
    await store.world.put(bucket, "other", BODY + b"!")
    one, other = await store.record(bucket, "one"), await store.record(bucket, "other")
    blobs = store.world.stores.blobs
    blobs.path(one.body.id).write_bytes(blobs.path(other.body.id).read_bytes())
    assert await store.kinds() == [FindingKind.DAMAGED_BYTES]


async def test_a_rotten_blob_is_found_by_a_deep_check_and_names_its_owner(store):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", BODY)
    path = store.world.stores.blobs.path((await store.record(bucket, "key")).body.id)
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)
    assert await store.kinds() == []
    report = await store.check(deep=True, repairs=True)
    assert [finding.kind for finding in report.findings] == [FindingKind.DAMAGED_BYTES]
    assert report.findings[0].detail.endswith("used by bucket/key")


@pytest.mark.parametrize("is_multipart", [False, True])
async def test_a_missing_reference_is_put_back(store, is_multipart):
    bucket = await store.world.bucket()
    if is_multipart:
        upload = await store.upload(bucket, "key", [PART, BODY])
        await store.complete(bucket, "key", upload, [PART, BODY])
    else:
        await store.world.put(bucket, "key", BODY)
    before = await store.family(b"r")
    await store.change(*(Delete(row.key) for row in before))
    assert set(await store.kinds()) >= {FindingKind.MISSING_REFERENCE}
    report = await store.check(repairs=True)
    assert report.left == 0
    assert [row.key for row in await store.family(b"r")] == [row.key for row in before]
    await store.world.collect()
    assert await store.kinds(deep=True) == []


async def test_a_missing_reference_of_an_unfinished_part_is_put_back(store):
    bucket = await store.world.bucket()
    await store.upload(bucket, "key", [BODY])
    (reference,) = await store.family(b"r")
    await store.change(Delete(reference.key))
    assert await store.kinds(repairs=True) == [FindingKind.MISSING_REFERENCE]
    assert await store.kinds() == []


async def test_a_reference_without_user_is_given_up(store):
    bucket = await store.world.bucket()
    await store.world.put(bucket, "key", BODY)
    record = await store.record(bucket, "key")
    await store.change(Delete(key_space.current(key_space.place(bucket.record.id, b"key"))))
    report = await store.check(repairs=True)
    assert [(finding.kind, finding.where) for finding in report.findings] == [
        (FindingKind.DANGLING_REFERENCE, "bucket/key")
    ]
    assert record.body.id.hex() in report.findings[0].detail
    assert (report.repaired, report.left) == (1, 0)
    await store.world.collect()
    assert not store.world.stores.blobs.path(record.body.id).exists()


async def test_pointers_to_the_null_version(store):
    """One that names nothing goes, one that is missing is made."""
    world = store.world
    bucket = await world.bucket()
    await world.put(bucket, "key", b"null")
    bucket = await world.changed(bucket, versioning="Enabled")
    await world.put(bucket, "key", b"newer")
    (pointer,) = await store.family(b"n")
    await store.change(Delete(pointer.key))
    assert await store.kinds(repairs=True) == [FindingKind.WRONG_NULL_POINTER]
    assert (await store.family(b"n"))[0].value == pointer.value
    await store.change(Put(pointer.key, (1).to_bytes(8, "big")))
    assert await store.kinds() == [FindingKind.WRONG_NULL_POINTER] * 2
    assert await store.kinds(repairs=True) == [FindingKind.WRONG_NULL_POINTER]
    assert await store.kinds() == []
    assert await world.get(bucket, "key", versionId="null") == b"null"


async def test_two_heads(store):
    bucket = await store.world.bucket(versioning="Enabled")
    await store.world.put(bucket, "key", b"small")
    current = await store.world.index.get(key_space.current(key_space.place(bucket.record.id, b"key")))
    await store.world.call("DeleteObject", bucket, "key")
    await store.change(Put(current.key, current.value))
    assert FindingKind.TWO_HEADS in await store.kinds(repairs=True)


async def test_a_deletion_that_stopped_half_way(store):
    bucket = await store.world.bucket()
    await store.change(Delete(key_space.lives(bucket.record.id)))
    assert await store.kinds(repairs=True) == [FindingKind.MISSING_LIVES]
    assert await store.kinds() == []


async def test_parts_nobody_would_take_away(store):
    bucket = await store.world.bucket()
    upload = await store.upload(bucket, "key", [BODY])
    await store.world.call("AbortMultipartUpload", bucket, "key", uploadId=upload)
    await store.change(Delete(key_space.cleanup(bytes.fromhex(upload))))
    assert await store.kinds(repairs=True) == [FindingKind.LEFTOVER_PARTS]
    await store.world.collect()
    assert await store.family(b"up") == []
    assert await store.kinds(orphan_age_ns=0) == []


async def test_an_orphan_is_removed_when_it_is_old_enough(store):
    writer = await store.world.stores.blobs.create(length=None)
    await writer.write([b"nobody's"])
    await writer.publish()
    path = store.world.stores.blobs.path(writer.id)
    store.world.clock.ns = path.stat().st_mtime_ns + 10
    assert await store.kinds() == []
    assert await store.kinds(orphan_age_ns=0) == [FindingKind.ORPHAN_BLOB]
    assert path.exists()
    assert await store.kinds(orphan_age_ns=0, repairs=True) == [FindingKind.ORPHAN_BLOB]
    assert not path.exists()


async def test_only_what_is_named_is_mended(store):
    """Salvage puts references back and gives none up."""
    bucket = await store.world.bucket()
    await store.world.put(bucket, "kept", BODY)
    await store.world.put(bucket, "lost", BODY)
    kept = await store.record(bucket, "kept")
    await store.change(
        Delete(key_space.current(key_space.place(bucket.record.id, b"lost"))),
        *(Delete(row.key) for row in await store.rows(*key_space.references(key_space.TARGET_BLOB + kept.body.id))),
    )
    report = await store.check(repairs=True, repairable=frozenset({FindingKind.MISSING_REFERENCE}))
    assert {finding.kind: finding.repaired for finding in report.findings} == {
        FindingKind.MISSING_REFERENCE: True,
        FindingKind.DANGLING_REFERENCE: False,
    }


async def test_a_locked_version_is_never_touched(store):
    """COMPLIANCE outlives a repair, whatever is wrong around it."""
    world = store.world
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True, default_lock=("COMPLIANCE", 1, "Years"))
    locked = await world.put(bucket, "key", BODY)
    await world.put(bucket, "key", b"newer")
    await store.change(*[Delete(row.key) for row in await store.family(b"r")])
    report = await store.check(deep=True, repairs=True, orphan_age_ns=0)
    assert report.left == 0
    await world.collect()
    assert await world.get(bucket, "key", versionId=locked) == BODY
