"""PutObject, DeleteObject and what they leave in the index."""

import asyncio
import base64
import hashlib

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Delete, Transaction
from photoncloud.lightningstor.core.versioning import Usage
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace, S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket

BLOB = bytes(range(256)) * 20  # above the inline limit of the tests


async def test_small_and_large_bodies_come_back_as_they_went_in(world):
    bucket = await world.bucket()
    for body in (b"", b"x", b"y" * 1000, BLOB):
        await world.put(bucket, f"k{len(body)}", body)
        assert await world.get(bucket, f"k{len(body)}") == body


async def test_reply_tells_etag_checksum_and_durability(world, reply_header):
    bucket = await world.bucket()
    reply = await world.call("PutObject", bucket, "k", b"123456789")
    assert reply_header(reply, "etag") == f'"{hashlib.md5(b"123456789").hexdigest()}"'
    assert reply_header(reply, "x-amz-checksum-crc64nvme") == "rosUhgp5mIg="
    assert reply_header(reply, "x-amz-checksum-type") == "FULL_OBJECT"
    assert reply_header(reply, "x-photon-durability") == "group"
    assert reply_header(reply, "x-amz-version-id") is None


async def test_durability_can_be_raised_and_never_lowered(world, reply_header):
    bucket = await world.bucket()
    for asked, given in (("fsync", "fsync"), ("group", "group"), ("async", "group")):
        reply = await world.call("PutObject", bucket, "k", b"1", {"x-photon-durability": asked})
        assert reply_header(reply, "x-photon-durability") == given
    assert (await world.refused("PutObject", bucket, "k", b"1", {"x-photon-durability": "x"})).code == "InvalidArgument"


async def test_overwrite_leaves_no_inline_bytes_and_queues_the_blob(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"inline")
    await world.put(bucket, "k", BLOB)
    await world.put(bucket, "k", b"inline again")
    families = await world.families()
    assert (families["c"], families["i"], families["r"], families["g"]) == (1, 1, 0, 1)


async def test_one_transaction_with_three_compares_and_few_changes(world, monkeypatch):
    seen = []
    commit = world.index.commit

    async def counting(transaction, **options):
        seen.append(transaction)
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", counting)
    bucket = await world.bucket()
    seen.clear()
    await world.put(bucket, "k", b"x" * 100)
    await world.put(bucket, "k", b"x" * 100)
    assert [len(transaction.compares) for transaction in seen] == [3, 3]
    assert [len(transaction.changes) for transaction in seen] == [2, 3]


async def test_refused_bodies_leave_no_blob(world, blob_files):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    refusal = await world.refused("PutObject", bucket, "k", BLOB, {"if-none-match": "*"})
    assert (refusal.code, refusal.fields) == ("PreconditionFailed", {"Condition": "If-None-Match"})
    assert blob_files() == []
    assert await world.get(bucket, "k") == b"1"


async def test_full_index_discards_the_blob_and_unknown_outcome_keeps_it(world, blob_files, monkeypatch):
    bucket = await world.bucket()

    async def full(transaction, **options):
        raise OutOfSpace("index")

    async def unknown(transaction, **options):
        raise IndexUnavailable("away", maybe_applied=False)

    monkeypatch.setattr(world.index, "commit", full)
    with pytest.raises(OutOfSpace):
        await world.put(bucket, "k", BLOB)
    assert blob_files() == []
    monkeypatch.setattr(world.index, "commit", unknown)
    with pytest.raises(IndexUnavailable):
        await world.put(bucket, "k", BLOB)
    assert len(blob_files()) == 1


async def test_bytes_are_on_disk_before_the_commit_that_names_them(world, blob_files, monkeypatch):
    bucket = await world.bucket()
    commit, on_disk = world.index.commit, []

    async def looking(transaction, **options):
        on_disk.append(len(blob_files()))
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", looking)
    await world.put(bucket, "k", BLOB)
    assert on_disk == [1]


async def test_unknown_outcome_is_read_again_by_request_id(world, monkeypatch):
    bucket = await world.bucket()
    commit, calls = world.index.commit, []

    async def applied_but_unknown(transaction, **options):
        calls.append(transaction)
        await commit(transaction, **options)
        raise IndexUnavailable("connection lost", maybe_applied=True)

    monkeypatch.setattr(world.index, "commit", applied_but_unknown)
    await world.put(bucket, "k", b"once")
    assert len(calls) == 1
    assert await world.get(bucket, "k") == b"once"


async def test_unknown_outcome_that_was_not_applied_is_planned_again(world, monkeypatch):
    bucket = await world.bucket()
    commit, calls = world.index.commit, []

    async def lost_first(transaction, **options):
        calls.append(transaction)
        if len(calls) == 1:
            raise IndexUnavailable("connection lost", maybe_applied=True)
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", lost_first)
    await world.put(bucket, "k", b"twice")
    assert len(calls) == 2
    assert await world.get(bucket, "k") == b"twice"


async def test_sixty_four_conditional_creates_have_one_winner(world):
    bucket = await world.bucket()

    async def create(number):
        try:
            await world.call("PutObject", bucket, "k", b"%d" % number, {"if-none-match": "*"})
        except S3Error as error:
            return error.code
        return number

    outcomes = await asyncio.gather(*(create(number) for number in range(64)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(winners) == 1
    assert set(outcomes) - set(winners) <= {"PreconditionFailed", "ConditionalRequestConflict"}
    assert await world.get(bucket, "k") == b"%d" % winners[0]


async def test_counter_by_if_match_loses_no_increment(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "n", b"0")
    refusals = set()

    async def increment():
        while True:
            reply = await world.call("GetObject", bucket, "n")
            value = int(reply.body) + 1
            try:
                await world.call("PutObject", bucket, "n", b"%d" % value, {"if-match": reply_header(reply, "etag")})
            except S3Error as error:
                refusals.add(error.code)
                continue
            return

    await asyncio.gather(*(increment() for _ in range(16)))
    assert await world.get(bucket, "n") == b"16"
    assert refusals <= {"PreconditionFailed", "ConditionalRequestConflict"}


async def test_conditional_loser_of_sixteen_races_gets_409_and_others_503(world, monkeypatch):
    bucket = await world.bucket()

    async def always_lost(transaction, **options):
        raise CommitLost

    monkeypatch.setattr(world.index, "commit", always_lost)
    assert (await world.refused("PutObject", bucket, "k", b"", {"if-none-match": "*"})).code == (
        "ConditionalRequestConflict"
    )
    assert (await world.refused("PutObject", bucket, "k", b"")).code == "SlowDown"


async def test_bucket_under_deletion_refuses_writes(world):
    bucket = await world.bucket()
    await world.index.commit(Transaction((), (Delete(key_space.lives(bucket.record.id)),)))
    assert (await world.refused("PutObject", bucket, "k", b"1")).code == "SlowDown"
    await world.index.commit(Transaction((), (Delete(key_space.bucket("bucket")),)))
    assert (await world.refused("PutObject", bucket, "k", b"1")).code == "NoSuchBucket"


@pytest.mark.parametrize("operation", ["PutObject", "DeleteObject", "CreateMultipartUpload", "DeleteObjects"])
async def test_a_bucket_read_while_it_was_being_deleted_takes_no_writes(world, operation):
    """Its "lives" row was absent then, and comparing with an absent row would hold."""
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    await world.index.commit(Transaction((), (Delete(key_space.lives(bucket.record.id)),)))
    closed = Bucket(bucket.record, bucket.revision, 0, {})
    body = b"<Delete><Object><Key>k</Key></Object></Delete>" if operation == "DeleteObjects" else b""
    headers = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    if operation == "DeleteObjects":
        assert b"<Code>SlowDown</Code>" in (await world.call(operation, closed, "", body, headers)).body
    else:
        assert (await world.refused(operation, closed, "k", body, headers)).code == "SlowDown"
    assert await world.get(bucket, "k") == b"1"
    await world.changed(bucket)  # the deletion was given up
    await world.put(closed, "k", b"2")


async def test_reopened_bucket_takes_writes_of_requests_that_knew_it_before(world):
    bucket = await world.bucket()
    await world.changed(bucket)  # "lives" is written anew: another revision
    await world.put(bucket, "k", b"1")
    assert await world.get(bucket, "k") == b"1"


@pytest.mark.parametrize(
    ("headers", "code", "fields"),
    [
        ({"if-none-match": "abc"}, "NotImplemented", {"Header": "If-None-Match"}),
        ({"if-none-match": "*", "if-match": "a"}, "NotImplemented", {"Header": "If-None-Match"}),
        ({"if-match": "*"}, "NotImplemented", {"Header": "If-Match"}),
        ({"if-match": "a"}, "NoSuchKey", {"Key": "k"}),
        ({"x-amz-storage-class": "GLACIER"}, "InvalidStorageClass", {"StorageClassRequested": "GLACIER"}),
        ({"x-amz-object-lock-legal-hold": "ON", "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "InvalidRequest", {}),
    ],
)
async def test_refusals(world, headers, code, fields):
    bucket = await world.bucket()
    refusal = await world.refused("PutObject", bucket, "k", b"", headers)
    assert (refusal.code, refusal.fields) == (code, fields)


async def test_deleting_what_is_absent_succeeds_and_changes_nothing(world):
    bucket = await world.bucket()
    before = await world.families()
    reply = await world.call("DeleteObject", bucket, "k")
    assert reply.status == 204
    assert await world.families() == before


async def test_delete_conditions(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"12345")
    assert (await world.refused("DeleteObject", bucket, "k", headers={"if-match": '"x"'})).code == "PreconditionFailed"
    wrong_size = {"x-amz-if-match-size": "4"}
    assert (await world.refused("DeleteObject", bucket, "k", headers=wrong_size)).code == "PreconditionFailed"
    assert (await world.refused("DeleteObject", bucket, "absent", headers={"if-match": "*"})).code == "NoSuchKey"
    world.rights.denied = {"s3:GetObject"}
    assert (await world.refused("DeleteObject", bucket, "k", headers={"if-match": "*"})).code == "AccessDenied"
    world.rights.denied = set()
    await world.call("DeleteObject", bucket, "k", headers={"if-match": "*", "x-amz-if-match-size": "5"})
    assert (await world.refused("GetObject", bucket, "k")).code == "NoSuchKey"


async def test_versions_markers_and_null_versions(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"null")
    bucket = await world.changed(bucket, versioning="Enabled")
    first = await world.put(bucket, "k", b"one")
    reply = await world.call("DeleteObject", bucket, "k")
    marker = reply_header(reply, "x-amz-version-id")
    assert reply_header(reply, "x-amz-delete-marker") == "true"
    assert (await world.refused("GetObject", bucket, "k")).headers == (
        ("x-amz-delete-marker", "true"),
        ("x-amz-version-id", marker),
    )
    assert await world.get(bucket, "k", versionId="null") == b"null"
    assert await world.get(bucket, "k", versionId=first) == b"one"
    reply = await world.call("DeleteObject", bucket, "k", versionId=marker)
    assert reply_header(reply, "x-amz-delete-marker") == "true"
    assert await world.get(bucket, "k") == b"one"
    bucket = await world.changed(bucket, versioning="Suspended")
    assert await world.put(bucket, "k", b"new null") == "null"
    assert await world.get(bucket, "k", versionId="null") == b"new null"
    assert await world.get(bucket, "k", versionId=first) == b"one"
    families = await world.families()
    assert (families["c"], families["m"], families["v"], families["n"], families["i"]) == (1, 0, 1, 0, 2)


async def test_events_stand_in_the_transaction_of_their_change(world):
    bucket = await world.bucket(versioning="Enabled", documents={"notification": b"<x/>"})
    version = await world.put(bucket, "k", b"1")
    await world.call("DeleteObject", bucket, "k")
    await world.call("DeleteObject", bucket, "k", versionId=version)
    assert [event for event, *_ in world.events] == [
        "s3:ObjectCreated:Put",
        "s3:ObjectRemoved:DeleteMarkerCreated",
        "s3:ObjectRemoved:Delete",
    ]
    sequences = [sequence for *_, sequence in world.events]
    assert sequences == sorted(sequences)
    assert (await world.families())["o"] == 3


async def test_usage_counts_versions_not_markers(world):
    bucket = await world.bucket(versioning="Enabled")
    version = await world.put(bucket, "k", b"12345")
    await world.put(bucket, "k", b"123")
    await world.call("DeleteObject", bucket, "k")
    assert world.usage.of(bucket.record.id) == Usage(2, 8)
    await world.call("DeleteObject", bucket, "k", versionId=version)
    assert world.usage.of(bucket.record.id) == Usage(1, 3)


async def test_locked_versions_stay(world):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True)
    until = {"x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00Z", "content-md5": "xMpCOKC5I4INzFCab3WEmw=="}
    compliance = await world.put(bucket, "k", b"1", **until, x_amz_object_lock_mode="COMPLIANCE")
    governance = await world.put(bucket, "k", b"1", **until, x_amz_object_lock_mode="GOVERNANCE")
    bypass = {"x-amz-bypass-governance-retention": "true"}
    for version, headers in ((compliance, {}), (compliance, bypass), (governance, {})):
        refusal = await world.refused("DeleteObject", bucket, "k", headers=headers, versionId=version)
        assert (refusal.code, refusal.message) == (
            "AccessDenied",
            "Access Denied because object protected by object lock.",
        )
    world.rights.denied = {"s3:BypassGovernanceRetention"}
    refusal = await world.refused("DeleteObject", bucket, "k", headers=bypass, versionId=governance)
    assert refusal.code == "AccessDenied"
    world.rights.denied = set()
    await world.call("DeleteObject", bucket, "k", headers=bypass, versionId=governance)
    await world.call("DeleteObject", bucket, "k")  # a marker may always be put on top
    world.clock.ns += 10 * 365 * 86_400 * 1_000_000_000
    await world.call("DeleteObject", bucket, "k", versionId=compliance)


async def test_wrong_clock_protects_everything_that_has_a_lock(world):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True)
    headers = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": "2015-01-01T00:00:00Z",
        "content-md5": "xMpCOKC5I4INzFCab3WEmw==",
    }
    world.clock.ns, now = 1_400_000_000_000_000_000, world.clock.ns
    version = await world.put(bucket, "k", b"1", **headers)
    world.clock.ns = now
    await world.put(bucket, "other", b"1")
    world.clock.ns = now - 2 * 3_600_000_000_000
    assert (await world.refused("DeleteObject", bucket, "k", versionId=version)).code == "AccessDenied"
    world.clock.ns = now
    await world.call("DeleteObject", bucket, "k", versionId=version)
